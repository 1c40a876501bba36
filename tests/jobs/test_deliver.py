"""Runs on their way through the queue: the row is the truth, and a job only says that somebody should look at it."""

import dataclasses
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.job import Job
from sqlalchemy import create_engine, update

from config import Settings
from tests import factories
from tests.pipeline import engine
from tests.pipeline.scripted import ScriptedProvider
from webapp import create_app
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.jobs import queue, tasks
from webapp.pipeline import control
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus


@pytest.fixture
def run(app: Flask) -> Run:
    return factories.run(factories.site())


def jobs(name: str = queue.RUNS) -> list[Job]:
    return Queue(name, connection=connection()).jobs


def lose_the_only_job() -> None:
    """As a worker does that is killed right after it took the job."""
    Queue(queue.RUNS, connection=connection()).pop_job_id()


def away(app: Flask) -> None:
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], redis_url="unix:///nowhere/redis.sock")


def test_a_started_run_waits_in_the_queue_once(run: Run) -> None:
    assert queue.deliver(run)
    assert queue.deliver(run)

    (job,) = jobs()
    assert job.args == (run.id, run.epoch)
    assert job.timeout == -1
    assert job.description == f"run {run.id}, epoch {run.epoch}"


def test_a_job_that_waits_is_left_alone(run: Run) -> None:
    queue.deliver(run)

    assert queue.deliver_waiting() == 0
    assert len(jobs()) == 1


def test_a_flushed_job_is_delivered_again(run: Run) -> None:
    queue.deliver(run)
    connection().flushall()

    assert queue.deliver_waiting() == 1
    assert [job.args for job in jobs()] == [(run.id, run.epoch)]


def test_a_job_that_came_to_nothing_gets_a_successor(run: Run) -> None:
    queue.deliver(run)
    lose_the_only_job()

    assert queue.deliver_waiting() == 1
    lose_the_only_job()
    assert queue.deliver_waiting() == 1

    assert [job.args for job in jobs()] == [(run.id, run.epoch)]
    assert engine.fresh(run).nudge == 2


def test_the_rest_of_a_flushed_job_is_in_nobodys_way(run: Run) -> None:
    queue.deliver(run)
    (job,) = jobs()
    connection().flushall()
    connection().hset(job.key, "last_heartbeat", "what a worker wrote after the flush")

    assert queue.deliver_waiting() == 1
    assert [job.args for job in jobs()] == [(run.id, run.epoch)]


def test_only_queued_runs_whose_time_has_come_are_delivered(run: Run) -> None:
    later = factories.run(factories.site())
    paused = control.pause(factories.run(factories.site()), "Ana")
    for waiting, until in ((run, now() - timedelta(seconds=1)), (later, now() + timedelta(hours=1))):
        db.session.execute(update(Run).where(Run.id == waiting.id).values(not_before=until))
    db.session.commit()

    assert queue.deliver_waiting() == 1
    assert [job.args for job in jobs()] == [(run.id, run.epoch)]
    assert engine.fresh(paused).status is RunStatus.PAUSED


def test_a_stale_delivery_is_a_no_op(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider()
    engine.use(monkeypatch, provider)
    run = engine.start(engine.site_with_keywords(3))
    run_id, stale = run.id, [run.epoch]
    stale.append(control.pause(engine.fresh(run), "Ana").epoch)
    assert tasks.advance(run_id, stale[0]) == "Stop"
    assert engine.rows(Run)[0].status is RunStatus.PAUSED

    epoch = control.resume(engine.rows(Run)[0], "Ana").epoch
    for other in (*stale, epoch + 1):
        assert tasks.advance(run_id, other) == "Stop"
    assert provider.calls == []

    assert tasks.advance(run_id, epoch) == "Done"
    assert tasks.advance(run_id, epoch) == "Stop"


def test_a_slice_that_ends_delivers_the_next(app: Flask) -> None:
    engine.with_settings(app, slice_seconds=0)
    run = engine.start(engine.site_with_keywords(3))

    assert tasks.advance(run.id, run.epoch) == "Again"

    (current,) = engine.rows(Run)
    assert current.status is RunStatus.QUEUED
    assert [job.args for job in jobs()] == [(current.id, current.epoch)]


def test_without_redis_a_run_waits_for_the_sweep(app: Flask, run: Run, settings: Settings) -> None:
    away(app)
    assert not queue.deliver(run)
    assert not queue.publish([1])
    assert engine.fresh(run).status is RunStatus.QUEUED

    app.config["SETTINGS"] = settings
    assert queue.deliver_waiting() == 1


def test_a_redis_that_keeps_nothing_more_is_no_error_either(run: Run, redis_server: str) -> None:
    full = Redis.from_url(redis_server)
    full.config_set("maxmemory", 1)
    try:
        assert not queue.deliver(run)
        assert not queue.publish([1])
    finally:
        full.config_set("maxmemory", 0)
    assert queue.deliver_waiting() == 1


def test_each_site_is_published_by_a_job_of_its_own_however_often_it_is_asked_for(app: Flask) -> None:
    for _ in range(3):
        assert queue.publish([7, 8])

    assert [(job.func, job.args) for job in jobs(queue.PUBLISHING)] == [
        (tasks.publish_site, (7,)),
        (tasks.publish_site, (8,)),
    ]


def test_what_is_due_is_handed_to_those_who_publish(app: Flask) -> None:
    site = factories.site()
    late = factories.publication(site)
    late.slot_at = now() - timedelta(minutes=1)
    factories.publication(factories.site())  # its time has not come
    db.session.commit()

    tasks.publish_due()

    assert [job.args for job in jobs(queue.PUBLISHING)] == [(site.id,)]


def test_a_scheduled_run_is_started_and_delivered(app: Flask) -> None:
    site = factories.site()
    automation = engine.automation_of(site)
    automation.enabled, automation.next_run_at = True, now() - timedelta(minutes=1)
    db.session.commit()

    tasks.tick()
    tasks.tick()

    (run,) = engine.rows(Run)
    assert [job.args for job in jobs()] == [(run.id, run.epoch)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_busy_database_fails_no_job_and_the_run_is_delivered_again(
    settings: Settings, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    impatient = create_app(dataclasses.replace(settings, busy_timeout=0.05))
    with impatient.app_context(), create_engine(database_url).connect() as other:
        run = factories.run(factories.site())
        queue.deliver(run)
        lose_the_only_job()
        other.exec_driver_sql("BEGIN IMMEDIATE")
        assert tasks.advance(run.id, run.epoch) is None
        tasks.tick()
        other.rollback()

        assert "waits for the database" in caplog.text
        db.session.rollback()
        assert queue.deliver_waiting() == 1
