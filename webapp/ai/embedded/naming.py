"""Naming groups of keywords."""

from collections import Counter

from webapp.ai.embedded.wording import title_case
from webapp.ai.functions.clustering import ClusteringRequest, ClusteringResult, KeywordFact, KeywordGroup, NamedGroup
from webapp.ai.provider import Reply


def answer(request: ClusteringRequest) -> Reply:
    return Reply(text=ClusteringResult(groups=[_named(group) for group in request.groups]).model_dump_json())


def _named(group: KeywordGroup) -> NamedGroup:
    head = min(group.keywords, key=_rank).phrase
    return NamedGroup(key=group.key, name=title_case(head) or head, head=head, intent=_intent(group.keywords))


def _rank(keyword: KeywordFact) -> tuple[int, int, str]:
    """The most searched first; of equals the shortest, then by the alphabet."""
    return -(keyword.volume or 0), len(keyword.phrase), keyword.phrase


def _intent(keywords: list[KeywordFact]) -> str | None:
    counted = Counter(keyword.intent for keyword in keywords if keyword.intent)
    return min(counted, key=lambda intent: (-counted[intent], intent)) if counted else None
