"""What rq-scheduler fires, as a list that heals itself. Every due time that matters is in our database."""

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Flask
from redis import Redis
from rq.job import Job
from rq_scheduler import Scheduler

from webapp.core.redis import AWAY, blocking_connection
from webapp.core.settings import settings
from webapp.jobs.queue import UPKEEP
from webapp.jobs.sweep import sweep_until

log = logging.getLogger(__name__)

LOOKS_EVERY = 1  # seconds

TIMETABLE: dict[str, int] = {  # what, every how many seconds
    "webapp.jobs.tasks.tick": 10,
    "webapp.jobs.tasks.sweep": 10,
    "webapp.jobs.tasks.schedule_publications": 30,
    "webapp.jobs.tasks.publish_due": 10,
}


def reconcile(client: Redis) -> None:
    """Makes the schedule in Redis be the list above: adds what was lost, drops what is too much."""
    scheduler = _scheduler(client)
    found: dict[str, list[Job]] = {}
    for job in scheduler.get_jobs():
        found.setdefault(job.func_name, []).append(job)
    for job in _too_many(found):
        scheduler.cancel(job)
    for function, seconds in TIMETABLE.items():
        if function not in found:
            _schedule(scheduler, function, seconds)


def _scheduler(client: Redis) -> Scheduler:
    return Scheduler(queue_name=UPKEEP, interval=LOOKS_EVERY, connection=client)


def _too_many(found: dict[str, list[Job]]) -> Iterable[Job]:
    for function, jobs in found.items():
        wanted = TIMETABLE.get(function)
        current = sorted((job for job in jobs if job.meta.get("interval") == wanted), key=lambda job: job.id)
        keep = current[:1]
        yield from (job for job in jobs if job not in keep)
        if wanted is not None and not keep:
            found[function] = []


def _schedule(scheduler: Scheduler, function: str, seconds: int) -> None:
    name = function.rpartition(".")[2]
    scheduler.schedule(
        scheduled_time=datetime.now(UTC).replace(tzinfo=None),
        func=function,
        interval=seconds,
        id=f"timetable-{name}-{uuid.uuid4().hex[:12]}",
        description=name.replace("_", " "),
        result_ttl=seconds * 10,
        timeout=600,
    )


def keep_time(app: Flask) -> None:
    """Fires the timetable and sweeps, until asked to stop. Any number of these may run."""
    with app.app_context():
        url = settings().redis_url
    ended = threading.Event()
    sweep = threading.Thread(target=sweep_until, args=(app, ended), name="sweep", daemon=True)
    sweep.start()
    try:
        while True:
            _fire_while_redis_is_there(url)
            time.sleep(LOOKS_EVERY)
    finally:
        ended.set()
        sweep.join()


def _fire_while_redis_is_there(url: str) -> None:
    client = blocking_connection(url)
    try:
        reconcile(client)
        healing = threading.Event()
        thread = threading.Thread(target=_reconcile_until, args=(client, healing), name="reconcile", daemon=True)
        thread.start()
        try:
            _scheduler(client).run()
        finally:
            healing.set()
    except AWAY as error:
        log.warning("the timetable waits for Redis: %s", error)


def _reconcile_until(client: Redis, ended: threading.Event) -> None:
    while not ended.wait(10):
        with contextlib.suppress(*AWAY):
            reconcile(client)


def living_schedulers(client: Redis) -> int:
    """How many schedulers have given a sign of life lately."""
    keys = client.scan_iter(match=Scheduler.redis_scheduler_namespace_prefix + "*", count=1000)
    return sum(not client.hexists(key, "death") for key in keys)
