"""The installation as its live page shows it: the look at the system, in words that change only when something does."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import url_for
from flask_security import current_user

from webapp.core.clock import now
from webapp.jobs import doctor, system
from webapp.jobs.crew import QueueSeen, WorkerSeen
from webapp.jobs.doctor import Check
from webapp.jobs.facts import DatabaseFacts, Disk, Migrations, RedisFacts
from webapp.jobs.system import Entry
from webapp.jobs.timetable import SchedulerSign
from webapp.pipeline.holding import HeldRun, Listed, LockState, RecoveringRun, Recovery, SiteLockSeen

AT_MOST = 50  # lines of a table
JUST_NOW = 15  # seconds; while all is well every sign of life is younger, and the page need not change for it
OVERDUE_AFTER = timedelta(seconds=30)
STEPS = ((86_400, "d"), (3600, "h"), (60, "min"), (15, "s"))
UNITS = ("B", "kB", "MB", "GB", "TB")
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

LOCKS = {
    LockState.NAMES_IT: "names it",
    LockState.NAMES_ANOTHER: "names an older claim",
    LockState.NONE: "has run out",
    LockState.UNKNOWN: "not known while Redis is away",
}
RECOVERIES = {
    Recovery.QUEUED_AGAIN: "Its worker was lost. It waits for another.",
    Recovery.NO_SIGN_OF_LIFE: "Its worker gives no sign of life.",
}

Line = dict[str, Any]
Part = TypeVar("Part")
Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Table:
    """Lines to show, and how many more there are."""

    lines: list[Line]
    more: int


@dataclass(frozen=True)
class SystemPage:
    """What templates/system/_live.html takes. A part that is not known is None."""

    checks: list[Check]
    active: dict[str, int] | None
    held: Table | None
    recovering: Table | None
    stale_locks: Table | None
    workers: Table | None
    queues: list[Line] | None
    schedulers: list[Line] | None
    last_heard: datetime | None
    timetable: list[Line] | None
    database: str | None
    migrations: str | None
    redis: str | None
    disk: str | None

    @property
    def failing(self) -> int:
        return sum(not check.ok for check in self.checks)

    @property
    def version(self) -> str:
        """Changes with what the page shows to this person, and with nothing else."""
        shown = json.dumps([asdict(self), current_user.id], default=str)
        return hashlib.sha256(shown.encode()).hexdigest()[:20]


def system_page() -> SystemPage:
    """Looks at everything, for the operator who asks."""
    found = system.look()
    runs, scheduling = found.runs, found.scheduling
    names = {line.run_id: line for line in runs.held.lines} if runs else {}
    return SystemPage(
        checks=sorted(doctor.examine(found), key=lambda check: check.ok),
        active=_if_known(runs, lambda runs: runs.active),
        held=_if_known(runs, lambda runs: _table(runs.held, _held)),
        recovering=_if_known(runs, lambda runs: _table(runs.recovering, _recovering)),
        stale_locks=_if_known(runs, lambda runs: _table(runs.stale_locks, _stale)),
        workers=_if_known(found.workers, lambda workers: _table(_first(workers), lambda one: _worker(one, names))),
        queues=_if_known(found.queues, lambda queues: [_queue(queue) for queue in queues]),
        schedulers=_if_known(scheduling, lambda known: [_scheduler(one) for one in known.schedulers]),
        last_heard=_if_known(scheduling, lambda known: known.last_heard),
        timetable=_if_known(scheduling, lambda known: [_entry(entry) for entry in known.entries]),
        database=_if_known(found.database, _database),
        migrations=_if_known(found.migrations, _migrations),
        redis=_if_known(found.redis, _redis),
        disk=_if_known(found.disk, _disk),
    )


def _if_known(part: Part | None, show: Callable[[Part], Shown]) -> Shown | None:
    return None if part is None else show(part)


def _table(listed: Listed[Part], line: Callable[[Part], Line]) -> Table:
    return Table([line(one) for one in listed.lines], listed.more)


def _first(lines: list[Part]) -> Listed[Part]:
    return Listed(lines[:AT_MOST], max(0, len(lines) - AT_MOST))


def _held(run: HeldRun) -> Line:
    lock = LOCKS[run.lock]
    return _run(run) | {
        "host": run.owner.host,
        "pid": run.owner.pid,
        "worker": run.owner.worker,
        "claim": run.owner.claim,
        "epoch": run.epoch,
        "held": lasting(run.held_for),
        "lock": lock if run.lock_renewed_ago is None else f"{lock}, renewed {ago(run.lock_renewed_ago)}",
        "is_heard": run.lock in (LockState.NAMES_IT, LockState.UNKNOWN),
        "take_over": url_for("system.confirm_take_over", run_id=run.run_id),
    }


def _recovering(run: RecoveringRun) -> Line:
    is_running = run.why is Recovery.NO_SIGN_OF_LIFE
    return _run(run) | {
        "why": RECOVERIES[run.why],
        "since": run.since,
        "takeovers": run.takeovers,
        "without_progress": run.without_progress,
        "take_over": url_for("system.confirm_take_over", run_id=run.run_id) if is_running else None,
    }


def _run(run: HeldRun | RecoveringRun) -> Line:
    """The run's page is for members of its account only."""
    is_member = any(member.account_id == run.account_id for member in current_user.memberships)
    return {
        "id": run.run_id,
        "site": run.site,
        "url": url_for("runs.show", slug=run.slug, run_id=run.run_id) if is_member else None,
        "cancel": url_for("system.confirm_cancel", run_id=run.run_id),
    }


def _stale(lock: SiteLockSeen) -> Line:
    return {
        "site_id": lock.site_id,
        "run_id": lock.run_id,
        "epoch": lock.epoch,
        "owner": lock.owner,
        "renewed": ago(lock.renewed_ago),
    }


def _worker(worker: WorkerSeen, names: dict[int, HeldRun]) -> Line:
    return {
        "name": worker.name[:12],  # so much of it is in the owner of a run
        "host": worker.host,
        "pid": worker.pid,
        "queue": worker.queue,
        "since": worker.since,
        "doing": _doing(worker, names),
        "is_busy": worker.busy,
        "heard": ago(worker.heard_ago),
    }


def _doing(worker: WorkerSeen, names: dict[int, HeldRun]) -> str:
    if not worker.busy:
        return "idle"
    if worker.run_id is None:
        return worker.doing or "a job that Redis has forgotten"
    held = names.get(worker.run_id)
    return f"run {worker.run_id} of {held.site}" if held else f"run {worker.run_id}"


def _queue(queue: QueueSeen) -> Line:
    return asdict(queue) | {"oldest_for": _if_known(queue.oldest_for, lasting)}


def _scheduler(scheduler: SchedulerSign) -> Line:
    return {
        "host": scheduler.host,
        "pid": scheduler.pid,
        "since": scheduler.since,
        "heard": ago(scheduler.heard_ago),
    }


def _entry(entry: Entry) -> Line:
    late = entry.due is not None and now() - entry.due > OVERDUE_AFTER
    return {
        "task": entry.task.replace("_", " "),
        "every": entry.every,
        "is_there": entry.due is not None,
        "overdue_since": entry.due if late else None,
    }


def _database(found: DatabaseFacts) -> str:
    return f"{ENGINES.get(found.engine, found.engine)} {found.version}, {size(found.size)}"


def _migrations(found: Migrations) -> str:
    return f"at {found.current}" if found.is_newest else f"at {found.current}, the code at {found.newest}"


def _redis(found: RedisFacts) -> str:
    limit = f" of {size(found.limit)}" if found.limit else ""
    return f"{found.version}, {size(found.used)}{limit} in use, up for {lasting(found.up_for)}"


def _disk(found: Disk) -> str:
    return f"{size(found.free)} free of {size(found.total)}"


def ago(seconds: float) -> str:
    return "just now" if seconds < JUST_NOW else f"{lasting(seconds)} ago"


def lasting(seconds: float) -> str:
    """Seconds as one number that a person takes in: 15 s, 3 min, 2 h, 5 d."""
    for length, unit in STEPS:
        if seconds >= length:
            return f"{int(seconds // length) * (15 if unit == 's' else 1)} {unit}"
    return "less than 15 s"


def size(count: float) -> str:
    """Bytes, as in 12 MB or 1.2 GB."""
    power = 0
    while count >= 1000 and power < len(UNITS) - 1:
        count /= 1000
        power += 1
    return f"{count:.1f} {UNITS[power]}" if count < 10 and power > 2 else f"{count:.0f} {UNITS[power]}"
