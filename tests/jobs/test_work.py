"""The worker: known as long as it lives, gone when asked, at work again when Redis is back."""

import logging
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from flask import Flask
from redis import Redis
from rq import Queue, worker_registration

from tests.pipeline.engine import fresh, site_with_keywords, start
from tests.processes import Crew, MortalRedis, crew, eventually, lives, mortal_redis
from webapp.core.redis import connection
from webapp.jobs import queue
from webapp.jobs import worker as worker_module
from webapp.jobs.timetable import TIMETABLE, Timekeeper, next_firings
from webapp.jobs.worker import GONE_AFTER, PressroomWorker, without_trace_of_absence
from webapp.pipeline.states import RunStatus

Change = Callable[[MortalRedis], None]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the database is not what it is about


@pytest.fixture
def worker(app: Flask) -> PressroomWorker:
    born = PressroomWorker(app, queue.RUNS)
    born.register_birth()
    return born


@pytest.fixture
def at_work(environ: dict[str, str]) -> Iterator[Crew]:
    with crew(environ) as started:
        yield started


@pytest.fixture
def mortal() -> Iterator[MortalRedis]:
    with mortal_redis() as started:
        yield started


def listening_at(address: str, name: str = queue.RUNS) -> int:
    client = Redis.from_url(address)
    return sum(client.exists(key) for key in worker_registration.get_keys(Queue(name, connection=client)))


@on_sqlite
def test_redis_forgets_who_gives_no_sign_of_life(worker: PressroomWorker) -> None:
    worker.heartbeat()
    assert 0 < connection().ttl(worker.key) <= GONE_AFTER

    with connection().pipeline() as as_a_job_begins:
        worker.heartbeat(1000, as_a_job_begins)
        as_a_job_begins.execute()
    assert 0 < connection().ttl(worker.key) <= GONE_AFTER


@on_sqlite
def test_a_flush_makes_nobody_unknown(worker: PressroomWorker) -> None:
    connection().flushall()
    assert queue.listening(queue.RUNS) == 0

    worker.heartbeat()

    assert queue.listening(queue.RUNS) == 1


@on_sqlite
def test_a_worker_with_a_long_job_is_known_again_too_and_mends_the_timetable(worker: PressroomWorker) -> None:
    job = worker.queues[0].enqueue("webapp.jobs.tasks.advance", args=(1, 1))
    execution = worker.prepare_execution(job)
    connection().flushall()

    worker.maintain_heartbeats(job, execution)

    assert queue.listening(queue.RUNS) == 1
    assert sorted(entry.func_name for entry in Timekeeper(connection()).get_jobs()) == sorted(TIMETABLE)


@on_sqlite
def test_an_idle_worker_ends_when_asked(app: Flask, at_work: Crew) -> None:
    worker = at_work.start(queue.UPKEEP)
    eventually(lambda: queue.listening(queue.UPKEEP) == 1)

    worker.send(signal.SIGTERM)

    assert worker.wait() == 0
    assert queue.listening(queue.UPKEEP) == 0


@on_sqlite
def test_a_job_dies_with_its_killed_worker(app: Flask, at_work: Crew) -> None:
    worker = at_work.start(queue.RUNS, EMBEDDED_DELAY="30")
    run = start(site_with_keywords(3))
    queue.deliver(run)
    eventually(lambda: fresh(run).status is RunStatus.RUNNING)
    (job,) = worker.children

    worker.kill()

    eventually(lambda: not lives(job))


def fill(mortal: MortalRedis) -> None:
    Redis.from_url(mortal.address).config_set("maxmemory", 1)


def empty(mortal: MortalRedis) -> None:
    Redis.from_url(mortal.address).config_set("maxmemory", 0)


@on_sqlite
@pytest.mark.parametrize(
    ("take_away", "give_back"), [(MortalRedis.kill, MortalRedis.start), (fill, empty)], ids=["killed", "full"]
)
def test_who_lost_redis_works_again_when_it_is_back(
    environ: dict[str, str], mortal: MortalRedis, take_away: Change, give_back: Change
) -> None:
    with crew(environ | {"REDIS_URL": mortal.address}) as at_work:
        worker, keeper = at_work.start(queue.UPKEEP), at_work.start("timetable")
        eventually(lambda: listening_at(mortal.address, queue.UPKEEP) == 1)

        take_away(mortal)
        eventually(lambda: "Redis" in worker.said and "Redis" in keeper.said)
        give_back(mortal)

        client = Redis.from_url(mortal.address)
        upkeep = Queue(queue.UPKEEP, connection=client)
        client.delete(upkeep.finished_job_registry.key)
        eventually(lambda: len(upkeep.finished_job_registry) > 0)
        assert not worker.ended and not keeper.ended
        assert "Traceback" not in at_work.said()


@on_sqlite
@pytest.mark.parametrize("role", [queue.UPKEEP, "timetable"])
def test_without_redis_everybody_still_ends_when_asked(environ: dict[str, str], mortal: MortalRedis, role: str) -> None:
    with crew(environ | {"REDIS_URL": mortal.address}) as at_work:
        process = at_work.start(role)
        eventually(
            lambda: (
                Redis.from_url(mortal.address).keys("rq:worker:*")
                + Redis.from_url(mortal.address).keys("rq:scheduler_instance:*")
            )
        )
        mortal.kill()
        eventually(lambda: "Redis" in process.said)

        process.send(signal.SIGTERM)

        process.wait(20)
        assert "Traceback" not in process.said


@on_sqlite
def test_asked_between_two_tries_it_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """RQ's worker has given up over Redis, and what it does about a signal is still in force."""
    born = PressroomWorker(app, queue.UPKEEP)
    pauses: list[float] = []

    def asked_to_stop(seconds: float) -> None:
        pauses.append(seconds)
        born.request_stop(signal.SIGTERM, None)

    monkeypatch.setattr(worker_module, "_worked_until_asked_to_stop", lambda app, queue: False)
    monkeypatch.setattr(worker_module.time, "sleep", asked_to_stop)
    monkeypatch.setattr(worker_module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(worker_module.signal, "pthread_sigmask", lambda *_: None)

    worker_module.work(app, queue.UPKEEP)

    assert len(pauses) == 1


@on_sqlite
def test_started_before_redis_it_waits_for_it(environ: dict[str, str], mortal: MortalRedis) -> None:
    mortal.kill()
    with crew(environ | {"REDIS_URL": mortal.address}) as at_work:
        worker = at_work.start(queue.RUNS)
        eventually(lambda: "waits for Redis" in worker.said)
        mortal.start()
        eventually(lambda: listening_at(mortal.address) == 1)
        assert "Traceback" not in worker.said


def record(error: BaseException) -> Any:
    return logging.LogRecord("rq.worker", logging.ERROR, "", 0, "quitting", (), (type(error), error, None))


def test_only_the_absence_of_redis_leaves_no_trace_in_the_log() -> None:
    for away in (record(redis.exceptions.ConnectionError("refused")), record(redis.exceptions.ResponseError("full"))):
        assert without_trace_of_absence(away)
        assert away.exc_info is None
    assert away.getMessage() == "Redis does not do it: full"

    bug = record(KeyError("x"))
    assert without_trace_of_absence(bug)
    assert bug.exc_info is not None


@on_sqlite
def test_an_entry_that_breaks_maintenance_leaves_the_timetable_looked_after(
    worker: PressroomWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise ValueError("somebody else's")

    monkeypatch.setattr(worker, "clean_registries", breaks)

    worker.run_maintenance_tasks()

    assert set(next_firings(connection())) == set(TIMETABLE)
