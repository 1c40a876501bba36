"""Naming groups of keywords."""

from collections import Counter
from collections.abc import Sequence

from webapp.ai.embedded.phrases import is_english, is_question
from webapp.ai.embedded.wording import sentence_case, shortened, title_case
from webapp.ai.functions.clustering import ClusteringRequest, ClusteringResult, KeywordFact, KeywordGroup, NamedGroup
from webapp.ai.provider import Reply

LONGEST_NAME = 120
NAMELESS = "Other Keywords"


def answer(request: ClusteringRequest) -> Reply:
    named = [_named(group, request.language) for group in request.groups]
    return Reply(text=ClusteringResult(groups=named).model_dump_json())


def _named(group: KeywordGroup, language: str) -> NamedGroup:
    return NamedGroup(
        key=group.key,
        phrases=[keyword.phrase for keyword in group.keywords],
        name=name_of(group.keywords, language),
        head=max(group.keywords, key=lambda keyword: keyword.volume or 0).phrase,
        intent=_intent(group.keywords),
    )


def name_of(keywords: Sequence[KeywordFact], language: str) -> str:
    """What a group of these keywords is called."""
    phrase = min(keywords, key=_rank).phrase
    name = title_case(phrase) if is_english(language) else sentence_case(phrase)
    return shortened(name or NAMELESS, LONGEST_NAME)


def _rank(keyword: KeywordFact) -> tuple[bool, int, int, str]:
    """What names a topic before what asks about it; the most searched; of equals the shortest, then by the alphabet."""
    return is_question(keyword.phrase), -(keyword.volume or 0), len(keyword.phrase), keyword.phrase


def _intent(keywords: list[KeywordFact]) -> str | None:
    counted = Counter(keyword.intent for keyword in keywords if keyword.intent)
    return min(counted, key=lambda intent: (-counted[intent], intent)) if counted else None
