"""Writing one article for a task."""

from typing import ClassVar

from pydantic import BaseModel, Field

from webapp.ai.functions.reading import read
from webapp.ai.provider import Operation, Reply, Request


class LinkChoice(BaseModel):
    """Something of the site that an article may link to. `id` names it in a link: "pressroom:" and the id."""

    id: str
    title: str


class ArticleRequest(Request):
    operation: ClassVar[Operation] = Operation.CONTENT_GENERATION
    prompt_version: ClassVar[str] = "1"

    title: str
    angle: str
    outline: list[str]
    target_keyword: str
    keywords: list[str]
    questions: list[str] = Field(default_factory=list)
    target_words: int
    links: list[LinkChoice] = Field(default_factory=list)
    language: str = "en"
    voice: str = ""


class ArticleResult(BaseModel):
    """`body_html` is semantic HTML from h2 downwards; the title is not repeated in it."""

    title: str = Field(min_length=1, max_length=200)
    slug: str = Field(min_length=1, max_length=120, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    meta_title: str = Field(max_length=60)
    meta_description: str = Field(max_length=155)
    excerpt: str
    focus_keyword: str
    body_html: str = Field(min_length=1)


def parse(reply: Reply) -> ArticleResult:
    return read(reply, ArticleResult)
