"""A run as a page shows it: numbers and words, no addresses and no markup. Every number is defined here, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.core.clock import now
from webapp.core.db import db
from webapp.pipeline import calls, money, reasons, room
from webapp.pipeline.models import EventLevel, Run, RunEvent, StageResult, StageStatus
from webapp.pipeline.money import Money
from webapp.pipeline.reasons import NextStep
from webapp.pipeline.stages import OPERATIONS, STAGES
from webapp.pipeline.states import RunStatus, StageKey, StopReason
from webapp.pipeline.summary import named
from webapp.sites.models import Site

LATEST = 15  # events on the page: every poll carries them

LABELS = {
    RunStatus.QUEUED: "Queued",
    RunStatus.RUNNING: "Running",
    RunStatus.PAUSED: "Paused",
    RunStatus.COMPLETED: "Completed",
    RunStatus.FAILED: "Failed",
    RunStatus.CANCELLED: "Cancelled",
}


@dataclass(frozen=True)
class Reason:
    """Why the run is not working, what was kept, and the one next step."""

    kind: str  # ok, info, warn, err
    title: str
    text: str
    step: NextStep
    label: str


@dataclass(frozen=True)
class StageRow:
    """One stage. `state`: done, cut (short, with nothing done), active, wait, paused, stopped or off. Counts are in
    items.

    `credits` were charged and `held` are out for calls without an answer, of the `budget` of the stage's operation in
    this run; None where the stage costs nothing.
    """

    key: StageKey
    name: str
    state: str
    processed: int
    total: int
    remaining: int
    failed: int
    credits: int
    held: int
    budget: int | None
    seconds: int
    counts: dict[str, int]
    note: str


@dataclass(frozen=True)
class EventLine:
    id: int
    at: datetime
    kind: str
    text: str


@dataclass(frozen=True)
class RunView:
    """All that the run page says. Seconds are those in which a worker was at work."""

    run: Run
    status: RunStatus
    status_label: str
    headline: str
    reason: Reason | None
    percent: int
    processed: int
    items_left: int
    elapsed_seconds: int
    credits_used: int
    credits_estimated: int | None
    money: Money | None  # at endpoints
    enforces_budgets: bool
    credits_cap: int | None
    recovering: bool
    pending_answers: int
    kept_answers: int
    actions: frozenset[str]
    rows: list[StageRow]
    current: StageRow | None
    events: list[EventLine]

    @property
    def is_active(self) -> bool:
        return self.run.is_active


def view_of(run: Run) -> RunView:
    results = list(run.stages)
    rows = [_row(run, result) for result in results]
    current = next((row for row in rows if row.state in ("active", "paused", "stopped")), None)
    return RunView(
        run=run,
        status=run.status,
        status_label=LABELS[run.status],
        headline=_headline(run, current),
        reason=_reason(run),
        percent=run.percent,
        processed=sum(result.processed for result in results),
        items_left=sum(result.remaining for result in results),
        elapsed_seconds=_elapsed(run),
        credits_used=sum(result.credits for result in results),
        credits_estimated=run.estimated_credits,
        money=money.of_run(run),
        enforces_budgets=run.terms.get("enforces_budgets", True),
        credits_cap=run.terms["cap"] or None,
        recovering=run.status is RunStatus.QUEUED and run.stop_reason is StopReason.WORKER_LOST,
        pending_answers=0 if run.status is RunStatus.RUNNING else calls.answers_still_out(run),
        kept_answers=0 if run.status is RunStatus.RUNNING else calls.answers_kept(run),
        actions=ACTIONS.get(run.status, frozenset()),
        rows=rows,
        current=current,
        events=_events(run),
    )


ACTIONS = {
    RunStatus.QUEUED: frozenset({"pause", "cancel"}),
    RunStatus.RUNNING: frozenset({"pause", "cancel"}),
    RunStatus.PAUSED: frozenset({"resume", "cancel"}),
}


def _row(run: Run, result: StageResult) -> StageRow:
    return StageRow(
        key=result.stage,
        name=result.stage.label,
        state=_state(run, result),
        processed=result.processed,
        total=result.total,
        remaining=result.remaining,
        failed=result.failed,
        credits=result.credits,
        held=result.committed - result.credits,
        budget=_budget(run, result.stage),
        seconds=round(result.seconds),
        counts=dict(result.counts),
        note=_note(result),
    )


def _budget(run: Run, stage: StageKey) -> int | None:
    operation = OPERATIONS.get(stage)
    return None if operation is None else int(run.terms["budgets"][operation])


def _state(run: Run, result: StageResult) -> str:
    match result.status, run.status:
        case StageStatus.OFF, _:
            return "off"
        case StageStatus.DONE, _:
            return "cut" if result.cut_short and not result.processed else "done"
        case StageStatus.WAITING, _:
            return "wait"
        case StageStatus.WORKING, RunStatus.PAUSED:
            return "paused"
        case StageStatus.WORKING, RunStatus.QUEUED | RunStatus.RUNNING:
            return "active"
    return "stopped"


def _note(result: StageResult) -> str:
    """Why a stage did less than was waiting, in a few words."""
    left = named(result.stage, result.left_over)
    match result.cut_short:
        case None:
            return f"{left} came meanwhile" if left else ""
        case StopReason.LIMIT_REACHED:
            return f"Limit reached: {left} left"
        case StopReason.BUDGET_USED:
            return f"Its budget pays for no more: {left} left"
        case StopReason.OPERATION_OFF:
            return f"Switched off by the operator: {left} left"
        case StopReason.NEEDS_A_PERSON:
            return f"Waiting for your review: {left}"
        case reason:
            return reasons.title(reason, {})


def _headline(run: Run, current: StageRow | None) -> str:
    match run.status:
        case RunStatus.RUNNING if current:
            return f"Stage {current.key.number} of {len(StageKey)}: {current.name}."
        case RunStatus.RUNNING:
            return "Looking for the next stage."
        case RunStatus.QUEUED if run.stop_reason:
            return f"{reasons.title(run.stop_reason, run.stop_detail)}."
        case RunStatus.QUEUED:
            return "Waiting for a worker. It starts by itself."
    return f"{reasons.title(run.stop_reason, run.stop_detail)}." if run.stop_reason else ""


KINDS = {
    RunStatus.COMPLETED: "ok",
    RunStatus.FAILED: "err",
    RunStatus.CANCELLED: "warn",
    RunStatus.PAUSED: "info",
    RunStatus.QUEUED: "info",
}


def _reason(run: Run) -> Reason | None:
    """A full disk keeps a run from working and its worker from writing why: then that is what there is to say."""
    if run.is_active and not room.is_left():
        return _in_words(StopReason.STORAGE_FULL, "err", {})
    if run.stop_reason is None:
        return None
    kind = KINDS.get(run.status, "info")
    if kind == "ok" and run.stop_reason is not StopReason.ALL_DONE:
        kind = "warn" if run.stop_reason in NOT_ALL_CAME_OUT else "info"
    return _in_words(run.stop_reason, kind, run.stop_detail)


def _in_words(reason: StopReason, kind: str, detail: dict[str, Any]) -> Reason:
    words = reasons.WORDS[reason]
    return Reason(
        kind=kind,
        title=reasons.title(reason, detail),
        text=reasons.text(reason, detail),
        step=words.step,
        label=words.label,
    )


NOT_ALL_CAME_OUT = (
    StopReason.BUDGET_USED,
    StopReason.CREDIT_CAP_REACHED,
    StopReason.OUT_OF_CREDITS,
    StopReason.SOME_NEED_ATTENTION,
)


def _elapsed(run: Run) -> int:
    now_working = 0.0
    if run.status is RunStatus.RUNNING and run.claimed_at is not None:
        now_working = max(0.0, (now() - run.claimed_at).total_seconds())
    return round(run.active_seconds + now_working)


def _events(run: Run) -> list[EventLine]:
    """The latest first."""
    events: Sequence[RunEvent] = db.session.scalars(
        select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.id.desc()).limit(LATEST)
    ).all()
    return [EventLine(event.id, event.at, KIND_OF_LEVEL[event.level], event.text) for event in events]


KIND_OF_LEVEL = {
    EventLevel.INFO: "info",
    EventLevel.OK: "ok",
    EventLevel.MARK: "mark",
    EventLevel.WARN: "warn",
    EventLevel.ERROR: "err",
}


def pending_by_stage(site: Site) -> dict[StageKey, int]:
    """How many items wait for each stage now."""
    return {stage.key: stage.pending(site) for stage in STAGES}


def as_json(run: Run) -> dict[str, Any]:
    """The run for a program, in the shape of `pressroom run --json`."""
    view = view_of(run)
    return {
        "run_id": run.id,
        "status": run.status.value,
        "stop_reason": run.stop_reason.value if run.stop_reason else None,
        "seconds": view.elapsed_seconds,
        "credits": view.credits_used,
        "percent": view.percent,
        "stages": [
            {
                "stage": row.key.number,
                "name": row.name,
                "processed": row.processed,
                "total": row.total,
                "remaining": row.remaining,
                "failed": row.failed,
                "credits": row.credits,
                "seconds": row.seconds,
                "counts": row.counts,
            }
            for row in view.rows
        ],
    }
