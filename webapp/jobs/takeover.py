"""Taking a run over because a person says so, before or instead of the sweep."""

import time
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy import select

from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.core.errors import Conflict, NotFound
from webapp.core.redis import impatient_connection
from webapp.core.settings import settings
from webapp.jobs import crew, queue
from webapp.jobs.crew import WorkerSeen
from webapp.pipeline import holding, recovery
from webapp.pipeline.models import MovedOn, Run
from webapp.pipeline.states import RunStatus

TRIES = 5  # with a worker that moves between our look and our move
BEATS_MISSED = 1.5  # times the heartbeat: for so long a row must stand still before its worker can count as gone
LOOKS_EVERY = 0.1  # seconds


@dataclass(frozen=True)
class Sighting:
    """A running run as a person saw it. `at`: seconds since the epoch, when that was."""

    epoch: int
    heartbeat: int
    at: float


@dataclass(frozen=True)
class TakenOver:
    """`was_gone`: its worker counts as lost, and what it had asked as unanswered. `delivered`: the queue knows."""

    run: Run
    was_gone: bool
    delivered: bool


def sight(run: Run) -> Sighting:
    return Sighting(run.epoch, run.hb, now().timestamp())


def running(run_id: int) -> Run:
    """The run, if it is running now. Raises NotFound and Conflict."""
    with reading():
        run = db.session.get(Run, run_id, populate_existing=True)
        db.session.commit()
    if run is None:
        raise NotFound(f"There is no run {run_id} any more.", "It was deleted with its site.")
    if run.status is not RunStatus.RUNNING:
        raise Conflict(
            f"Run {run_id} is {run.status.value} by now, so nobody holds it.",
            "Nothing was changed. The System page has what is now.",
        )
    return run


def take_over(run_id: int, seen: Sighting, by: str) -> TakenOver:
    """Fences the worker that was seen, queues the run again and delivers it.

    A worker that may still live has questions out, whose answers are paid for and come back: they are waited for. Only
    those of a worker that is surely gone count as unanswered. Raises NotFound, and Conflict if the run has moved.
    """
    for _ in range(TRIES):
        run = running(run_id)
        if run.epoch != seen.epoch:
            raise Conflict(
                f"Run {run_id} has another worker by now.", "Nothing was changed. The System page has what is now."
            )
        gone = worker_is_gone(run, seen)
        if gone and recovery.take_over(run.id, run.epoch, seen.heartbeat, by):
            return _deliver(run_id, was_gone=True)
        if not gone and recovery.take_from_living(run.id, run.epoch, by):
            return _deliver(run_id, was_gone=False)
    raise MovedOn(run_id)


def _deliver(run_id: int, *, was_gone: bool) -> TakenOver:
    run = db.session.get_one(Run, run_id, populate_existing=True)
    db.session.commit()
    return TakenOver(run, was_gone, delivered=run.status is RunStatus.QUEUED and queue.deliver(run))


def worker_is_gone(run: Run, seen: Sighting) -> bool:
    """Neither Redis nor the row has a sign of life. What cannot be known counts as one: nothing may be paid twice."""
    try:
        is_heard = _is_heard(run)
    except RedisError:
        return False
    return not is_heard and _stands_still(run, seen)


def _is_heard(run: Run) -> bool:
    """Whether the lock names the claim, or RQ knows its worker to be at it. Both are forgotten when not renewed."""
    client = impatient_connection()
    lock = holding.lock_of(client, run.site_id, settings().lease_ttl)
    if lock is not None and holding.names(lock, run):
        return True
    return any(_is_at(run, worker) for worker in crew.workers(client))


def _is_at(run: Run, worker: WorkerSeen) -> bool:
    if not worker.busy or not worker.name.startswith(holding.owner_of(run).worker):
        return False
    return not worker.job or (worker.run_id, worker.epoch) == (run.id, run.epoch - 1)  # claiming raised the epoch


def longest_wait() -> float:
    """Seconds that it may take to be sure of a worker's silence."""
    return settings().heartbeat * BEATS_MISSED


def _stands_still(run: Run, seen: Sighting) -> bool:
    """Redis may have lost its data, or its worker the way to Redis: who lives beats in the row all the same."""
    waits = longest_wait()
    until = time.monotonic() + waits - min(waits, max(0.0, now().timestamp() - seen.at))
    while (current := _heartbeat(run)) == seen.heartbeat and time.monotonic() < until:
        time.sleep(LOOKS_EVERY)
    return current == seen.heartbeat


def _heartbeat(run: Run) -> int | None:
    """The run's heartbeat, as long as it is the same claim."""
    with reading():
        found = db.session.scalar(select(Run.hb).where(Run.id == run.id, Run.epoch == run.epoch))
        db.session.commit()
    return found
