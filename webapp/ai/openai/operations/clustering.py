"""Naming groups of keywords."""

from pydantic import BaseModel, Field

from webapp.ai.functions.clustering import ClusteringRequest, ClusteringResult, KeywordGroup, NamedGroup
from webapp.ai.openai.operations.work import SomeIntent, Writing, facts, spelt, trimmed
from webapp.ai.openai.prompts import Kind, Variable, listed
from webapp.ai.provider import BadReply

LONGEST_NAME = 120
SHOWN_KEYS = 3


class DraftGroup(BaseModel):
    key: str = Field(description="The key of the group, copied.")
    name: str = Field(description="What the topic is called, in two to five words.")
    head: str = Field(description="The phrase of the group that stands for it, copied.")
    intent: SomeIntent = None


class Draft(BaseModel):
    groups: list[DraftGroup]


VARIABLES = (Variable("keywords.groups", "The groups with their keys and phrases, searches and intents.", Kind.DATA),)


def _values(request: ClusteringRequest) -> dict[str, str]:
    return {"keywords.groups": "\n\n".join(_group(group) for group in request.groups)}


def _group(group: KeywordGroup) -> str:
    return f"key: {group.key}\n{listed(facts(group.keywords))}"


def _finish(request: ClusteringRequest, draft: Draft) -> ClusteringResult:
    """Each group that was asked for, once, in our order. Raises BadReply where one has no name."""
    answered: dict[str, DraftGroup] = {}
    for one in draft.groups:
        answered.setdefault(one.key.strip(), one)
    missing = [group.key for group in request.groups if not _has_name(answered.get(group.key))]
    if missing:
        raise BadReply(f"{len(missing)} of {len(request.groups)} groups have no name: {_some(missing)}")
    return ClusteringResult(groups=[_named(group, answered[group.key]) for group in request.groups])


def _has_name(answered: DraftGroup | None) -> bool:
    return answered is not None and bool(trimmed(answered.name, LONGEST_NAME))


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:SHOWN_KEYS]) + (" …" if len(keys) > SHOWN_KEYS else "")


def _named(group: KeywordGroup, answered: DraftGroup) -> NamedGroup:
    return NamedGroup(
        key=group.key,
        name=trimmed(answered.name, LONGEST_NAME),
        head=_head(group, answered.head),
        intent=answered.intent,
    )


def _head(group: KeywordGroup, wanted: str) -> str:
    """The phrase that is meant; else the one that is searched for most."""
    meant = next((keyword for keyword in group.keywords if spelt(keyword.phrase) == spelt(wanted)), None)
    return (meant or max(group.keywords, key=lambda keyword: keyword.volume or 0)).phrase


WORK = Writing(
    variables=VARIABLES,
    values=_values,
    draft=Draft,
    finish=_finish,
    temperature=0.2,
    most_tokens=lambda request: 500 + 80 * len(request.groups),
)
