"""The life cycle of a run: which states there are, which moves are allowed, and why a run stops. Pure."""

from enum import StrEnum


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.PAUSED)

MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.RUNNING: frozenset(
        {RunStatus.QUEUED, RunStatus.PAUSED, RunStatus.CANCELLED, RunStatus.COMPLETED, RunStatus.FAILED}
    ),
    RunStatus.PAUSED: frozenset({RunStatus.QUEUED, RunStatus.CANCELLED}),
    RunStatus.COMPLETED: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}


class StopReason(StrEnum):
    """Why a run, or one of its stages, is not working. `reasons.py` has the sentence and the next step of each."""

    ALL_DONE = "all_done"
    SOME_NEED_ATTENTION = "some_need_attention"  # all was done that could be
    NOTHING_WAITED = "nothing_waited"
    LIMIT_REACHED = "limit_reached"
    BUDGET_USED = "budget_used"  # of the stage's operation
    OPERATION_OFF = "operation_off"
    NEEDS_A_PERSON = "needs_a_person"  # approval is by hand
    CREDIT_CAP_REACHED = "credit_cap_reached"
    OUT_OF_CREDITS = "out_of_credits"
    PAUSED_BY_PERSON = "paused_by_person"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    PROVIDER_REFUSES_KEY = "provider_refuses_key"
    PROVIDER_QUOTA_USED = "provider_quota_used"
    PROVIDER_NOT_READY = "provider_not_ready"  # what is set up cannot be used
    PROVIDER_UNREACHABLE = "provider_unreachable"
    PROVIDER_ASKS_TO_WAIT = "provider_asks_to_wait"
    STORAGE_FULL = "storage_full"
    WORKER_LOST = "worker_lost"
    WORKER_LOST_REPEATEDLY = "worker_lost_repeatedly"
    WORKER_STOPPING = "worker_stopping"
    SLICE_ENDED = "slice_ended"
    DATABASE_AWAY = "database_away"
    INTERNAL_ERROR = "internal_error"
    MOVED_ON = "moved_on"  # somebody else changed the run first; never stored


class StageKey(StrEnum):
    """The seven stages, in their order. The values name stages in the database and never change."""

    CLUSTERS = "clusters"
    IDEAS = "ideas"
    TASKS = "tasks"
    ARTICLES = "articles"
    PROMPTS = "prompts"
    IMAGES = "images"
    APPROVAL = "approval"

    @property
    def number(self) -> int:
        return list(StageKey).index(self) + 1

    @property
    def label(self) -> str:
        return STAGE_LABELS[self]


STAGE_LABELS = {
    StageKey.CLUSTERS: "Keywords to clusters",
    StageKey.IDEAS: "Clusters to ideas",
    StageKey.TASKS: "Ideas to tasks",
    StageKey.ARTICLES: "Tasks to articles",
    StageKey.PROMPTS: "Articles to image prompts",
    StageKey.IMAGES: "Image prompts to images",
    StageKey.APPROVAL: "Review to approved",
}


class IllegalMove(Exception):
    """The life cycle has no such arrow: a bug in the caller, not something a person did."""


def check_move(old: RunStatus, new: RunStatus) -> None:
    """Raises IllegalMove unless the life cycle has the arrow."""
    if new not in MOVES[old]:
        raise IllegalMove(f"a run cannot go from {old} to {new}")
