"""The words for why an article waits: what holds it, and the one thing to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.publishing.models import WaitingReason


class Remedy(StrEnum):
    """Where a person goes from here. `web` knows the addresses."""

    PUBLISHING_SETTINGS = "publishing_settings"
    CONNECTION = "connection"
    RELEASE = "release"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Words:
    """`sentence` and `remedy` are of one article; `of_many` are the same two of several, where they differ."""

    title: str
    sentence: str
    remedy: str
    where: Remedy
    of_many: tuple[str, str] | None = None

    def of(self, count: int) -> tuple[str, str]:
        """Sentence and remedy of so many articles."""
        return (self.sentence, self.remedy) if count == 1 or self.of_many is None else self.of_many


WORDS: dict[WaitingReason, Words] = {
    WaitingReason.QUEUE_FULL: Words(
        "The queue is full",
        "As many articles are scheduled as the queue limit allows.",
        "It moves up by itself when one goes out. Or raise the queue limit.",
        Remedy.PUBLISHING_SETTINGS,
        (
            "As many articles are scheduled as the queue limit allows.",
            "They move up by themselves when others go out. Or raise the queue limit.",
        ),
    ),
    WaitingReason.QUEUE_PAUSED: Words(
        "Publishing is paused",
        "Publishing is paused for this site.",
        "Switch the pause off.",
        Remedy.PUBLISHING_SETTINGS,
    ),
    WaitingReason.NO_PUBLISHING_DAY: Words(
        "No day or time to publish",
        "The schedule has no day or no time to publish at.",
        "Choose at least one day and one time.",
        Remedy.PUBLISHING_SETTINGS,
    ),
    WaitingReason.AUTO_PUBLISH_OFF: Words(
        "Publishing by itself is off",
        "Publishing by itself is switched off.",
        "Publish it now, or switch that on.",
        Remedy.PUBLISHING_SETTINGS,
        ("Publishing by itself is switched off.", "Publish each now, or switch that on."),
    ),
    WaitingReason.TARGET_NOT_CONNECTED: Words(
        "Not connected yet",
        "No test of the connection has worked yet.",
        "Test it: articles go out as soon as a test works.",
        Remedy.CONNECTION,
    ),
    WaitingReason.TARGET_REFUSES_CREDENTIALS: Words(
        "Credentials are refused",
        "The place that articles go to refuses the credentials.",
        "Enter the right ones.",
        Remedy.CONNECTION,
    ),
    WaitingReason.TARGET_REFUSES_ROLE: Words(
        "The user may not publish",
        "The user that signs in where it goes to may not publish or upload there.",
        "In WordPress, under Users, make it an Author or an Editor; then test the connection again.",
        Remedy.CONNECTION,
    ),
    WaitingReason.TARGET_OUT_OF_REACH: Words(
        "The site is out of reach",
        "The place that articles go to cannot be reached under its address.",
        "Look at the address, or ask the site's host; then test it again. It is also looked at each hour by itself.",
        Remedy.CONNECTION,
    ),
    WaitingReason.DRAFT_QUALITY: Words(
        "Drafts of the embedded provider",
        "It was drafted without a language model, so it does not go to a real site by itself.",
        "Publish it now, or send the site's articles to the folder to see the schedule work.",
        Remedy.CONNECTION,
        (
            "These were drafted without a language model, so they do not go to a real site by themselves.",
            "Publish each now, or send the site's articles to the folder to see the schedule work.",
        ),
    ),
    WaitingReason.SCHEDULING_OFF: Words(
        "Scheduling is switched off",
        "Scheduling is switched off by the operator.",
        "It gets its slot by itself when scheduling is on again. Or publish it now.",
        Remedy.OPERATOR,
        (
            "Scheduling is switched off by the operator.",
            "They get their slots by themselves when scheduling is on again. Or publish each now.",
        ),
    ),
    WaitingReason.HELD: Words(
        "Held",
        "Somebody holds it back.",
        "Release it: it takes the next free slot.",
        Remedy.RELEASE,
        ("Somebody holds these back.", "Release them: they take the next free slots."),
    ),
    WaitingReason.UNSCHEDULED: Words(
        "Taken off the schedule",
        "Somebody took it off the schedule, so it waits until somebody releases it.",
        "Release it: it takes the next free slot. Or choose a slot, or publish it now.",
        Remedy.RELEASE,
        (
            "Somebody took these off the schedule, so they wait until somebody releases them.",
            "Release them: they take the next free slots. Or choose slots, or publish them now.",
        ),
    ),
}
