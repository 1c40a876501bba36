"""What can still be used of the answers about an article that was never put together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from webapp.ai.functions.content_generation import ArticleRequest, ArticleResult
from webapp.ai.openai.operations.article import assembled
from webapp.ai.openai.operations.frame import Frame
from webapp.ai.openai.operations.section import Section
from webapp.ai.openai.reading import found_in
from webapp.ai.provider import BadReply, Finish

Part = TypeVar("Part", bound=BaseModel)


def article_of(request: ArticleRequest, good: Sequence[str]) -> ArticleResult | None:
    """The article, as far as it is among these good answers, which stand in the order in which they came.

    Of a section that is missing there is the heading only. None where no answer says what stands around the sections.
    """
    frames = list(_parts(Frame, good))
    if not frames:
        return None
    frame = frames[-1]
    written = {section.heading: section for section in _parts(Section, good)}
    return assembled(request, frame, [written.get(one) or Section(heading=one, html="") for one in frame.headings])


def texts_in(answer: str) -> Mapping[str, str]:
    """The texts, by their names, that an answer holds which nobody could use."""
    try:
        found = found_in(answer, Finish.COMPLETE)
    except BadReply:
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def _parts(kind: type[Part], answers: Sequence[str]) -> Iterator[Part]:
    for answer in answers:
        try:
            yield kind.model_validate_json(answer)
        except ValidationError:
            continue
