"""The words for every reason: what happened, what was kept, and the next step."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from webapp.pipeline.states import RunStatus, StopReason


class NextStep(StrEnum):
    """Where a person goes from a stop. `web` knows the addresses."""

    REVIEW = "review"
    KEYWORDS = "keywords"
    ATTENTION = "attention"
    AUTOMATION = "automation"
    AI = "ai"
    BUDGET = "budget"
    CREDITS = "credits"
    RESUME = "resume"
    START = "start"
    OPERATOR = "operator"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Words:
    """`title` and `text` may name the details of a stop in braces: {by}, {left}."""

    title: str
    text: str
    step: NextStep = NextStep.NOTHING
    label: str = ""


WORDS: dict[StopReason, Words] = {
    StopReason.ALL_DONE: Words(
        "All work is done", "Everything that was waiting has been processed.", NextStep.REVIEW, "Read the articles"
    ),
    StopReason.SOME_NEED_ATTENTION: Words(
        "Done, but not everything came out",
        "{failed} could not be finished: each says why, and what to do. All the rest is done.",
        NextStep.ATTENTION,
        "Look at them",
    ),
    StopReason.NOTHING_WAITED: Words(
        "Nothing was waiting",
        "There was nothing for a run to do. It takes new keywords, and whatever an earlier run has left.",
        NextStep.KEYWORDS,
        "Look at the keywords",
    ),
    StopReason.LIMIT_REACHED: Words(
        "Done within your limits",
        "{left} waiting beyond the limits of this run. They keep their place, and the next run takes them.",
        NextStep.AUTOMATION,
        "Change the limits",
    ),
    StopReason.BUDGET_USED: Words(
        "Budget used up: {operation}",
        "{left} left: the rest of their operation's share pays for no other one. They keep their place.{also}",
        NextStep.BUDGET,
        "Change the budget",
    ),
    StopReason.OPERATION_OFF: Words(
        "Switched off by the operator: {operation}",
        "{why} {left} left. They keep their place, and a run takes them once it is on again.{also}",
        NextStep.CREDITS,
        "Look at the credits",
    ),
    StopReason.NEEDS_A_PERSON: Words(
        "Waiting for your review",
        "{left} in review: approving by itself is switched off for this site.",
        NextStep.REVIEW,
        "Review them",
    ),
    StopReason.CREDIT_CAP_REACHED: Words(
        "The credit cap of the run is reached",
        "The run spent what you allowed it. {left} left; the rest keeps its place for the next run.",
        NextStep.AUTOMATION,
        "Change the cap",
    ),
    StopReason.OUT_OF_CREDITS: Words(
        "The account is out of credits",
        "Finished work is kept. {left} left; they go on with the next run, as soon as there are credits.",
        NextStep.CREDITS,
        "See the account",
    ),
    StopReason.PAUSED_BY_PERSON: Words(
        "Paused by {by}",
        "Nothing new is begun, for as long as you like. Answers that were on their way are kept, and paid for.",
        NextStep.RESUME,
        "Resume",
    ),
    StopReason.CANCELLED_BY_PERSON: Words(
        "Cancelled by {by}",
        "Finished work is kept. What was not begun keeps its place for the next run.",
        NextStep.START,
        "Start a new run",
    ),
    StopReason.PROVIDER_REFUSES_KEY: Words(
        "The endpoint refuses the key",
        "It said: {said} Nothing was charged for what is left, and everything finished is kept. Runs by schedule wait"
        " until a test of the key works.",
        NextStep.AI,
        "Look at the endpoint",
    ),
    StopReason.PROVIDER_QUOTA_USED: Words(
        "The provider's account is used up",
        "It said: {said} Nothing was charged for what is left, and everything finished is kept. Put money on the"
        " account there, or raise its limit.",
        NextStep.AI,
        "Look at the endpoint",
    ),
    StopReason.PROVIDER_NOT_READY: Words(
        "The models cannot be asked",
        "{said} Nothing was asked and nothing charged; everything finished is kept.",
        NextStep.AI,
        "Look at the endpoint",
    ),
    StopReason.PROVIDER_UNREACHABLE: Words(
        "The provider does not answer",
        "It said: {said} Nothing was charged for what is left, and everything finished is kept.",
        NextStep.START,
        "Start a new run",
    ),
    StopReason.PROVIDER_ASKS_TO_WAIT: Words(
        "The provider asks us to wait", "The run goes on by itself. Nothing is lost and nothing is charged meanwhile."
    ),
    StopReason.STORAGE_FULL: Words(
        "The disk is full", "The run goes on by itself when there is room. Nothing is lost.", NextStep.OPERATOR
    ),
    StopReason.WORKER_LOST: Words(
        "Recovering after a lost worker", "Another worker takes over by itself. Finished work is kept."
    ),
    StopReason.WORKER_LOST_REPEATEDLY: Words(
        "Workers were lost again and again",
        "No item could be finished in several tries. Finished work is kept.",
        NextStep.START,
        "Start a new run",
    ),
    StopReason.WORKER_STOPPING: Words("Handed over", "Its worker has ended its turn; the run goes on by itself."),
    StopReason.SLICE_ENDED: Words("Making room for other runs", "The run goes on by itself in a moment."),
    StopReason.DATABASE_AWAY: Words(
        "The database does not answer", "The run goes on by itself when it is back. Nothing is lost.", NextStep.OPERATOR
    ),
    StopReason.INTERNAL_ERROR: Words(
        "Something broke on our side",
        "Finished work is kept, and nothing was charged for the rest. For the operator: {said}",
        NextStep.START,
        "Start a new run",
    ),
    StopReason.MOVED_ON: Words("Somebody else changed the run", "Look at it again."),
}


UNTOLD = {"operation": "an operation", "why": "The Credits page says why.", "also": ""}


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return UNTOLD.get(key, "some")


def title(reason: StopReason, detail: dict[str, Any]) -> str:
    return WORDS[reason].title.format_map(_Blank(detail))


def text(reason: StopReason, detail: dict[str, Any]) -> str:
    return WORDS[reason].text.format_map(_Blank(detail))


def sentence_of_move(
    old: RunStatus | None, status: RunStatus, reason: StopReason | None, detail: dict[str, Any], by: str
) -> str:
    """A line of the log for a change of status."""
    match status, reason:
        case RunStatus.QUEUED, None if old is RunStatus.PAUSED:
            return f"Resumed by {by}"
        case RunStatus.QUEUED, None:
            return f"Queued by {by}"
        case RunStatus.QUEUED, StopReason() if "by" in detail:
            return f"Taken from its worker by {by}. Another goes on with it by itself"
        case RunStatus.RUNNING, _:
            return "A worker has taken the run"
        case RunStatus.COMPLETED, StopReason():
            return f"Completed: {title(reason, detail)}"
        case RunStatus.FAILED, StopReason():
            return f"Failed: {title(reason, detail)}. {text(reason, detail)}"
        case RunStatus.PAUSED | RunStatus.CANCELLED, StopReason():
            return title(reason, detail)
        case _, StopReason():
            return f"{title(reason, detail)}. {text(reason, detail)}"
        case _:
            return f"{status.value.capitalize()} by {by}"
