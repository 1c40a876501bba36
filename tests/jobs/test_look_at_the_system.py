"""A look at the installation: workers, queues, schedulers, runs, and what it stands on, whatever of it is away."""

import dataclasses
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from rq import Queue
from rq.job import Job
from sqlalchemy import text

from tests import factories
from tests.pipeline.engine import fresh, start
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.jobs import queue, timetable
from webapp.jobs.system import System, Witness, look
from webapp.jobs.timetable import TIMETABLE, Timekeeper, reconcile
from webapp.jobs.worker import GONE_AFTER, PressroomWorker

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the database is not what it is about
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def worker(app: Flask) -> PressroomWorker:
    born = PressroomWorker(app, queue.RUNS)
    born.register_birth()
    born.heartbeat()
    return born


@pytest.fixture
def keeper(app: Flask) -> Timekeeper:
    born = Timekeeper(connection())
    born.register_birth()
    return born


def take_a_job(worker: PressroomWorker) -> Job:
    job = Job.fetch(worker.queues[0].pop_job_id(), connection=connection())
    worker.prepare_execution(job)
    return job


@on_sqlite
def test_a_worker_says_who_it_is(worker: PressroomWorker) -> None:
    (seen,) = look().workers or []

    assert (seen.name, seen.host, seen.pid, seen.queue) == (worker.name, worker.hostname, worker.pid, queue.RUNS)
    assert abs(seen.since - worker.birth_date) < timedelta(seconds=1)
    assert (seen.busy, seen.doing, seen.run_id) == (False, "", None)


@on_sqlite
def test_how_long_ago_a_worker_was_heard_of_does_not_depend_on_anybodys_clock(worker: PressroomWorker) -> None:
    connection().pexpire(worker.key, (GONE_AFTER - 12) * 1000)

    (seen,) = look().workers or []

    assert 12 <= seen.heard_ago < GONE_AFTER


@on_sqlite
def test_a_worker_at_work_says_on_which_run(worker: PressroomWorker) -> None:
    run = start(factories.site())
    queue.deliver(run)
    take_a_job(worker)

    (seen,) = look().workers or []

    assert (seen.busy, seen.run_id, seen.epoch) == (True, run.id, run.epoch)
    assert seen.doing == f"run {run.id}, epoch {run.epoch}"


@on_sqlite
def test_a_worker_at_something_else_says_at_what(app: Flask) -> None:
    worker = PressroomWorker(app, queue.PUBLISHING)
    worker.register_birth()
    queue.publish([7])
    take_a_job(worker)

    (seen,) = look().workers or []

    assert (seen.busy, seen.doing, seen.run_id) == (True, "publish what is due on site 7", None)


@on_sqlite
def test_after_a_flush_a_busy_worker_is_still_known_to_be_busy(worker: PressroomWorker) -> None:
    queue.deliver(start(factories.site()))
    take_a_job(worker)
    connection().flushall()
    worker.heartbeat()

    (seen,) = look().workers or []

    assert (seen.busy, seen.job) == (True, "")


@on_sqlite
def test_who_took_leave_or_fell_silent_is_not_listed(app: Flask, worker: PressroomWorker) -> None:
    gone = PressroomWorker(app, queue.UPKEEP)
    gone.register_birth()
    gone.register_death()
    connection().delete(worker.key)

    assert look().workers == []


@on_sqlite
def test_queues_say_what_waits_and_for_how_long(worker: PressroomWorker) -> None:
    for _ in range(3):
        queue.deliver(start(factories.site()))
    take_a_job(worker)
    waiting = Queue(queue.RUNS, connection=connection()).jobs
    connection().hset(waiting[0].key, "enqueued_at", f"{now() - timedelta(minutes=7):%Y-%m-%dT%H:%M:%S.%fZ}")
    waiting[0].failed_job_registry.add(waiting[1], ttl=60)

    runs, upkeep, _ = look().queues or []

    assert (runs.name, runs.waiting, runs.at_work, runs.failed) == (queue.RUNS, 2, 1, 1)
    assert runs.oldest_for is not None and runs.oldest_for >= 7 * 60
    assert (upkeep.name, upkeep.waiting, upkeep.oldest_for) == (queue.UPKEEP, 0, None)


@on_sqlite
def test_a_scheduler_says_since_when_it_lives(keeper: Timekeeper) -> None:
    keeper.heartbeat()

    scheduling = look().scheduling
    assert scheduling is not None
    (seen,) = scheduling.schedulers

    assert (seen.name, seen.host) == (keeper.name, socket.gethostname())
    assert now() - timedelta(minutes=5) < seen.since <= now()


@on_sqlite
def test_a_heartbeat_does_not_make_a_scheduler_younger(keeper: Timekeeper) -> None:
    (before,) = timetable.schedulers(connection())
    keeper.heartbeat()

    assert timetable.schedulers(connection())[0].since == before.since


@on_sqlite
def test_when_none_lives_it_is_known_since_when(keeper: Timekeeper) -> None:
    connection().delete(keeper.key)
    an_hour_ago = time.time() - 3600
    connection().zadd(timetable.SEEN, {keeper.name: an_hour_ago})

    scheduling = look().scheduling

    assert scheduling is not None
    assert scheduling.schedulers == []
    assert scheduling.last_heard is not None and scheduling.last_heard.timestamp() == pytest.approx(an_hour_ago)


@on_sqlite
def test_a_redis_that_has_never_seen_a_scheduler(app: Flask) -> None:
    scheduling = look().scheduling

    assert scheduling is not None
    assert (scheduling.schedulers, scheduling.last_heard) == ([], None)


@on_sqlite
def test_schedulers_of_long_ago_are_not_remembered_for_ever(
    keeper: Timekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timetable, "REMEMBERED", 3)
    connection().zadd(timetable.SEEN, {f"of-old-{number}": number for number in range(10)})

    keeper.heartbeat()

    assert connection().zrange(timetable.SEEN, 0, -1) == [b"of-old-8", b"of-old-9", keeper.name.encode()]


@on_sqlite
def test_the_timetable_says_what_is_missing(keeper: Timekeeper) -> None:
    reconcile(connection())
    lost = next(keeper.get_jobs())
    keeper.cancel(lost)

    scheduling = look().scheduling

    assert scheduling is not None
    assert [entry.task for entry in scheduling.entries] == [task.rpartition(".")[2] for task in TIMETABLE]
    assert [entry.task for entry in scheduling.entries if entry.due is None] == [lost.func_name.rpartition(".")[2]]


def test_what_it_stands_on(app: Flask) -> None:
    found = look()

    assert found.database is not None and found.redis is not None
    assert found.migrations is not None and found.disk is not None
    assert found.database.engine == db.engine.dialect.name
    assert found.database.version[0].isdigit() and found.database.size > 10_000
    assert found.migrations.is_newest and found.migrations.current == found.migrations.newest
    assert found.redis.version[0].isdigit() and found.redis.used > 10_000
    assert 0 < found.disk.free < found.disk.total


def test_all_of_it_is_for_programs_too(app: Flask, worker: PressroomWorker, keeper: Timekeeper) -> None:
    run = start(factories.site())
    queue.deliver(run)
    take_a_job(worker)

    found = json.loads(json.dumps(look().as_json()))

    assert set(found) == {field.name for field in dataclasses.fields(System)}
    assert found["workers"][0]["run_id"] == run.id
    assert found["runs"]["active"]["queued"] == 1
    assert found["scheduling"]["schedulers"][0]["since"].endswith("+00:00")


def test_without_redis_the_rest_is_known(app: Flask) -> None:
    run = start(factories.site())
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], redis_url="unix:///nowhere/redis.sock")

    found = look()

    assert (found.workers, found.queues, found.scheduling, found.redis) == (None, None, None, None)
    assert found.database is not None and found.migrations is not None and found.disk is not None
    assert found.runs is not None and found.runs.active["queued"] == 1
    assert json.dumps(found.as_json())
    assert fresh(run).is_active


def test_a_part_that_cannot_be_read_spoils_no_other(app: Flask, worker: PressroomWorker) -> None:
    db.session.execute(text("ALTER TABLE run RENAME TO not_run"))
    db.session.commit()
    connection().set(timetable.SEEN, "no list")

    found = look()

    assert (found.runs, found.scheduling) == (None, None)
    assert found.workers and found.queues and found.redis and found.database and found.disk


@contextmanager
def locked(table: str) -> Iterator[None]:
    with db.engine.connect() as other:
        other.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        yield
        other.rollback()


@on_postgresql
def test_a_locked_table_is_not_waited_for(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.jobs.system.ANSWERS_WITHIN", 0.2)
    with locked("run"):
        found = look()

    assert found.runs is None
    assert found.database is not None and found.migrations is not None


@on_sqlite
def test_a_writer_does_not_hold_a_look_up(app: Flask) -> None:
    start(factories.site())
    with db.engine.connect() as writer:
        writer.execute(text("UPDATE run SET percent = 7"))

        found = look()

        writer.rollback()
    assert found.runs is not None and found.runs.active["queued"] == 1


def test_who_is_away_is_asked_once() -> None:
    asked: list[str] = []

    def away(name: str) -> str:
        asked.append(name)
        raise ConnectionError

    witness = Witness((ConnectionError,), OSError)

    assert [witness.ask(lambda name=name: away(name)) for name in ("first", "second")] == [None, None]
    assert asked == ["first"]


def test_trouble_with_one_question_is_no_absence() -> None:
    def fails() -> str:
        raise FileNotFoundError

    witness = Witness((ConnectionError,), OSError)

    assert (witness.ask(fails), witness.ask(lambda: "there")) == (None, "there")


def leave_a_worker(**odd: bytes) -> None:
    """Another application's, at a job that is called almost as ours are."""
    connection().sadd("rq:workers", "rq:worker:theirs")
    about = {"birth": b"2026-01-01T00:00:00.000000Z", "hostname": b"elsewhere", "pid": b"7", "queues": b"mail"}
    connection().hset("rq:worker:theirs", mapping=about | odd)
    connection().sadd("rq:worker:theirs:executions", "run-nightly-mail-7:abc")
    connection().hset("rq:job:run-nightly-mail-7", "description", b"f\xfcr Ana")


@on_sqlite
@pytest.mark.parametrize("odd", [{}, {"hostname": b"M\xfcnchen"}, {"pid": b"seven"}])
def test_the_worker_of_another_application_is_shown_as_far_as_it_can_be_read(
    worker: PressroomWorker, odd: dict[str, bytes]
) -> None:
    leave_a_worker(**odd)

    theirs, ours = look().workers or []

    assert (theirs.name, theirs.job, theirs.doing, theirs.run_id) == (
        "theirs",
        "run-nightly-mail-7",
        "f\ufffdr Ana",
        None,
    )
    assert ours.name == worker.name


@on_sqlite
def test_what_is_no_worker_as_we_know_them_is_left_out(worker: PressroomWorker) -> None:
    leave_a_worker(birth=b"long ago")
    connection().sadd("rq:workers", b"rq:worker:\xff", "rq:worker:list")
    connection().rpush("rq:worker:list", "no hash")

    assert [seen.name for seen in look().workers or []] == [worker.name]


@on_sqlite
def test_a_job_that_does_not_say_since_when_it_waits(app: Flask) -> None:
    connection().rpush("rq:queue:runs", b"\xff", "another")

    runs, *_ = look().queues or []

    assert (runs.waiting, runs.oldest_for) == (2, None)
