"""The sections of a draft: which part each plays, and under which headings it may stand."""

from enum import StrEnum

from webapp.ai.embedded.seeding import chooser


class Part(StrEnum):
    """What a section is for."""

    START = "start"
    ANSWER = "answer"
    ABOUT = "about"  # one of the cluster's other keywords, which is its heading
    BEFORE = "before"
    STEPS = "steps"
    MISTAKES = "mistakes"
    ROUTINE = "routine"
    CLOSING = "closing"


HEADINGS: dict[Part, tuple[str, ...]] = {
    Part.START: ("Where to start", "First things first", "What matters most"),
    Part.ANSWER: ("The short answer", "The answer in brief", "What it comes down to"),
    Part.BEFORE: ("Before you begin", "What to have ready", "A little preparation"),
    Part.STEPS: ("Step by step", "One step after another", "How to go about it"),
    Part.MISTAKES: ("What usually goes wrong", "Common mistakes", "Where it tends to go wrong"),
    Part.ROUTINE: ("A simple routine", "Keeping it up", "Making it a habit"),
    Part.CLOSING: ("In short", "What to remember", "To sum up"),
}
_PARTS = {heading: part for part, headings in HEADINGS.items() for heading in headings}


def heading_for(part: Part, *words: str) -> str:
    """One of the part's headings, always the same for the same words."""
    return chooser("heading", part, *words).choice(HEADINGS[part])


def part_under(heading: str) -> Part:
    return _PARTS.get(heading, Part.ABOUT)
