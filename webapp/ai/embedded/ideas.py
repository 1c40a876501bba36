"""Proposing articles for a cluster out of its own keywords."""

from collections.abc import Iterator

from webapp.ai.embedded.headings import Part, heading_for
from webapp.ai.embedded.phrases import Shape, asks, doing, is_english, is_question, question, shape_of
from webapp.ai.embedded.seeding import chooser
from webapp.ai.embedded.wording import plain, sentence_case, shortened, title_case
from webapp.ai.functions.idea_generation import IdeaDraft, IdeaKind, IdeasRequest, IdeasResult
from webapp.ai.provider import Reply

MOST_SUPPORTING = 2
LONGEST_TITLE = 120
LONGEST_HEADING = 100
NAMELESS = "This Topic"

BY_INTENT = {
    "informational": (
        "{head}: A Practical Guide",
        "{head}, Explained",
        "{head}: What Matters Most",
        "{head}: A Closer Look",
        "{head}: The Basics",
    ),
    "commercial": ("{head}: How to Choose", "{head}: What to Look For", "{head}, Compared Point by Point"),
    "transactional": ("{head}: What to Check Before You Buy", "{head}: A Checklist for Buyers"),
    "navigational": ("{head}: Where to Find What You Need", "{head}: An Overview"),
}
BY_SHAPE = {
    Shape.HOW_TO: ("{head}", "{head}: Step by Step", "{head}: A Short Guide"),
    Shape.ACTION: ("{doing}: What to Check First", "{doing}: A Short Checklist"),
    Shape.COMPARISON: ("{head}: The Differences That Matter", "{head}: Which One You Need", "{head}, Side by Side"),
    Shape.CHOICE: ("How to Choose the {head}", "The {head}: What to Look For"),
    Shape.TROUBLE: ("{head}: Causes and Next Steps", "{head}: What to Check First"),
}
ASIDES = (  # for a second article about a thing
    "{head}: Common Mistakes and How to Avoid Them",
    "{head}: Where to Begin",
    "{head}: What Is Worth Knowing",
    "{head}: Some Notes",
)


def answer(request: IdeasRequest) -> Reply:
    proposed = [_pillar(request), *_supporting(request)]
    taken, fresh = set(request.existing_titles), []
    for idea in proposed:
        if idea.title not in taken:
            taken.add(idea.title)
            fresh.append(idea)
    return Reply(text=IdeasResult(ideas=fresh or [_another(request)]).model_dump_json())


def _pillar(request: IdeasRequest) -> IdeaDraft:
    patterns = BY_INTENT.get(request.intent or "", BY_INTENT["informational"])
    return _idea(request, _title(request, request.head, patterns), request.head, IdeaKind.PILLAR)


def _supporting(request: IdeasRequest) -> list[IdeaDraft]:
    """Questions first: somebody asks exactly that. Then other phrases of the cluster."""
    others = list(_others(request, request.head))
    chosen = sorted(others, key=lambda phrase: not is_question(phrase))[:MOST_SUPPORTING]
    return [_idea(request, _title(request, phrase, ASIDES), phrase, IdeaKind.SUPPORTING) for phrase in chosen]


def _others(request: IdeasRequest, phrase: str) -> Iterator[str]:
    """The cluster's phrases but for `phrase`, in their order, each once however it is spelt."""
    seen = {_spelt(phrase)}
    for keyword in request.keywords:
        if plain(keyword.phrase) and _spelt(keyword.phrase) not in seen:
            seen.add(_spelt(keyword.phrase))
            yield keyword.phrase


def _spelt(phrase: str) -> str:
    return plain(phrase).casefold().replace("-", " ")


def _title(request: IdeasRequest, phrase: str, patterns: tuple[str, ...]) -> str:
    """A title in English; in another language the phrase itself, as there are no words to put around it."""
    if not is_english(request.language):
        return shortened(sentence_case(phrase) or plain(request.cluster) or NAMELESS, LONGEST_TITLE)
    if asks(phrase):
        return shortened(f"{title_case(phrase)}?", LONGEST_TITLE)
    shape = shape_of(phrase)
    if shape is Shape.QUESTION:
        return shortened(title_case(phrase), LONGEST_TITLE)
    pattern = chooser("title", request.cluster, phrase).choice(BY_SHAPE.get(shape, patterns))
    head = shortened(title_case(phrase) or title_case(request.cluster) or NAMELESS, LONGEST_TITLE)
    return pattern.format(head=head, doing=title_case(doing(plain(phrase))))


def _another(request: IdeasRequest) -> IdeaDraft:
    """What is left when all that we can think of exists already."""
    name = shortened(title_case(request.head) or NAMELESS, LONGEST_TITLE)
    number = 2
    while f"{name} ({number})" in request.existing_titles:
        number += 1
    return _idea(request, f"{name} ({number})", request.head, IdeaKind.SUPPORTING)


def _idea(request: IdeasRequest, title: str, phrase: str, kind: IdeaKind) -> IdeaDraft:
    return IdeaDraft(
        title=title,
        angle=_angle(phrase),
        outline=_outline(request, phrase, kind),
        kind=kind,
        target_keyword=phrase,
        intent=request.intent,
    )


def _angle(phrase: str) -> str:
    if is_question(phrase):
        return f"Answers “{question(phrase)}” first, and what follows from the answer after that."
    return f"Answers what people mean when they search for “{plain(phrase)}”, in the order in which they ask."


def _outline(request: IdeasRequest, phrase: str, kind: IdeaKind) -> list[str]:
    inside = chooser("outline", request.cluster, phrase).sample(
        (Part.BEFORE, Part.STEPS, Part.MISTAKES, Part.ROUTINE), 2
    )
    parts = [Part.ANSWER if is_question(phrase) else Part.START, *sorted(inside, key=list(Part).index), Part.CLOSING]
    first, *rest = [heading_for(part, request.cluster, phrase) for part in parts]
    things = [other for other in _others(request, phrase) if not is_question(other)]
    own = [shortened(sentence_case(other), LONGEST_HEADING) for other in things[: 3 if kind is IdeaKind.PILLAR else 1]]
    return list(dict.fromkeys([first, *own, *rest]))
