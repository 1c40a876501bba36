"""Who holds which run, what the locks in Redis say to it, and which runs are being recovered. Only looks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from redis import Redis
from sqlalchemy import ColumnElement, Row, func, select

from webapp.core.clock import now
from webapp.core.db import db
from webapp.pipeline.claim import key_of
from webapp.pipeline.models import Run
from webapp.pipeline.states import ACTIVE, RunStatus, StopReason
from webapp.sites.models import Site

EVERY_LOCK = key_of(0).removesuffix("0") + "*"
LOCK = re.compile(rb"([0-9]{1,9}) ([0-9]{1,9}):([0-9]{1,18}):(.*)", re.DOTALL)  # site, run, epoch, owner
AT_MOST = 50  # lines of a list; of what is beyond it only the number is told
KEYS_AT_A_TIME = 5_000
LONGEST_SEARCH = 40  # times so many keys of Redis are gone through for locks
LOCKS_COMPARED = 500

Line = TypeVar("Line")


@dataclass(frozen=True)
class Listed(Generic[Line]):
    """The first lines of a list, and how many more there are."""

    lines: list[Line]
    more: int = 0

    @property
    def count(self) -> int:
        return len(self.lines) + self.more


@dataclass(frozen=True)
class Owner:
    """host:pid:worker:uuid, taken apart. `pid` is that of the process that does the job."""

    host: str
    pid: str
    worker: str
    claim: str


@dataclass(frozen=True)
class SiteLockSeen:
    """A site's lock in Redis, and whom it names. `renewed_ago`: seconds."""

    site_id: int
    run_id: int
    epoch: int
    owner: str
    renewed_ago: float


class LockState(StrEnum):
    """What the lock in Redis says to the row. The row decides; the lock only names."""

    NAMES_IT = "names_it"
    NAMES_ANOTHER = "names_another"
    NONE = "none"
    UNKNOWN = "unknown"  # Redis is away


@dataclass(frozen=True)
class HeldRun:
    """A run that is running. `held_for`: seconds since its claim; `lock_renewed_ago`: seconds, if the lock names it."""

    run_id: int
    account_id: int
    site_id: int
    site: str
    slug: str
    owner: Owner
    epoch: int
    claimed_at: datetime | None
    held_for: float
    lock: LockState
    lock_renewed_ago: float | None


class Recovery(StrEnum):
    """Why a run counts as being recovered."""

    QUEUED_AGAIN = "queued_again"  # its worker was lost; it waits for another
    NO_SIGN_OF_LIFE = "no_sign_of_life"  # it is running, but no lock in Redis names it


@dataclass(frozen=True)
class RecoveringRun:
    """`since`: when it was queued again or claimed. `without_progress`: recoveries since the last finished item."""

    run_id: int
    account_id: int
    site_id: int
    site: str
    slug: str
    why: Recovery
    since: datetime
    epoch: int
    takeovers: int
    without_progress: int


@dataclass(frozen=True)
class Holding:
    """The runs that are not at rest. `active`: how many are in each active status."""

    active: dict[str, int]
    held: Listed[HeldRun]
    recovering: Listed[RecoveringRun]
    stale_locks: Listed[SiteLockSeen]


def locks_in(client: Redis, lease: float) -> dict[int, SiteLockSeen]:
    """The locks of all sites, by the site's number. It goes through so many keys and no more."""
    keys: set[Any] = set()
    cursor = 0
    for _ in range(LONGEST_SEARCH):
        cursor, some = client.scan(cursor, match=EVERY_LOCK, count=KEYS_AT_A_TIME)
        keys.update(some)
        if cursor == 0:
            break
    return {lock.site_id: lock for lock in _read_locks(client, sorted(keys), lease)}


def lock_of(client: Redis, site_id: int, lease: float) -> SiteLockSeen | None:
    return next(iter(_read_locks(client, [key_of(site_id).encode()], lease)), None)


def _read_locks(client: Redis, keys: Sequence[bytes], lease: float) -> list[SiteLockSeen]:
    with client.pipeline(transaction=False) as pipeline:  # a full Redis takes no transaction, not even to read
        for key in keys:
            pipeline.get(key)
            pipeline.pttl(key)
        found = pipeline.execute(raise_on_error=False)
    seen = [
        _lock(key, value, lease - left / 1000)
        for key, value, left in zip(keys, found[::2], found[1::2], strict=True)
        if isinstance(value, bytes)
    ]
    return [lock for lock in seen if lock is not None]


def _lock(key: bytes, value: bytes, renewed_ago: float) -> SiteLockSeen | None:
    """None for what is no lock of ours, whatever it is called."""
    written = LOCK.fullmatch(key.rpartition(b":")[2] + b" " + value)
    if written is None:
        return None
    site_id, run_id, epoch, owner = written.groups()
    return SiteLockSeen(int(site_id), int(run_id), int(epoch), owner.decode(errors="replace"), max(0.0, renewed_ago))


def holding(locks: dict[int, SiteLockSeen] | None) -> Holding:
    """What the database says of the runs, beside locks that were read before; None: Redis is away."""
    active = _count_active()
    running = _some(Run.status == RunStatus.RUNNING)
    held = [_held(row, locks) for row in running]
    unheard = [row for row, line in zip(running, held, strict=True) if line.lock in NOT_HEARD_OF]
    lost = (Run.status == RunStatus.QUEUED, Run.stop_reason == StopReason.WORKER_LOST)
    queued_again = _some(*lost)
    recovering = [_recovering(row, Recovery.NO_SIGN_OF_LIFE) for row in unheard]
    recovering += [_recovering(row, Recovery.QUEUED_AGAIN) for row in queued_again]
    return Holding(
        active={status.value: count for status, count in active.items()},
        held=Listed(held, max(0, active[RunStatus.RUNNING] - len(held))),
        recovering=Listed(recovering, _count(*lost) - len(queued_again)),
        stale_locks=_first(_stale(locks or {})),
    )


NOT_HEARD_OF = (LockState.NONE, LockState.NAMES_ANOTHER)


def _some(*where: ColumnElement[bool]) -> Sequence[Row[Run, Site]]:
    """The first lines in the order of their numbers, or any if there are more: sorting them all would take long."""
    found = db.session.execute(select(Run, Site).join(Site).where(*where).limit(AT_MOST)).all()
    return sorted(found, key=lambda row: row[0].id)


def _count_active() -> dict[RunStatus, int]:
    rows = select(Run.status, func.count()).where(Run.status.in_(ACTIVE)).group_by(Run.status)
    return dict.fromkeys(ACTIVE, 0) | dict(db.session.execute(rows).all())


def _count(*where: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(Run).where(*where)) or 0


def _held(row: Row[Run, Site], locks: dict[int, SiteLockSeen] | None) -> HeldRun:
    run, site = row
    lock = (locks or {}).get(site.id)
    state = LockState.UNKNOWN if locks is None else _state(run, lock)
    return HeldRun(
        run_id=run.id,
        account_id=site.account_id,
        site_id=site.id,
        site=site.name,
        slug=site.slug,
        owner=owner_of(run),
        epoch=run.epoch,
        claimed_at=run.claimed_at,
        held_for=max(0.0, (now() - run.claimed_at).total_seconds()) if run.claimed_at else 0.0,
        lock=state,
        lock_renewed_ago=lock.renewed_ago if lock and state is LockState.NAMES_IT else None,
    )


def _state(run: Run, lock: SiteLockSeen | None) -> LockState:
    if lock is None:
        return LockState.NONE
    return LockState.NAMES_IT if names(lock, run) else LockState.NAMES_ANOTHER


def names(lock: SiteLockSeen, run: Run) -> bool:
    """Whether the lock names the present claim of the run."""
    return (lock.run_id, lock.epoch, lock.owner) == (run.id, run.epoch, run.owner)


def owner_of(run: Run) -> Owner:
    """Who holds a running run."""
    host, pid, worker, claim = (run.owner or ":::").rsplit(":", 3)
    return Owner(host, pid, worker, claim)


def _recovering(row: Row[Run, Site], why: Recovery) -> RecoveringRun:
    run, site = row
    return RecoveringRun(
        run_id=run.id,
        account_id=site.account_id,
        site_id=site.id,
        site=site.name,
        slug=site.slug,
        why=why,
        since=run.changed_at,
        epoch=run.epoch,
        takeovers=run.takeovers,
        without_progress=run.recoveries_without_progress,
    )


def _stale(locks: dict[int, SiteLockSeen]) -> list[SiteLockSeen]:
    """Those whose claim is over: they run out by themselves."""
    seen = list(locks.values())[:LOCKS_COMPARED]
    rows = select(Run.id, Run.epoch).where(Run.id.in_([lock.run_id for lock in seen]), Run.status == RunStatus.RUNNING)
    held = {tuple(row) for row in db.session.execute(rows)}
    return [lock for lock in seen if (lock.run_id, lock.epoch) not in held]


def _first(lines: list[Line]) -> Listed[Line]:
    return Listed(lines[:AT_MOST], max(0, len(lines) - AT_MOST))
