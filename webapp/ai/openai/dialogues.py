"""Which questions a request takes, one after the other. What is asked next follows from the answers alone, so that
whoever comes to it later asks the same, and finds what is answered already."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from webapp.ai.functions.clustering import ClusteringRequest
from webapp.ai.functions.content_generation import ArticleRequest
from webapp.ai.openai.operations import article, clustering, meaning
from webapp.ai.openai.operations.frame import Frame
from webapp.ai.openai.operations.markup import plain
from webapp.ai.openai.operations.meaning import MeaningRequest, Nearness
from webapp.ai.openai.operations.parts import FrameRequest, Repair, SectionRequest
from webapp.ai.openai.operations.section import Section
from webapp.ai.provider import Finish, Reply, Request, Step

TOLERANCE = 0.15  # of the words that an article should have
LEAST_SECTION_WORDS = 60
MOST_TIMES_ITS_SHARE = 2  # how long a section may be that makes up for short ones
MOST_REWRITES = 2
SHOWN_BEFORE = 400  # characters of what stands before a section
SHOWN = 20_000  # characters of an answer that is to be mended
SHOWN_OF_CUT = 500

Dialogue = Generator[Step, Reply, Reply]


class _Unusable(Exception):
    """An answer that could not be used, and whose repair could not either."""

    def __init__(self, reply: Reply):
        super().__init__(reply.problem)
        self.reply = reply


def next_step(dialogue: Dialogue, replies: Sequence[Reply]) -> Step | None:
    """The question after these answers; None: it is over."""
    return _played(dialogue, replies)[0]


def first_question(request: Request) -> Request:
    """What a prompt asks first."""
    step = next_step(of(request), ())
    return request if step is None else step.request


def outcome(dialogue: Dialogue, replies: Sequence[Reply]) -> Reply:
    """What all answers make together. Raises ValueError where some are missing."""
    step, made = _played(dialogue, replies)
    if made is None:
        raise ValueError(f"{step and step.name!r} was not asked yet")
    return made


def of(request: Request, embedding_model: str = "") -> Dialogue:
    """`embedding_model`: who can say how near phrases are in meaning; empty: nobody."""
    match request:
        case ArticleRequest():
            return _article(request)
        case ClusteringRequest() if embedding_model and len(request.groups) > 1:
            return _names_by_meaning(request, embedding_model)
        case ClusteringRequest():
            return _names(request)
    return _one_question(request)


def _played(dialogue: Dialogue, replies: Sequence[Reply]) -> tuple[Step | None, Reply | None]:
    """The question that the dialogue has come to, or its outcome."""
    try:
        step = next(dialogue)
        for reply in replies:
            step = dialogue.send(reply)
    except StopIteration as end:
        return None, end.value
    except _Unusable as unusable:
        return None, unusable.reply
    return step, None


def _one_question(request: Request) -> Dialogue:
    return (yield from _asked(Step(request)))


def _names_by_meaning(request: ClusteringRequest, embedding_model: str) -> Dialogue:
    """Where nothing is known of meanings, the groups stay as words have made them."""
    asked = MeaningRequest(phrases=meaning.phrases_of(request))
    reply = yield Step(asked, "meanings", embedding_model)
    if reply.problem is None:
        request = meaning.joined(request, Nearness.model_validate_json(reply.text))
    return (yield from _names(request, "names"))


def _names(request: ClusteringRequest, called: str = "") -> Dialogue:
    """Groups need names, and have phrases of their own where a model gives none."""
    step = Step(request, called)
    first = yield step
    if first.problem is None:
        return first
    mended = yield _mending(step, first)
    if mended.problem is None:
        return mended
    return replace(mended, text=clustering.rescued(request, [mended, first]).model_dump_json(), problem=None)


def _asked(step: Step) -> Dialogue:
    """The answer, mended once where that is needed. Raises _Unusable."""
    reply = yield step
    if reply.problem is not None:
        reply = yield _mending(step, reply)
    if reply.problem is not None:
        raise _Unusable(reply)
    return reply


def _mending(step: Step, bad: Reply) -> Step:
    """Of what ran until there was no more room, only the beginning is shown again: it would fill the room once more."""
    shown = SHOWN_OF_CUT if bad.finish is Finish.LENGTH else SHOWN
    repair = Repair(of=step.request, wrote=bad.text[:shown], problem=bad.problem or "")
    return Step(repair, f"{step.name} mended".strip())


def _article(request: ArticleRequest) -> Dialogue:
    """The frame, its sections in their order, and those again that make the article too short or too long."""
    reply = yield from _asked(Step(FrameRequest(article=request), "frame"))
    frame = Frame.model_validate_json(reply.text)
    sections: list[Section] = []
    for heading in frame.headings:
        wanted = _next_section(request, frame, sections, heading)
        sections.append((yield from _section(wanted, f"section {wanted.number} of {wanted.count}")))
    for _ in range(MOST_REWRITES):
        if _fits(request, frame, sections):
            break
        wanted = _rewritten(request, frame, sections)
        sections[wanted.number - 1] = yield from _section(wanted, f"section {wanted.number} again")
    return Reply(article.assembled(request, frame, sections).model_dump_json(), finish=Finish.COMPLETE)


def _section(wanted: SectionRequest, name: str) -> Generator[Step, Reply, Section]:
    reply = yield from _asked(Step(wanted, name))
    return Section.model_validate_json(reply.text)


def _next_section(request: ArticleRequest, frame: Frame, sections: Sequence[Section], heading: str) -> SectionRequest:
    """Its share of the words that are still to be written. What was linked to is not offered again."""
    before = sections[-1].html if sections else frame.introduction_html
    used = {link for section in sections for link in section.used}
    return SectionRequest(
        article=request,
        heading=heading,
        number=len(sections) + 1,
        count=len(frame.headings),
        words=_share(request, frame, sections),
        before=plain(before)[-SHOWN_BEFORE:],
        links=[link for link in request.links if link.id not in used],
    )


def _share(request: ArticleRequest, frame: Frame, sections: Sequence[Section]) -> int:
    count = len(frame.headings)
    even = max(LEAST_SECTION_WORDS, (request.target_words - frame.words) // count)
    left = request.target_words - frame.words - sum(section.words for section in sections)
    return max(LEAST_SECTION_WORDS, min(left // (count - len(sections)), MOST_TIMES_ITS_SHARE * even))


def _missing(request: ArticleRequest, frame: Frame, sections: Sequence[Section]) -> int:
    """Words; less than zero where there are too many."""
    return request.target_words - frame.words - sum(section.words for section in sections)


def _fits(request: ArticleRequest, frame: Frame, sections: Sequence[Section]) -> bool:
    return abs(_missing(request, frame, sections)) <= TOLERANCE * request.target_words


def _rewritten(request: ArticleRequest, frame: Frame, sections: Sequence[Section]) -> SectionRequest:
    """The section that is furthest from what it could be: the shortest where words are missing, else the longest."""
    missing = _missing(request, frame, sections)
    furthest: Callable[..., int] = min if missing > 0 else max
    index = furthest(range(len(sections)), key=lambda number: sections[number].words)
    old = sections[index]
    others = [section for section in sections if section is not old]
    used = {link for section in others for link in section.used}
    return SectionRequest(
        article=request,
        heading=old.heading,
        number=index + 1,
        count=len(sections),
        words=max(LEAST_SECTION_WORDS, old.words + missing),
        before=plain(sections[index - 1].html if index else frame.introduction_html)[-SHOWN_BEFORE:],
        links=[link for link in request.links if link.id not in used],
        instead_of=old.words,
    )
