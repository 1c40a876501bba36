"""Naming groups of keywords, and mending what is wrong with them."""

from collections.abc import Sequence
from contextlib import suppress

from pydantic import BaseModel, ValidationError

from webapp.ai.functions.clustering import ClusteringRequest, ClusteringResult, KeywordFact, KeywordGroup, NamedGroup
from webapp.ai.openai.operations.regrouping import DraftMerge, DraftSplit, Part, reason_of, regrouped
from webapp.ai.openai.operations.work import (
    SomeIntent,
    Writing,
    facts,
    none_or_several,
    several,
    spelt,
    text,
    trimmed,
    without_facts,
)
from webapp.ai.openai.prompts import Kind, Variable, listed
from webapp.ai.openai.reading import whole_parts
from webapp.ai.provider import BadReply, Reply

LONGEST_NAME = 120
SHOWN_KEYS = 3


class DraftGroup(BaseModel):
    key: str = text("The key of the group, copied.", 40)
    name: str = text("What the topic is called, in two to five words.", 60)
    head: str = text("The phrase of the group that stands for it, copied.", 120)
    intent: SomeIntent = None


class Draft(BaseModel):
    groups: list[DraftGroup] = several("One for each group that is given.", 50)
    split: list[DraftSplit] = none_or_several("Phrases that are in the wrong group; mostly empty.", 10)
    merge: list[DraftMerge] = none_or_several("Groups that are one and the same topic; mostly empty.", 10)


VARIABLES = (Variable("keywords.groups", "The groups with their keys and phrases, searches and intents.", Kind.DATA),)


def _values(request: ClusteringRequest) -> dict[str, str]:
    return {"keywords.groups": "\n\n".join(_group(group) for group in request.groups)}


def _group(group: KeywordGroup) -> str:
    return f"key: {group.key}\n{listed(facts(group.keywords))}"


def _finish(request: ClusteringRequest, draft: Draft) -> ClusteringResult:
    """Every keyword that was asked about, in one group, in our order. Raises BadReply where a group has no name."""
    found = {group.key: _meant(group, draft.groups) for group in request.groups}
    missing = [key for key, answered in found.items() if answered is None]
    if missing:
        raise BadReply(f"{len(missing)} of {len(request.groups)} groups have no name: {_some(missing)}")
    named = {key: answered for key, answered in found.items() if answered is not None}
    names = {key: _name(answered) for key, answered in named.items()}
    parts = regrouped(request.groups, draft.split, draft.merge)
    return ClusteringResult(
        groups=[_part(number, part, named[part.key], reason_of(part, names)) for number, part in enumerate(parts)]
    )


def rescued(request: ClusteringRequest, answers: Sequence[Reply]) -> ClusteringResult:
    """What can be used of answers that are no result; a group that none of them names is called by its own phrase.

    The grouping is ours: for want of a name nobody's keywords are left behind.
    """
    drafts = [group for answer in answers for group in _groups_in(answer)]
    found = [(group, _meant(group, drafts)) for group in request.groups]
    return ClusteringResult(
        groups=[
            _named(group.key, group.keywords, answered) if answered else _named_by_us(group)
            for group, answered in found
        ]
    )


def _groups_in(answer: Reply) -> list[DraftGroup]:
    try:
        written = whole_parts(answer.text)
    except BadReply:
        return []
    groups: list[DraftGroup] = []
    for one in written:
        with suppress(ValidationError):
            groups.append(DraftGroup.model_validate(one))
    return groups


def _named_by_us(group: KeywordGroup) -> NamedGroup:
    phrase = _most_searched(group.keywords)
    return NamedGroup(
        key=group.key,
        phrases=_phrases(group.keywords),
        name=trimmed(phrase.capitalize(), LONGEST_NAME) or phrase[:LONGEST_NAME],
        head=phrase,
    )


def _phrases(keywords: Sequence[KeywordFact]) -> list[str]:
    return [keyword.phrase for keyword in keywords]


def _most_searched(keywords: Sequence[KeywordFact]) -> str:
    return max(keywords, key=lambda keyword: keyword.volume or 0).phrase


def _meant(group: KeywordGroup, answers: list[DraftGroup]) -> DraftGroup | None:
    """The answer with the group's key, else one that names a phrase of it as its head: small models lose the keys."""
    with_name = [one for one in answers if _name(one) not in ("", group.key)]
    by_key = (one for one in with_name if one.key.strip() == group.key)
    by_head = (one for one in with_name if _phrase(group.keywords, one.head) is not None)
    return next(by_key, None) or next(by_head, None)


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:SHOWN_KEYS]) + (" …" if len(keys) > SHOWN_KEYS else "")


def _part(number: int, part: Part, answered: DraftGroup, reason: str) -> NamedGroup:
    """What was taken out of a group has a key that no group has."""
    if part.took is None:
        return _named(part.key, part.keywords, answered, reason)
    return _named(f"{part.key}/{number}", part.keywords, part.took, reason)


def _named(
    key: str, keywords: Sequence[KeywordFact], answered: DraftGroup | DraftSplit, reason: str = ""
) -> NamedGroup:
    head = _phrase(keywords, answered.head)
    return NamedGroup(
        key=key,
        phrases=_phrases(keywords),
        name=_name(answered),
        head=_most_searched(keywords) if head is None else head,
        intent=answered.intent,
        reason=reason,
    )


def _name(answered: DraftGroup | DraftSplit) -> str:
    return trimmed(without_facts(answered.name), LONGEST_NAME)


def _phrase(keywords: Sequence[KeywordFact], wanted: str) -> str | None:
    """The one of their phrases that is meant."""
    forms = {spelt(wanted), spelt(without_facts(wanted))}
    return next((keyword.phrase for keyword in keywords if spelt(keyword.phrase) in forms), None)


WORK = Writing(
    variables=VARIABLES,
    values=_values,
    draft=Draft,
    finish=_finish,
    temperature=0.2,
    most_tokens=lambda request: 1000 + 80 * len(request.groups),
    parts="groups",
)
