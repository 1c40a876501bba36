"""Proposing articles for one cluster."""

from typing import Annotated

from pydantic import BaseModel

from webapp.ai.functions.idea_generation import IdeaDraft, IdeaKind, IdeasRequest, IdeasResult
from webapp.ai.openai.operations.work import (
    SomeIntent,
    Writing,
    facts,
    one_line,
    several,
    spelt,
    text,
    trimmed,
    without_facts,
)
from webapp.ai.openai.prompts import Kind, Variable, listed
from webapp.ai.provider import BadReply

LONGEST_TITLE = 120
LONGEST_HEADING = 120
MOST_IDEAS = 8
MOST_HEADINGS = 12
MOST_TITLES = 200  # of those that are there already


class Draft(BaseModel):
    title: str = text("At most 65 characters.", 100)
    angle: str = text("One or two sentences.", 300)
    outline: list[Annotated[str, text("A heading.", 80)]] = several("Four to eight headings.", 8)
    kind: IdeaKind
    target_keyword: str = text("A phrase of the list, copied.", 120)
    intent: SomeIntent = None


class Drafts(BaseModel):
    ideas: list[Draft] = several("The pillar first, then the supporting ones.", 6)


VARIABLES = (
    Variable("cluster.name", "What the topic is called.", Kind.DATA),
    Variable("cluster.head", "The phrase that stands for the topic.", Kind.DATA),
    Variable("cluster.intent", "Why people search for it, where that is known.", Kind.DATA),
    Variable("cluster.keywords", "The phrases of the topic, one a line, with searches and intents.", Kind.DATA),
    Variable("site.titles", "Titles of ideas and articles of the topic that are there already.", Kind.DATA),
)


def _values(request: IdeasRequest) -> dict[str, str]:
    return {
        "cluster.name": one_line(request.cluster),
        "cluster.head": one_line(request.head),
        "cluster.intent": request.intent or "not known",
        "cluster.keywords": listed(facts(request.keywords)),
        "site.titles": listed(request.existing_titles[:MOST_TITLES]),
    }


def _finish(request: IdeasRequest, drafts: Drafts) -> IdeasResult:
    """Those that are new, with one pillar at most. Raises BadReply where none is left."""
    taken = {spelt(title) for title in request.existing_titles}
    fresh: list[Draft] = []
    for draft in drafts.ideas[:MOST_IDEAS]:
        title = spelt(trimmed(draft.title, LONGEST_TITLE))
        if title and title not in taken:
            taken.add(title)
            fresh.append(draft)
    if not fresh:
        raise BadReply("none of the ideas is new" if drafts.ideas else "the answer proposes no article")
    pillar = _pillar(request, fresh)
    kinds = [IdeaKind.PILLAR if draft is pillar else IdeaKind.SUPPORTING for draft in fresh]
    return IdeasResult(ideas=[_idea(request, draft, kind) for draft, kind in zip(fresh, kinds, strict=True)])


def _pillar(request: IdeasRequest, drafts: list[Draft]) -> Draft | None:
    """The first that calls itself one; where the topic has nothing yet, the first of all."""
    named = next((draft for draft in drafts if draft.kind is IdeaKind.PILLAR), None)
    return named or (None if request.existing_titles else drafts[0])


def _idea(request: IdeasRequest, draft: Draft, kind: IdeaKind) -> IdeaDraft:
    headings = [trimmed(heading, LONGEST_HEADING) for heading in draft.outline[:MOST_HEADINGS]]
    return IdeaDraft(
        title=trimmed(draft.title, LONGEST_TITLE),
        angle=one_line(draft.angle),
        outline=list(dict.fromkeys(heading for heading in headings if heading)),
        kind=kind,
        target_keyword=_phrase(request, draft.target_keyword),
        intent=draft.intent,
    )


def _phrase(request: IdeasRequest, wanted: str) -> str:
    """The phrase that is meant; else the topic's own."""
    phrases = [keyword.phrase for keyword in request.keywords]
    forms = {spelt(wanted), spelt(without_facts(wanted))}
    return next((phrase for phrase in phrases if spelt(phrase) in forms), request.head)


WORK = Writing(
    variables=VARIABLES,
    values=_values,
    draft=Drafts,
    finish=_finish,
    temperature=0.7,
    most_tokens=lambda request: 3000,
    parts="ideas",
)
