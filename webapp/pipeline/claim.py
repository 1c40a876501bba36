"""Holding a run: the fence in its row, the heartbeat that keeps it, the Redis lock that names it."""

import contextlib
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TypeVar

import redis
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, Engine, select, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from webapp.core.db import change, db
from webapp.pipeline.models import MovedOn, Run
from webapp.pipeline.states import RunStatus

log = logging.getLogger(__name__)

T = TypeVar("T")
RETRIES = 60  # of a commit that the database could not take
RETRY_PAUSE = 0.5  # seconds
VALID_FOR = 2 / 3  # of the lease: so long a confirmed heartbeat is good enough for a paid call


class Fenced(Exception):
    """The run is no longer ours: somebody paused, cancelled or took it over. Nothing of this transaction is kept."""


def owner_name(worker: str) -> str:
    """host:pid:worker:uuid, once per claim."""
    return f"{socket.gethostname()}:{os.getpid()}:{worker}:{uuid.uuid4().hex[:8]}"[:200]


def claim(run_id: int, epoch: int, *, worker: str, lease: float, lock: redis.Redis) -> "Claim | None":
    """Takes a queued run of that epoch, or answers None: the delivery is stale. Commits."""
    run = db.session.get(Run, run_id, populate_existing=True)
    if run is None or run.status is not RunStatus.QUEUED or run.epoch != epoch:
        db.session.rollback()
        return None
    owner = owner_name(worker)
    try:
        run.move_to(RunStatus.RUNNING, by=owner, owner=owner)
    except MovedOn:
        db.session.rollback()
        return None
    site_id, held_epoch = run.site_id, run.epoch
    db.session.commit()
    return Claim(run_id, site_id, held_epoch, owner, lease=lease, engine=db.engine, lock=lock)


class Claim:
    """The right to work on a run, until the row says otherwise."""

    def __init__(
        self, run_id: int, site_id: int, epoch: int, owner: str, *, lease: float, engine: Engine, lock: redis.Redis
    ):
        self.run_id = run_id
        self.site_id = site_id
        self.epoch = epoch
        self.owner = owner
        self._lease = lease
        self._engine = engine
        self._lock = SiteLock(lock, site_id, f"{run_id}:{epoch}:{owner}", lease)
        self._fenced = threading.Event()
        self._ended = threading.Event()
        self._confirmed = time.monotonic()

    @property
    def is_fenced(self) -> bool:
        return self._fenced.is_set()

    @property
    def _ours(self) -> tuple[ColumnElement[bool], ...]:
        return (
            Run.id == self.run_id,
            Run.epoch == self.epoch,
            Run.owner == self.owner,
            Run.status == RunStatus.RUNNING,
        )

    def commit(self, work: Callable[[Run], T]) -> T:
        """Runs `work` in a transaction that holds the fence, and commits. Raises Fenced, and keeps nothing then.

        A database that is busy or away is asked again, so `work` reads its rows anew and may find its own earlier
        commit, whose acknowledgement was lost.
        """
        for attempt in range(RETRIES):
            try:
                self._confirm()
                result = work(db.session.get_one(Run, self.run_id))
                db.session.commit()
                db.session.expunge_all()
                self._confirmed = time.monotonic()
                return result
            except OperationalError as error:
                db.session.rollback()
                if self._fenced.is_set() or attempt == RETRIES - 1:
                    raise
                log.warning("run %s: the database could not commit (%s), trying again", self.run_id, error.orig)
                time.sleep(RETRY_PAUSE)
            except BaseException:
                db.session.rollback()
                db.session.expunge_all()
                raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _confirm(self) -> None:
        if change(update(Run).where(*self._ours).values(hb=Run.hb + 1, version=Run.version + 1)) != 1:
            self._fenced.set()
            raise Fenced()

    def check_before_paying(self) -> None:
        """Cheap and strict: the lock still names us and our last heartbeat is recent. Raises Fenced."""
        if self._fenced.is_set():
            raise Fenced()
        if time.monotonic() - self._confirmed > self._lease * VALID_FOR or not self._lock.names_us():
            self.beat()

    def beat(self) -> None:
        """Confirms the claim in the row, on a connection of its own, and renews the lock. Raises Fenced."""
        with self._engine.begin() as connection:
            beaten = connection.execute(update(Run).where(*self._ours).values(hb=Run.hb + 1)).rowcount
        if beaten != 1:
            self._fenced.set()
            raise Fenced()
        self._confirmed = time.monotonic()
        self._lock.take()

    @contextlib.contextmanager
    def beating(self, every: float) -> Iterator[None]:
        """Keeps the heartbeat going from a thread while the body works."""
        self._lock.take()
        thread = threading.Thread(target=self._beat_until_ended, args=(every,), name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            self._lock.release()

    def _beat_until_ended(self, every: float) -> None:
        pause = every
        while not self._ended.wait(pause):
            try:
                self.beat()
                pause = every
            except Fenced:
                return
            except SQLAlchemyError as error:
                log.warning("run %s: no heartbeat (%s), trying again", self.run_id, error)
                pause = min(every, RETRY_PAUSE)

    def still_ours(self) -> bool:
        """Looks, without changing anything."""
        found = db.session.scalar(select(Run.id).where(*self._ours)) is not None
        db.session.rollback()
        return found


class SiteLock:
    """`pressroom:lock:site:<id>` in Redis. It names who works; the row decides. Redis away or full is no error."""

    _RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

    def __init__(self, client: redis.Redis, site_id: int, value: str, ttl: float):
        self._client = client
        self._key = key_of(site_id)
        self._value = value
        self._ttl_ms = int(ttl * 1000)

    def take(self) -> None:
        """Names us. Called only right after the row has said that the run is ours, so whoever it named is stale."""
        with contextlib.suppress(RedisError):
            self._client.set(self._key, self._value, px=self._ttl_ms)

    def names_us(self) -> bool:
        try:
            return self._client.get(self._key) == self._value.encode()
        except RedisError:
            return False

    def release(self) -> None:
        with contextlib.suppress(RedisError):
            self._client.eval(self._RELEASE, 1, self._key, self._value)


def key_of(site_id: int) -> str:
    return f"pressroom:lock:site:{site_id}"
