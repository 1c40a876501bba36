"""Proposing articles for a cluster out of its own keywords."""

from webapp.ai.embedded.seeding import chooser
from webapp.ai.embedded.wording import is_question, plain, question, sentence_case, shortened, title_case
from webapp.ai.functions.clustering import KeywordFact
from webapp.ai.functions.idea_generation import IdeaDraft, IdeaKind, IdeasRequest, IdeasResult
from webapp.ai.provider import Reply

MOST_SUPPORTING = 2

PILLAR_TITLES = {
    "informational": ("{head}: A Practical Guide", "{head}, Explained Step by Step", "The Plain Guide to {head}"),
    "commercial": ("{head}: How to Choose", "Choosing {head}: What Matters", "{head} Compared, Point by Point"),
    "transactional": ("{head}: What to Check Before You Buy", "Buying {head}: A Short Checklist"),
    "navigational": ("{head}: Where to Find What", "Finding Your Way Around {head}"),
}
SUPPORTING_TITLES = (
    "{head}: Common Mistakes and How to Avoid Them",
    "{head} for Beginners",
    "Getting More Out of {head}",
    "{head}: A Weekend Plan",
    "What to Know About {head} Before You Start",
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
    titles = PILLAR_TITLES.get(request.intent or "", PILLAR_TITLES["informational"])
    chosen = chooser("pillar", request.cluster, request.head).choice(titles)
    title = question(request.head) if is_question(request.head) else chosen.format(head=title_case(request.head))
    return _idea(request, title, request.head, IdeaKind.PILLAR)


def _supporting(request: IdeasRequest) -> list[IdeaDraft]:
    """Questions first: somebody asks exactly that. Then other phrases of the cluster."""
    others = [keyword for keyword in request.keywords if keyword.phrase != request.head]
    questions = [keyword for keyword in others if is_question(keyword.phrase)]
    rest = [keyword for keyword in others if not is_question(keyword.phrase)]
    return [_from(request, keyword) for keyword in (questions + rest)[:MOST_SUPPORTING]]


def _from(request: IdeasRequest, keyword: KeywordFact) -> IdeaDraft:
    pattern = chooser("supporting", request.cluster, keyword.phrase).choice(SUPPORTING_TITLES)
    asked = is_question(keyword.phrase)
    title = question(keyword.phrase) if asked else pattern.format(head=title_case(keyword.phrase))
    return _idea(request, title, keyword.phrase, IdeaKind.SUPPORTING)


def _another(request: IdeasRequest) -> IdeaDraft:
    number = len(request.existing_titles) + 1
    return _idea(request, f"{title_case(request.head)}: Notes, Part {number}", request.head, IdeaKind.SUPPORTING)


def _idea(request: IdeasRequest, title: str, phrase: str, kind: IdeaKind) -> IdeaDraft:
    return IdeaDraft(
        title=shortened(title, 180),
        angle=f"Answers what people mean when they search for “{plain(phrase)}”, in the order in which they ask.",
        outline=_outline(request, phrase, kind),
        kind=kind,
        target_keyword=phrase,
        intent=request.intent,
    )


def _outline(request: IdeasRequest, phrase: str, kind: IdeaKind) -> list[str]:
    topic = plain(phrase)
    inner = [plain(keyword.phrase) for keyword in request.keywords if keyword.phrase != phrase]
    own = [sentence_case(words) for words in inner if not is_question(words)][: 3 if kind is IdeaKind.PILLAR else 1]
    first = "The short answer" if is_question(phrase) else f"What {topic} comes down to"
    choices = chooser("outline", request.cluster, phrase)
    middle = choices.sample(["Before you begin", "Step by step", "What usually goes wrong", "A simple routine"], 2)
    return list(dict.fromkeys([first, *own, *middle, "In short"]))
