"""The questions that one request takes when it is put to a model: parts of an article, and answers to be mended."""

from typing import ClassVar

from pydantic import Field, SerializeAsAny

from webapp.ai.functions.content_generation import ArticleRequest, LinkChoice
from webapp.ai.provider import Operation, Request


class FrameRequest(Request):
    """What stands around the sections: titles, descriptions, introduction, questions."""

    operation: ClassVar[Operation] = Operation.CONTENT_GENERATION
    prompt_version: ClassVar[str] = "1"

    article: ArticleRequest


class SectionRequest(Request):
    """One section. `before`: the end of what stands before it; `words`: how many it should have; `links`: what it may
    link to. `instead_of`: how many words a version had that was too short or too long, None the first time."""

    operation: ClassVar[Operation] = Operation.CONTENT_GENERATION
    prompt_version: ClassVar[str] = "1"

    article: ArticleRequest
    heading: str
    number: int
    count: int
    words: int
    before: str = ""
    links: list[LinkChoice] = Field(default_factory=list)
    instead_of: int | None = None


class Repair(Request):
    """The same question once more: with the answer that could not be used, and what was wrong with it."""

    prompt_version: ClassVar[str] = "1"

    of: SerializeAsAny[Request]
    wrote: str
    problem: str

    @property
    def operation(self) -> Operation:  # type: ignore[override]
        return self.of.operation


def subject(request: Request) -> Request:
    """What the prompt is about: the article, where only a part of it is asked for."""
    return request.article if isinstance(request, FrameRequest | SectionRequest) else request
