"""Naming groups of keywords."""

from collections import Counter

from webapp.ai.embedded.phrases import is_english, is_question
from webapp.ai.embedded.wording import sentence_case, shortened, title_case
from webapp.ai.functions.clustering import ClusteringRequest, ClusteringResult, KeywordFact, KeywordGroup, NamedGroup
from webapp.ai.provider import Reply

LONGEST_NAME = 120
NAMELESS = "Other Keywords"


def answer(request: ClusteringRequest) -> Reply:
    groups = [named(group, request.language) for group in request.groups]
    return Reply(text=ClusteringResult(groups=groups).model_dump_json())


def named(group: KeywordGroup, language: str) -> NamedGroup:
    """The group with a name, and its most searched keyword for a head."""
    naming = min(group.keywords, key=_rank).phrase
    name = title_case(naming) if is_english(language) else sentence_case(naming)
    return NamedGroup(
        key=group.key,
        phrases=[keyword.phrase for keyword in group.keywords],
        name=shortened(name or NAMELESS, LONGEST_NAME),
        head=max(group.keywords, key=lambda keyword: keyword.volume or 0).phrase,
        intent=_intent(group.keywords),
    )


def _rank(keyword: KeywordFact) -> tuple[bool, int, int, str]:
    """What names a topic before what asks about it; the most searched; of equals the shortest, then by the alphabet."""
    return is_question(keyword.phrase), -(keyword.volume or 0), len(keyword.phrase), keyword.phrase


def _intent(keywords: list[KeywordFact]) -> str | None:
    counted = Counter(keyword.intent for keyword in keywords if keyword.intent)
    return min(counted, key=lambda intent: (-counted[intent], intent)) if counted else None
