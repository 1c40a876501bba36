"""Naming groups of keywords. The grouping itself is local and free; a batch of up to 50 keywords is paid."""

from typing import ClassVar

from pydantic import BaseModel, Field

from webapp.ai.functions.reading import read
from webapp.ai.provider import Operation, Reply, Request


class KeywordFact(BaseModel):
    """A keyword as far as a model needs to know it. `volume`: searches a month, None if unknown."""

    phrase: str
    volume: int | None = None
    intent: str | None = None


class KeywordGroup(BaseModel):
    key: str
    keywords: list[KeywordFact] = Field(min_length=1)


class ClusteringRequest(Request):
    operation: ClassVar[Operation] = Operation.CLUSTERING
    prompt_version: ClassVar[str] = "2"

    groups: list[KeywordGroup]
    language: str = "en"


class NamedGroup(BaseModel):
    """`key` is that of the group that it was, or that it grew from; one that was taken out of another has a new one.

    `phrases`: its keywords; each of the request is in one group. `head` is the one that stands for it, its pillar.
    `reason`: why it is not as it was given, empty if it is.
    """

    key: str
    phrases: list[str] = Field(min_length=1)
    name: str = Field(min_length=1, max_length=200)
    head: str
    intent: str | None = None
    reason: str = ""


class ClusteringResult(BaseModel):
    groups: list[NamedGroup]


def parse(reply: Reply) -> ClusteringResult:
    return read(reply, ClusteringResult)
