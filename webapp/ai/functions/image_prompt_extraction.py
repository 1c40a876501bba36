"""Proposing the pictures of one article: one featured, some inside."""

from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, Field

from webapp.ai.functions.reading import read
from webapp.ai.provider import Operation, Reply, Request


class ImageRole(StrEnum):
    FEATURED = "featured"
    IN_ARTICLE = "in_article"


class ImagePromptsRequest(Request):
    operation: ClassVar[Operation] = Operation.IMAGE_PROMPT_EXTRACTION
    prompt_version: ClassVar[str] = "1"

    title: str
    focus_keyword: str
    headings: list[str]
    in_article: int = 2
    language: str = "en"


class ImagePrompt(BaseModel):
    """`place` is the heading that an in-article picture follows; None for the featured one."""

    role: ImageRole
    prompt: str = Field(min_length=1)
    alt_text: str = Field(min_length=1, max_length=300)
    place: str | None = None


class ImagePromptsResult(BaseModel):
    images: list[ImagePrompt] = Field(min_length=1)


def parse(reply: Reply) -> ImagePromptsResult:
    return read(reply, ImagePromptsResult)
