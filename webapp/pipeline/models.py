"""The run row, which is the lock; its stages, its items, its events."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.ai.provider import Operation
from webapp.core.clock import now
from webapp.core.db import Numbered, change, db, enum_type
from webapp.core.errors import Conflict
from webapp.pipeline.states import ACTIVE, RunStatus, StageKey, StopReason, check_move
from webapp.sites.models import Site

_ACTIVE = text("status IN ('queued', 'running', 'paused')")
_OPEN = text("status IN ('sent', 'unknown')")


class Trigger(StrEnum):
    PERSON = "person"
    COMMAND = "command"
    SCHEDULE = "schedule"


class MovedOn(Conflict):
    """The run was changed by somebody else between our look and our move."""

    def __init__(self, run_id: int):
        super().__init__(f"Run {run_id} was changed by somebody else at the same moment.", "Look at it and try again.")


class Run(Numbered, db.Model):
    """One automation run of one site.

    `epoch` is the fencing number: +1 at every move, so whoever worked under an older one has lost the run.
    `hb` counts heartbeats and commits, `version` what a person could see; `terms` are the settings it started with.
    """

    __tablename__ = "run"
    __table_args__ = (
        Index("uq_run_active_site", "site_id", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
        UniqueConstraint("automation_id", "scheduled_for"),
        CheckConstraint("(status = 'running') = (owner IS NOT NULL)", name="owner_while_running"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent_range"),
        Index("ix_run_site_id_id", "site_id", "id"),
        Index("ix_run_status", "status"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    status: Mapped[RunStatus] = mapped_column(enum_type(RunStatus), default=RunStatus.QUEUED)
    stop_reason: Mapped[StopReason | None] = mapped_column(enum_type(StopReason))
    stop_detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    changed_by: Mapped[str] = mapped_column(String(120), default="")
    changed_at: Mapped[datetime] = mapped_column(default=now)

    epoch: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(200))
    hb: Mapped[int] = mapped_column(default=0)
    nudge: Mapped[int] = mapped_column(default=0)  # numbers the deliveries of one epoch
    takeovers: Mapped[int] = mapped_column(default=0)
    recoveries_without_progress: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]

    trigger: Mapped[Trigger] = mapped_column(enum_type(Trigger))
    started_by: Mapped[str] = mapped_column(String(120))
    start_token: Mapped[str | None] = mapped_column(String(64), unique=True)
    automation_id: Mapped[int | None] = mapped_column(ForeignKey("automation.site_id", ondelete="SET NULL"))
    scheduled_for: Mapped[datetime | None]

    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    initial_snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    total_initial_items: Mapped[int]
    estimated_credits: Mapped[int | None]  # what it was expected to cost when it started; None: nobody could say
    percent: Mapped[int] = mapped_column(default=0)
    active_seconds: Mapped[float] = mapped_column(default=0.0)

    created_at: Mapped[datetime] = mapped_column(default=now)
    claimed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    site: Mapped[Site] = relationship()
    stages: Mapped[list["StageResult"]] = relationship(back_populates="run", order_by="StageResult.number")

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    def move_to(
        self,
        status: RunStatus,
        *,
        by: str,
        reason: StopReason | None = None,
        detail: dict[str, Any] | None = None,
        owner: str | None = None,
        not_before: datetime | None = None,
        seen_heartbeat: int | None = None,
    ) -> None:
        """The only writer of a run's status: one conditional UPDATE, and its event in the same transaction.

        The move happens only if the row is still as this object saw it (status and epoch; with `seen_heartbeat`
        also the heartbeat). Raises MovedOn if it is not, IllegalMove if the life cycle has no such arrow.
        """
        old, moment = self.status, now()
        check_move(old, status)
        unchanged = [Run.id == self.id, Run.status == old, Run.epoch == self.epoch]
        if seen_heartbeat is not None:
            unchanged.append(Run.hb == seen_heartbeat)
        values: dict[str, Any] = {
            "status": status,
            "stop_reason": reason,
            "stop_detail": detail or {},
            "changed_by": by,
            "changed_at": moment,
            "epoch": Run.epoch + 1,
            "version": Run.version + 1,
            "owner": owner,
            "nudge": 0,
            "not_before": not_before,
        }
        values |= self._clock(status, moment)
        if change(update(Run).where(*unchanged).values(values)) != 1:
            raise MovedOn(self.id)
        db.session.add(RunEvent.of_move(self.id, old, status, by=by, reason=reason, detail=detail))
        db.session.flush()
        db.session.refresh(self)

    def _clock(self, status: RunStatus, moment: datetime) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if status is RunStatus.RUNNING:
            values["claimed_at"] = moment
        elif self.status is RunStatus.RUNNING and self.claimed_at is not None:
            worked = max(0.0, (moment - self.claimed_at).total_seconds())
            values["active_seconds"] = Run.active_seconds + worked
        if status not in ACTIVE:
            values["finished_at"] = moment
        if status is RunStatus.COMPLETED:
            values["percent"] = 100
        return values


class StageStatus(StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    OFF = "off"


class StageResult(db.Model):
    """One stage of one run. Counts are in the stage's own items (keywords in the first stage).

    `committed` is what the stage's holds and charges take from its budget; `credits` is what was charged.
    """

    __tablename__ = "stage_result"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    stage: Mapped[StageKey] = mapped_column(enum_type(StageKey), primary_key=True)
    number: Mapped[int]
    status: Mapped[StageStatus] = mapped_column(enum_type(StageStatus), default=StageStatus.WAITING)
    planned: Mapped[int] = mapped_column(default=0)  # as the snapshot at the start of the run had it
    total: Mapped[int] = mapped_column(default=0)  # as planned when the stage began
    processed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    left_over: Mapped[int] = mapped_column(default=0)  # pending beyond the total when the stage ended
    credits: Mapped[int] = mapped_column(default=0)
    committed: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    cut_short: Mapped[StopReason | None] = mapped_column(enum_type(StopReason))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float] = mapped_column(default=0.0)

    run: Mapped[Run] = relationship(back_populates="stages")

    @property
    def remaining(self) -> int:
        return max(0, self.total - self.processed - self.failed - self.skipped)


class ItemStatus(StrEnum):
    PLANNED = "planned"
    IN_HAND = "in_hand"
    DONE = "done"
    SKIPPED = "skipped"  # it was no longer there, or no longer wanted
    ATTENTION = "attention"


class RunItem(Numbered, db.Model):
    """One row that a stage of this run works on, planned when the stage began, in the order of their numbers.

    `row` is the number of the row (of the batch, in the first stage); `weight` how many of the stage's items it
    counts for; `units` how many of the operation's units it costs; `losses` how many workers were lost over it.
    """

    __tablename__ = "run_item"
    __table_args__ = (
        UniqueConstraint("run_id", "stage", "row"),
        Index("ix_run_item_next", "run_id", "stage", "status", "id"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    stage: Mapped[StageKey] = mapped_column(enum_type(StageKey))
    row: Mapped[int]
    weight: Mapped[int] = mapped_column(default=1)
    units: Mapped[int] = mapped_column(default=0)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status: Mapped[ItemStatus] = mapped_column(enum_type(ItemStatus), default=ItemStatus.PLANNED)
    losses: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(Text, default="")

    @property
    def name(self) -> str:
        """How the ledger and the log name the item."""
        return f"{self.stage}:{self.row}"


class EventLevel(StrEnum):
    """How an event is shown."""

    INFO = "info"
    OK = "ok"
    MARK = "mark"
    WARN = "warn"
    ERROR = "error"


class RunEvent(Numbered, db.Model):
    """A line of the run's log, written in the transaction that made it true."""

    __tablename__ = "run_event"
    __table_args__ = (Index("ix_run_event_run_id_id", "run_id", "id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=now)
    level: Mapped[EventLevel] = mapped_column(enum_type(EventLevel), default=EventLevel.INFO)
    name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    stage: Mapped[StageKey | None] = mapped_column(enum_type(StageKey))
    by: Mapped[str] = mapped_column(String(200), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    @classmethod
    def of_move(
        cls,
        run_id: int,
        old: RunStatus | None,
        new: RunStatus,
        *,
        by: str,
        reason: StopReason | None = None,
        detail: dict[str, Any] | None = None,
    ) -> "RunEvent":
        from webapp.pipeline.reasons import sentence_of_move

        return cls(
            run_id=run_id,
            name=f"run_{new.value}",
            level=_LEVEL_OF_MOVE.get(new, EventLevel.INFO),
            text=sentence_of_move(old, new, reason, detail or {}, by),
            by=by,
            data={"from": old and old.value, "to": new.value, "reason": reason and reason.value, **(detail or {})},
        )


_LEVEL_OF_MOVE = {
    RunStatus.COMPLETED: EventLevel.MARK,
    RunStatus.FAILED: EventLevel.ERROR,
    RunStatus.CANCELLED: EventLevel.WARN,
    RunStatus.PAUSED: EventLevel.WARN,
}


class CallStatus(StrEnum):
    SENT = "sent"  # or about to be: credits are held
    ANSWERED = "answered"
    FAILED = "failed"
    UNKNOWN = "unknown"  # sent, and no answer will come to us any more


class AiCall(Numbered, db.Model):
    """One paid question and, once it came, its raw answer, which is never bought again.

    `key` is a hash of site, stage, item, prompt version, model and input.
    """

    __tablename__ = "ai_call"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_ai_call_run_id_status", "run_id", "status"),
        Index("ix_ai_call_run_id_item", "run_id", "item"),
        Index("ix_ai_call_site_id_item", "site_id", "item"),
        Index("ix_ai_call_media_file", "media_file"),
        Index("ix_ai_call_figures", "operation", "status", "sends", "sent_at", "answered_at"),
        Index("ix_ai_call_prices", "connection_id", "model", "answered_at"),
        Index("ix_ai_call_open", "site_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        CheckConstraint("(status = 'answered') = (reply IS NOT NULL)", name="answered_has_reply"),
    )

    key: Mapped[str] = mapped_column(String(64))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"))
    stage: Mapped[StageKey] = mapped_column(enum_type(StageKey))
    item: Mapped[str] = mapped_column(String(80))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("content.id", ondelete="SET NULL"))
    operation: Mapped[Operation] = mapped_column(enum_type(Operation))
    model: Mapped[str] = mapped_column(String(160))
    status: Mapped[CallStatus] = mapped_column(enum_type(CallStatus), default=CallStatus.SENT)
    attempt: Mapped[int]  # numbers the holds for one item of one run
    sends: Mapped[int] = mapped_column(default=0)  # how often this very question was put, and not refused
    epoch: Mapped[int]
    price: Mapped[int]
    deadline: Mapped[datetime]
    sent_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]
    reply: Mapped[str | None] = mapped_column(Text)
    media_file: Mapped[str | None] = mapped_column(String(120))
    connection_id: Mapped[int | None]  # whose prices count; it may be gone
    step: Mapped[str | None] = mapped_column(String(80))  # which of several questions about the item
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cached_tokens: Mapped[int | None]
    finish: Mapped[str | None] = mapped_column(String(40))  # as ai.provider.Finish has it
    problem: Mapped[str | None] = mapped_column(Text)  # what the provider itself found wrong with its answer
    cost: Mapped[int | None] = mapped_column(BigInteger)  # millionths of a dollar; None: no price is known
    error: Mapped[str] = mapped_column(Text, default="")

    @property
    def model_name(self) -> str:
        """As its endpoint has it, without the provider's name."""
        return self.model.partition("/")[2]
