"""What the database says of a site's runs at one moment, and what must be true of it whatever has happened."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from webapp.content.models import Task
from webapp.core.db import db, reading
from webapp.credits import ledger
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunEvent, RunItem, StageResult
from webapp.pipeline.states import ACTIVE, MOVES, RunStatus, StopReason

SETTLED = (ItemStatus.DONE, ItemStatus.SKIPPED, ItemStatus.ATTENTION)
NEEDS_NO_REASON = {
    (None, RunStatus.QUEUED),
    (RunStatus.PAUSED, RunStatus.QUEUED),
    (RunStatus.QUEUED, RunStatus.RUNNING),
}


@dataclass(frozen=True)
class RunSeen:
    id: int
    status: RunStatus
    epoch: int
    owner: str | None
    hb: int
    stop_reason: StopReason | None
    recoveries_without_progress: int
    not_before: datetime | None
    start_token: str | None
    created_at: datetime
    scheduled_for: datetime | None

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def delivery(self) -> tuple[int, int]:
        return self.id, self.epoch


@dataclass(frozen=True)
class Move:
    """An event that tells of a change of status."""

    run_id: int
    old: RunStatus | None
    new: RunStatus
    reason: StopReason | None


@dataclass(frozen=True)
class Picture:
    """`items`: the run and the status of each item. `told`: how many events each run has, besides its moves."""

    runs: dict[int, RunSeen]
    moves: tuple[Move, ...]
    items: dict[int, tuple[int, ItemStatus]]
    told: Counter[tuple[int, str]]

    @property
    def active(self) -> RunSeen | None:
        return next((run for run in self.runs.values() if run.is_active), None)

    def since(self, before: "Picture") -> tuple[Move, ...]:
        """The moves made after `before`, none of which may have gone."""
        assert self.moves[: len(before.moves)] == before.moves
        return self.moves[len(before.moves) :]


def picture(site_id: int) -> Picture:
    of_site = select(Run.id).where(Run.site_id == site_id)
    columns = [getattr(Run, name) for name in RunSeen.__dataclass_fields__]
    with reading():
        runs = db.session.execute(select(*columns).where(Run.site_id == site_id)).all()
        events = db.session.execute(
            select(RunEvent.run_id, RunEvent.name, RunEvent.data)
            .where(RunEvent.run_id.in_(of_site))
            .order_by(RunEvent.id)
        ).all()
        items = db.session.execute(
            select(RunItem.id, RunItem.run_id, RunItem.status).where(RunItem.run_id.in_(of_site))
        ).all()
        db.session.rollback()
    return Picture(
        runs={run.id: RunSeen(*run) for run in runs},
        moves=tuple(_move(run_id, data) for run_id, name, data in events if name.startswith("run_")),
        items={item.id: (item.run_id, item.status) for item in items},
        told=Counter((run_id, name) for run_id, name, _ in events if not name.startswith("run_")),
    )


def _move(run_id: int, data: dict[str, Any]) -> Move:
    old, reason = data["from"], data["reason"]
    return Move(run_id, old and RunStatus(old), RunStatus(data["to"]), reason and StopReason(reason))


def check(now: Picture) -> None:
    """The rows agree with each other."""
    assert sum(run.is_active for run in now.runs.values()) <= 1, "two active runs of one site"
    for run in now.runs.values():
        assert (run.owner is not None) == (run.status is RunStatus.RUNNING), run
        _check_moves(run, [move for move in now.moves if move.run_id == run.id])
        settled = sum(status in SETTLED for run_id, status in now.items.values() if run_id == run.id)
        assert now.told[run.id, "item"] == settled, "an item was finished twice, or nothing tells of it"


def _check_moves(run: RunSeen, moves: list[Move]) -> None:
    """Each change of the status has its one event, is in the table, raises the epoch, and says why."""
    assert moves[0].old is None and moves[0].new is RunStatus.QUEUED, moves
    for earlier, later in pairwise(moves):
        assert later.old is earlier.new, moves
        assert later.new in MOVES[earlier.new], moves
    assert moves[-1].new is run.status, f"{run} after {moves}"
    assert run.epoch == len(moves) - 1, f"{run} after {moves}"
    assert moves[-1].reason is run.stop_reason, f"{run} after {moves}"
    for move in moves:
        assert move.reason is not None or (move.old, move.new) in NEEDS_NO_REASON, move


def check_change(before: Picture, now: Picture) -> None:
    """What is over stays as it is, and nothing counts backwards."""
    assert before.runs.keys() <= now.runs.keys()
    for id, run in before.runs.items():
        assert now.runs[id].epoch >= run.epoch and now.runs[id].hb >= run.hb
        assert run.is_active or now.runs[id] == run, f"{run} was over"
    for id, (run_id, status) in before.items.items():
        assert status not in SETTLED or now.items[id] == (run_id, status), "a finished item was touched again"


def at_rest(before: Picture, now: Picture, run_id: int) -> bool:
    """Whether nothing was begun, applied or told in the run."""
    return (
        before.runs[run_id] == now.runs[run_id]
        and _of_run(before.items.items(), run_id) == _of_run(now.items.items(), run_id)
        and all(now.told[key] == before.told[key] for key in now.told if key[0] == run_id)
    )


def _of_run(items: Iterable[tuple[int, tuple[int, ItemStatus]]], run_id: int) -> dict[int, ItemStatus]:
    return {id: status for id, (of, status) in items if of == run_id}


def check_books(site_id: int) -> None:
    """Each hold has its end, or a call that has none yet; each answer is charged once; the stages know the sums."""
    with reading():
        assert ledger.verify().ok
        entries = db.session.scalars(select(LedgerEntry).where(LedgerEntry.site_id == site_id)).all()
        calls = db.session.scalars(select(AiCall).where(AiCall.site_id == site_id)).all()
        stages = db.session.scalars(select(StageResult).join(Run).where(Run.site_id == site_id)).all()
        tasks = db.session.execute(
            select(Task.idea_id, func.count()).where(Task.site_id == site_id).group_by("idea_id")
        )
        assert all(count == 1 for _, count in tasks), "one idea has two tasks"
        db.session.rollback()
    ended = _purchases(entries, EntryKind.RELEASE)
    held = [purchase for purchase in _purchases(entries, EntryKind.HOLD) if purchase not in ended]
    without_answer = (CallStatus.SENT, CallStatus.UNKNOWN)
    assert sorted(held) == sorted(_named(call) for call in calls if call.status in without_answer)
    answered = sorted(_named(call) for call in calls if call.status is CallStatus.ANSWERED)
    assert sorted(_purchases(entries, EntryKind.CHARGE)) == answered
    for stage in stages:
        paid = [entry for entry in entries if entry.run_id == stage.run_id and entry.item.startswith(f"{stage.stage}:")]
        assert stage.committed == -sum(entry.amount for entry in paid)
        assert stage.credits == -sum(entry.amount for entry in paid if entry.kind is EntryKind.CHARGE)


def _purchases(entries: Iterable[LedgerEntry], kind: EntryKind) -> list[tuple[Any, ...]]:
    return [(entry.run_id, entry.item, entry.attempt) for entry in entries if entry.kind is kind]


def _named(call: AiCall) -> tuple[Any, ...]:
    return (call.run_id, call.item, call.attempt)
