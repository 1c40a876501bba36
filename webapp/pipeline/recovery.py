"""Taking runs over from workers that are lost. Any number may watch; every takeover is a compare-and-set."""

import logging
import time
from collections.abc import Callable

from sqlalchemy import delete, false, insert, select, update
from sqlalchemy.exc import OperationalError

from webapp.accounts.models import OperatorEvent
from webapp.core.db import change, db, reading
from webapp.core.settings import settings
from webapp.pipeline import calls, run_log
from webapp.pipeline.models import ItemStatus, MovedOn, Run, RunItem
from webapp.pipeline.states import RunStatus, StopReason

log = logging.getLogger(__name__)

BY = "sweep"
PROMPT = 0.5  # seconds: who waits longer than that to write is kept from it


class RunWatch:
    """Sees which running runs stand still: the same epoch and heartbeat for the whole lease, on its own clock.

    It compares no wall clocks, so a clock that jumps takes nothing from anybody.
    """

    def __init__(self, lease: float, monotonic: Callable[[], float] = time.monotonic):
        self._lease = lease
        self._monotonic = monotonic
        self._seen: dict[tuple[int, int, int], float] = {}

    def observe(self) -> list[int]:
        """Looks once, and takes over what stands still. Answers the numbers of the runs taken over."""
        asked = self._monotonic()
        with reading():
            rows = db.session.execute(select(Run.id, Run.epoch, Run.hb).where(Run.status == RunStatus.RUNNING)).all()
            db.session.rollback()
        answered = self._monotonic()  # later, if the database let us wait: that time is not the workers' fault
        self._seen = {state: self._seen.get(state, answered) for state in rows}
        try:
            if self._quiet_for(self._lease / 2, asked):
                self._forgive(self._wait_to_write())
            still = self._quiet_for(self._lease, asked)
            return [run_id for run_id, epoch, hb in still if take_over(run_id, epoch, hb)]
        except OperationalError:
            self._seen.clear()  # where we cannot write, nobody could beat either: each gets its whole lease again
            raise

    def _quiet_for(self, seconds: float, moment: float) -> list[tuple[int, int, int]]:
        return [state for state, since in self._seen.items() if moment - since >= seconds]

    def _wait_to_write(self) -> float:
        """The seconds that a write had to wait: it takes the lock that a heartbeat needs, and room on the disk."""
        began = self._monotonic()
        change(update(Run).where(false()).values(hb=Run.hb))
        trial = db.session.scalar(insert(OperatorEvent).values(by=BY, text="").returning(OperatorEvent.id))
        db.session.execute(delete(OperatorEvent).where(OperatorEvent.id == trial))
        db.session.commit()
        return self._monotonic() - began

    def _forgive(self, seconds: float) -> None:
        """While nobody could write no worker could beat: that time is taken off every lease."""
        if seconds > PROMPT:
            self._seen = {state: since + seconds for state, since in self._seen.items()}


def take_over(run_id: int, epoch: int, hb: int, by: str = BY) -> bool:
    """Queues a run again whose worker is lost, unless it has moved since. One transaction."""
    if not _from_its_worker(run_id, epoch, lambda run: _lose_worker(run, hb, by)):
        return False
    log.warning("run %s was taken over from a lost worker (epoch %s)", run_id, epoch)
    return True


def take_from_living(run_id: int, epoch: int, by: str) -> bool:
    """Queues a run again whose worker lives, or may live, unless it has moved since. One transaction.

    The worker is fenced. What it has asked comes back and is kept, so that nobody asks again before its time is over.
    """
    if not _from_its_worker(run_id, epoch, lambda run: _fence_worker(run, by)):
        return False
    log.warning("run %s was taken from its worker by %s (epoch %s)", run_id, by, epoch)
    return True


def _from_its_worker(run_id: int, epoch: int, take: Callable[[Run], None]) -> bool:
    run = db.session.get(Run, run_id, populate_existing=True)
    if run is None or run.epoch != epoch or run.status is not RunStatus.RUNNING:
        db.session.rollback()
        return False
    try:
        take(run)
    except MovedOn:
        db.session.rollback()
        return False
    db.session.commit()
    run_log.complete(run_id)
    return True


def _fence_worker(run: Run, by: str) -> None:
    run.move_to(RunStatus.QUEUED, by=by, reason=StopReason.WORKER_STOPPING, detail={"owner": run.owner, "by": by})
    run.takeovers += 1


def _lose_worker(run: Run, hb: int, by: str) -> None:
    detail = {"owner": run.owner, "unanswered_calls": calls.lose_calls_of(run)}
    if by != BY:
        detail["by"] = by
    change(
        update(RunItem)
        .where(RunItem.run_id == run.id, RunItem.status == ItemStatus.IN_HAND)
        .values(losses=RunItem.losses + 1)
    )
    run.move_to(RunStatus.QUEUED, by=by, reason=StopReason.WORKER_LOST, detail=detail, seen_heartbeat=hb)
    run.takeovers += 1
    run.recoveries_without_progress += 1
    if run.recoveries_without_progress > patience():
        run.move_to(RunStatus.FAILED, by=by, reason=StopReason.WORKER_LOST_REPEATEDLY)


def patience() -> int:
    """How many recoveries without a finished item a run gets: enough to find and set aside the item to blame."""
    return 2 * settings().max_recoveries
