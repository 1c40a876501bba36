"""What is said of keywords: what is known of each before, and where it belongs after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Tell = Callable[[str], None]  # is told what is being done now


@dataclass(frozen=True)
class KeywordToGroup:
    """`volume`: searches a month, and `intent`, are None if unknown. `serp`: what a search engine shows for it.

    `cluster`: the key of the one that it is in, where it stays.
    """

    phrase: str
    volume: int | None = None
    intent: str | None = None
    serp: tuple[str, ...] = ()
    cluster: str | None = None


@dataclass(frozen=True)
class Group:
    """Keywords by their numbers in what was given, the head first. `cluster`: the key of the one that they join.

    `confidence`: of each, in percent: how much of its nearness to this group and to the next one is to this one.
    """

    members: tuple[int, ...]
    confidence: tuple[int, ...]
    cluster: str | None = None


@dataclass(frozen=True)
class Lone:
    """A keyword that is in no group, and its nearest: the key of a cluster, or the number of a group."""

    keyword: int
    nearest: str | int


@dataclass(frozen=True)
class Grouping:
    """Every keyword that was in no cluster is in one of `groups`, the most searched first, or in `lone`."""

    groups: Sequence[Group]
    lone: Sequence[Lone]


def to_nobody(step: str) -> None:
    """Where nobody waits for it."""
