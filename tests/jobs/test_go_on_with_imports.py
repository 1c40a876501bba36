"""Imports on their way through the queue: the row is the truth, a lost job is asked for again."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from rq import Queue
from rq.job import Job
from sqlalchemy import update

from tests import factories
from tests.content.importing.desk import arrived, fresh, in_small_batches, keywords, numbered, numbers
from tests.jobs.test_deliver import away
from tests.processes import crew, eventually
from webapp.content.imports import control, working
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.redis import connection
from webapp.core.settings import settings
from webapp.jobs import queue, sweep, tasks
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def jobs() -> list[Job]:
    return Queue(queue.UPKEEP, connection=connection()).jobs


def long_untouched(one: KeywordImport) -> None:
    long_ago = now() - timedelta(seconds=settings().lease_ttl + 1)
    change(update(KeywordImport).where(KeywordImport.id == one.id).values(touched_at=long_ago))
    db.session.commit()


def test_an_import_waits_in_the_queue_once(site: Site) -> None:
    assert queue.go_on_with_imports([7, 8])
    assert queue.go_on_with_imports([7])

    assert [job.args for job in jobs()] == [(7,), (8,)]
    assert jobs()[0].description == "go on with import 7"


def test_the_rest_of_a_long_import_comes_behind_what_waits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    monkeypatch.setattr(tasks, "IMPORT_SECONDS", 0)
    one = arrived(site, numbered(12))
    control.begin(one)

    for lines in (5, 10, 12):
        tasks.go_on_with_import(one.id)
        assert fresh(one).lines == lines
        assert [job.args for job in jobs()] == [(one.id,)]
        Queue(queue.UPKEEP, connection=connection()).empty()
    tasks.go_on_with_import(one.id)

    assert jobs() == []
    assert fresh(one).status is ImportStatus.IMPORTED


def test_without_redis_it_waits_for_the_sweep(app: Flask, site: Site) -> None:
    one = arrived(site, numbered(3))
    away(app)

    assert not queue.go_on_with_imports([one.id])
    assert fresh(one).status is ImportStatus.COUNTING


@pytest.mark.parametrize("begin", [True, False], ids=["imported", "looked through"])
def test_the_sweep_asks_for_what_nobody_has_touched_for_a_while(site: Site, begin: bool) -> None:
    lost, waiting, through = (arrived(site, numbered(3)) for _ in range(3))
    if begin:
        control.begin(lost)
    working.work_on(through.id, 1e9)
    long_untouched(lost)
    long_untouched(through)

    tasks.sweep()
    tasks.sweep()

    assert [job.args for job in jobs()] == [(lost.id,)]
    assert fresh(waiting).is_at_work


def test_the_sweep_of_the_timekeeper_does_so_too(app: Flask, site: Site) -> None:
    one = arrived(site, numbered(3))
    long_untouched(one)
    ended = threading.Event()
    thread = threading.Thread(target=sweep.sweep_until, args=(app, ended))
    thread.start()
    try:
        eventually(lambda: [job.args for job in jobs()] == [(one.id,)])
    finally:
        ended.set()
        thread.join(30)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # each statement has its own test on both
def test_a_worker_that_is_killed_amid_an_import_is_replaced(app: Flask, site: Site, environ: dict[str, str]) -> None:
    count = 8_000
    one = arrived(site, numbered(count))
    control.begin(one)
    queue.go_on_with_imports([one.id])
    with crew(environ | {"LEASE_TTL": "3", "SWEEP_EVERY": "0.2"}) as processes:
        processes.start("timetable")
        first = processes.start("upkeep")
        eventually(lambda: fresh(one).lines > 0)
        first.kill()
        assert fresh(one).status is ImportStatus.IMPORTING
        processes.start("upkeep")
        eventually(lambda: fresh(one).status is ImportStatus.IMPORTED, within=120)

    assert numbers(fresh(one)) == (count, 0, 0)
    assert len(keywords(site)) == count
