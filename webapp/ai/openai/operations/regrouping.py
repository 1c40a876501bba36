"""What a model may change about groups of keywords: take some out of one, and put several together. It says why.

The grouping is ours. What it says of groups or phrases that are not there, or without a reason, is passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from webapp.ai.functions.clustering import KeywordFact, KeywordGroup
from webapp.ai.openai.operations.work import SomeIntent, several, spelt, text, trimmed, without_facts

LONGEST_REASON = 300
TAKEN_OUT = "Taken out of “{name}”: {reason}"
PUT_TOGETHER = "“{name}” was put together with it: {reason}"


class DraftSplit(BaseModel):
    key: str = text("The key of the group that they are taken out of, copied.", 40)
    phrases: list[str] = several("The phrases that are of another topic, copied; not all of the group.", 50)
    name: str = text("What their topic is called, in two to five words.", 60)
    head: str = text("The one of these phrases that stands for it, copied.", 120)
    intent: SomeIntent = None
    reason: str = text("Why they are of another topic, in one sentence.", LONGEST_REASON)


class DraftMerge(BaseModel):
    keys: list[str] = several("The keys of groups of one and the same topic, copied: that of the best name first.", 10)
    reason: str = text("Why they are of one topic, in one sentence.", LONGEST_REASON)


@dataclass
class Part:
    """Keywords of one topic. `key`: of the group that they were given as. `took`: as what they were taken out of it;
    None: they are what is left of it. `joined`: the keys of the groups that were put together with it, each with why.
    """

    key: str
    keywords: list[KeywordFact]
    took: DraftSplit | None = None
    joined: dict[str, str] = field(default_factory=dict)


def regrouped(groups: Sequence[KeywordGroup], splits: Sequence[DraftSplit], merges: Sequence[DraftMerge]) -> list[Part]:
    """The parts, those that were taken out behind all others. Every keyword is in one of them."""
    parts = {group.key: Part(group.key, list(group.keywords)) for group in groups}
    taken = [part for split in splits if (part := _taken_out(parts.get(split.key.strip()), split)) is not None]
    for merge in merges:
        _put_together(parts, merge)
    return [*parts.values(), *taken]


def reason_of(part: Part, names: dict[str, str]) -> str:
    """Why it is not as it was given, in sentences; empty if it is. `names`: of the groups, by their keys."""
    if part.took is not None:
        return TAKEN_OUT.format(name=names[part.key], reason=_reason(part.took.reason))
    return " ".join(PUT_TOGETHER.format(name=names[key], reason=reason) for key, reason in part.joined.items())


def _taken_out(part: Part | None, split: DraftSplit) -> Part | None:
    """None where there is nothing to take, no reason, or nothing would be left."""
    wanted = {spelt(without_facts(phrase)) for phrase in split.phrases}
    found = [keyword for keyword in part.keywords if spelt(keyword.phrase) in wanted] if part else []
    if part is None or not found or len(found) == len(part.keywords):
        return None
    if not _reason(split.reason) or not trimmed(without_facts(split.name), LONGEST_REASON):
        return None
    part.keywords = [keyword for keyword in part.keywords if keyword not in found]
    return Part(part.key, found, took=split)


def _put_together(parts: dict[str, Part], merge: DraftMerge) -> None:
    """Those of them that are still there by themselves."""
    first, *others = [key for key in dict.fromkeys(key.strip() for key in merge.keys) if key in parts] or [""]
    reason = _reason(merge.reason)
    for key in others if reason else []:
        other = parts.pop(key)
        parts[first].keywords += other.keywords
        parts[first].joined |= {key: reason, **other.joined}


def _reason(written: str) -> str:
    return trimmed(written, LONGEST_REASON)
