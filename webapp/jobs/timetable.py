"""What rq-scheduler fires, as a list that heals itself. Every due time that matters is in our database."""

import contextlib
import logging
import math
import os
import signal
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.utils import as_text
from rq_scheduler import Scheduler

from webapp.core.redis import AWAY, blocking_connection
from webapp.core.settings import settings
from webapp.jobs.queue import LONGEST_UPKEEP, UPKEEP
from webapp.jobs.sweep import sweep_until

log = logging.getLogger(__name__)

LOOKS_EVERY = 1  # seconds
FORGOTTEN_AFTER = LOOKS_EVERY + 10  # seconds without a sign of life, by rq-scheduler
RECONCILES_EVERY = 5  # seconds
WAITS_FOR_REDIS = 3  # seconds
SWEEP_ENDS_WITHIN = 5  # seconds, unless the database keeps it waiting
CLOCKS_DIFFER_BY = 5  # seconds, at most, between machines whose clocks are right
OURS = "timetable-"  # how the numbers of our entries begin; the rest of the schedule is another application's
SEEN = "pressroom:timekeepers"  # their names, by when they gave their last sign of life
REMEMBERED = 20  # of them

TIMETABLE: dict[str, int] = {  # what, every how many seconds
    "webapp.jobs.tasks.tick": 10,
    "webapp.jobs.tasks.sweep": 10,
    "webapp.jobs.tasks.schedule_publications": 30,
    "webapp.jobs.tasks.publish_due": 10,
    "webapp.jobs.tasks.heal_sites": 3600,
}


@dataclass(frozen=True)
class Scheduled:
    """An entry of ours in Redis. `due`: seconds since the epoch; `job` is None where it cannot be read."""

    key: bytes
    due: float
    job: Job | None

    @property
    def function(self) -> str | None:
        """What it calls, if that can be read, and it is put as the list above would put it."""
        if self.job is None or self.job.origin != UPKEEP:
            return None
        try:
            name = str(self.job.func_name)
        except DeserializationError:
            return None
        return name if name in TIMETABLE and self.job.meta == {"interval": TIMETABLE[name]} else None


def reconcile(client: Redis) -> None:
    """Makes the schedule in Redis be the list above: adds what was lost, drops what is too much.

    What is due later than its interval allows was put there by a clock that has been set back since: it is due now.
    Two that do it at once may both add the same entry; both would then keep the same one of the two.
    """
    scheduler = Timekeeper(client)
    missing = dict(TIMETABLE)
    for entry in sorted(scheduler.entries(), key=lambda entry: entry.key):
        function = entry.function
        if function is None or function not in missing:
            scheduler.cancel(entry.key)
            continue
        seconds = missing.pop(function)
        if entry.due > time.time() + seconds + CLOCKS_DIFFER_BY:
            client.zadd(scheduler.scheduled_jobs_key, {entry.key: time.time()}, xx=True)
    for function, seconds in missing.items():
        _schedule(scheduler, function, seconds)


def _schedule(scheduler: Scheduler, function: str, seconds: int) -> None:
    name = function.rpartition(".")[2]
    scheduler.schedule(
        scheduled_time=datetime.now(UTC).replace(tzinfo=None),
        func=function,
        interval=seconds,
        id=f"{OURS}{name}-{uuid.uuid4().hex[:12]}",
        description=name.replace("_", " "),
        result_ttl=seconds * 10,
        timeout=LONGEST_UPKEEP,
    )


class Timekeeper(Scheduler):
    """rq-scheduler, in a loop that heals the timetable, survives a flush of Redis and ends when asked."""

    def __init__(self, client: Redis):
        super().__init__(queue_name=UPKEEP, interval=LOOKS_EVERY, connection=client)
        self._reconciles_at = time.monotonic()
        self._born = time.time()

    def keep_time_until(self, ended: threading.Event) -> None:
        """Fires what is due, again and again. Raises RedisError when Redis goes away."""
        self.register_birth()
        try:
            while not ended.is_set():
                self.heartbeat()
                self._reconcile_now_and_then()
                self._fire()
                ended.wait(LOOKS_EVERY)
        finally:
            with contextlib.suppress(RedisError):
                self.register_death()

    def register_birth(self) -> None:
        super().register_birth()
        self.heartbeat()

    def heartbeat(self) -> None:
        """Says that it lives, also to a Redis that has lost its data meanwhile."""
        with self.connection.pipeline() as pipeline:
            about = {"birth": self._born, "host": socket.gethostname(), "pid": os.getpid()}
            pipeline.hset(self.key, mapping=about)
            pipeline.zadd(SEEN, {self.name: time.time()})
            pipeline.zremrangebyrank(SEEN, 0, -REMEMBERED - 1)
            pipeline.execute()
        super().heartbeat()

    def _reconcile_now_and_then(self) -> None:
        if time.monotonic() >= self._reconciles_at:
            reconcile(self.connection)
            self._reconciles_at = time.monotonic() + RECONCILES_EVERY

    def _fire(self) -> None:
        if self.acquire_lock():
            try:
                self.enqueue_jobs()
            finally:
                self.remove_lock()

    def entries(self, until: float = math.inf) -> list[Scheduled]:
        """Ours that are due `until` then, seconds since the epoch. What others schedule is not even read."""
        found: Any = self.connection.zrangebyscore(self.scheduled_jobs_key, "-inf", until, withscores=True)
        return [Scheduled(key, due, self._read(key)) for key, due in found if key.startswith(OURS.encode())]

    def _read(self, key: bytes) -> Job | None:
        try:
            return Job.fetch(key.decode(), connection=self.connection)
        except AWAY:
            raise
        except Exception as error:  # whatever there can be wrong with one
            log.warning("entry %s of the timetable cannot be read: %r", key, error)
            return None

    def get_jobs_to_queue(self, with_times: bool = False) -> list[Job]:
        return [entry.job for entry in self.entries(until=time.time()) if entry.job and entry.function]

    def enqueue_job(self, job: Job) -> None:
        """Not while it still waits in its queue: after an outage a worker must not find it there by the hundred."""
        if self.get_queue_for_job(job).get_job_position(job.id) is not None:
            self.connection.zadd(self.scheduled_jobs_key, {job.id: time.time() + job.meta["interval"]})
        else:
            super().enqueue_job(job)


def keep_time(app: Flask) -> None:
    """Fires the timetable and sweeps, until asked to stop. Any number of these may run."""
    ended = threading.Event()
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, lambda *_: ended.set())
    sweep = threading.Thread(target=sweep_until, args=(app, ended), name="sweep", daemon=True)
    sweep.start()
    with app.app_context():
        url = settings().redis_url
    while not ended.is_set():
        try:
            Timekeeper(blocking_connection(url)).keep_time_until(ended)
        except RedisError as error:
            log.warning("the timetable waits for Redis: %s", error)
            ended.wait(WAITS_FOR_REDIS)
        except Exception:
            log.exception("the timetable broke over something and begins anew")
            ended.wait(WAITS_FOR_REDIS)
    sweep.join(SWEEP_ENDS_WITHIN)


@dataclass(frozen=True)
class SchedulerSign:
    """A scheduler that lives. `heard_ago`: seconds since its last sign of life."""

    name: str
    host: str
    pid: int
    since: datetime
    heard_ago: float


def living_schedulers(client: Redis) -> int:
    """How many schedulers have given a sign of life lately."""
    return len(schedulers(client))


def schedulers(client: Redis) -> list[SchedulerSign]:
    """Those that have given a sign of life lately, the longest at work first."""
    known_names: Any = client.zrange(SEEN, 0, -1)
    names = [as_text(name) for name in known_names]
    with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hgetall(_key_of(name))
            pipeline.pttl(_key_of(name))
        found = pipeline.execute()
    signs = [
        SchedulerSign(
            name=name,
            host=known.get(b"host", b"").decode(),
            pid=int(known.get(b"pid", 0)),
            since=datetime.fromtimestamp(float(known[b"birth"]), UTC),
            heard_ago=max(0.0, FORGOTTEN_AFTER - left / 1000),
        )
        for name, known, left in zip(names, found[::2], found[1::2], strict=True)
        if b"birth" in known and b"death" not in known
    ]
    return sorted(signs, key=lambda sign: sign.since)


def _key_of(name: str) -> str:
    return Scheduler.redis_scheduler_namespace_prefix + name


def last_sign_of_a_scheduler(client: Redis) -> datetime | None:
    """When any scheduler was last heard of, as far as Redis remembers."""
    latest: Any = client.zrange(SEEN, -1, -1, withscores=True)
    return datetime.fromtimestamp(latest[0][1], UTC) if latest else None


def next_firings(client: Redis) -> dict[str, datetime]:
    """When each entry of the timetable that Redis has is due next."""
    due = {entry.function: datetime.fromtimestamp(entry.due, UTC) for entry in Timekeeper(client).entries()}
    return {function: due[function] for function in TIMETABLE if function in due}
