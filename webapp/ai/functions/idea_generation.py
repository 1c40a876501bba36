"""Proposing articles for one cluster: one pillar and some supporting ideas."""

from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, Field

from webapp.ai.functions.clustering import KeywordFact
from webapp.ai.functions.reading import read
from webapp.ai.provider import Operation, Reply, Request


class IdeaKind(StrEnum):
    PILLAR = "pillar"
    SUPPORTING = "supporting"


class IdeasRequest(Request):
    operation: ClassVar[Operation] = Operation.IDEA_GENERATION
    prompt_version: ClassVar[str] = "1"

    cluster: str
    head: str
    intent: str | None = None
    keywords: list[KeywordFact]
    existing_titles: list[str] = Field(default_factory=list)
    language: str = "en"
    voice: str = ""


class IdeaDraft(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    angle: str
    outline: list[str]
    kind: IdeaKind
    target_keyword: str
    intent: str | None = None


class IdeasResult(BaseModel):
    ideas: list[IdeaDraft]


def parse(reply: Reply) -> IdeasResult:
    return read(reply, IdeasResult)
