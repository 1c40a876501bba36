"""`pressroom doctor`: everything that is away says what to do."""

import dataclasses
import time
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text

from tests import factories
from tests.processes import eventually
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.jobs import facts, queue
from webapp.jobs.doctor import Check, examine
from webapp.jobs.timetable import Timekeeper, reconcile
from webapp.jobs.worker import PressroomWorker
from webapp.sites.ai.models import AiConnection


def check(name: str) -> Check:
    return next(one for one in examine() if one.name == name)


def change(app: Flask, **changes: Any) -> None:
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], **changes)


def test_with_everything_there_all_is_well(app: Flask) -> None:
    for name in queue.QUEUES:
        PressroomWorker(app, name).register_birth()
    Timekeeper(connection()).register_birth()

    assert [one for one in examine() if not one.ok] == []
    assert [one for one in examine() if one.remedy] == []


def test_an_endpoint_that_refuses_its_key_is_named(app: Flask) -> None:
    account = factories.account()
    refused = datetime(2026, 11, 3, 7, 30, tzinfo=UTC)
    for name, at in (("Studio", None), ("Own server", refused)):
        db.session.add(AiConnection(account_id=account.id, name=name, base_url="https://a.example/v1", refused_at=at))
    db.session.commit()

    found = check("provider")

    assert found.ok
    assert found.detail.endswith("; endpoints: 2; refusing their key: Own server since 2026-11-03 07:30 UTC")


@pytest.mark.parametrize(
    ("name", "remedy"), [("worker:runs", "bin/up"), ("worker:upkeep", "bin/up"), ("scheduler", "bin/up")]
)
def test_a_process_that_is_not_there(app: Flask, name: str, remedy: str) -> None:
    found = check(name)
    assert not found.ok
    assert remedy in found.remedy


@pytest.mark.parametrize("off_by", [-120, 86400])
def test_a_timetable_that_stands_still_beside_a_scheduler_that_lives(app: Flask, off_by: int) -> None:
    Timekeeper(connection()).register_birth()
    reconcile(connection())
    assert check("scheduler").ok
    for entry in Timekeeper(connection()).entries():
        connection().zadd(Timekeeper.scheduled_jobs_key, {entry.key: time.time() + off_by})

    found = check("scheduler")

    assert not found.ok
    assert "tick is due at" in found.detail and "clocks" in found.remedy


def test_redis_away(app: Flask) -> None:
    change(app, redis_url="unix:///nowhere/redis.sock")

    found = {one.name: one for one in examine()}

    assert "does not answer" in found["redis"].detail and "bin/up" in found["redis"].remedy
    for name in ("worker:runs", "worker:upkeep", "scheduler"):
        assert not found[name].ok and "Redis first" in found[name].remedy
    assert found["database"].ok


def test_a_redis_that_keeps_nothing(app: Flask, redis_server: str) -> None:
    PressroomWorker(app, queue.RUNS).register_birth()
    Timekeeper(connection()).register_birth()
    full = Redis.from_url(redis_server)
    full.config_set("maxmemory", 1)
    try:
        found = {one.name: one for one in examine()}
    finally:
        full.config_set("maxmemory", 0)
    assert not found["redis"].ok
    assert "keeps nothing: it is full" in found["redis"].detail and "disk" in found["redis"].remedy
    assert found["worker:runs"].ok and found["scheduler"].ok  # who lives can still be read


def test_a_database_that_is_not_there(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from webapp import create_app

    url = {
        "sqlite": f"sqlite:///{tmp_path}/nowhere/pressroom.db",
        "postgresql": "postgresql+psycopg://nobody@/none?host=/nowhere",
    }[db.engine.dialect.name]
    elsewhere = create_app(dataclasses.replace(app.config["SETTINGS"], database_url=url))
    with elsewhere.app_context():
        found = {one.name: one for one in examine()}

    assert "does not answer" in found["database"].detail and found["database"].remedy
    assert not found["migrations"].ok and "database first" in found["migrations"].remedy


@pytest.mark.parametrize(
    ("revision", "remedy"), [(None, "bin/pressroom upgrade"), ("ffff_of_tomorrow", "start the newer code")]
)
def test_a_database_of_another_shape(app: Flask, revision: str | None, remedy: str) -> None:
    db.session.execute(text("DELETE FROM alembic_version"))
    if revision:
        db.session.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    db.session.commit()

    found = check("migrations")

    assert not found.ok
    assert remedy in found.remedy


def test_a_folder_that_cannot_be_made(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    change(app, instance=tmp_path / "file")

    found = check("target")

    assert not found.ok
    assert "instance folder" in found.remedy


def test_a_full_disk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(facts.shutil, "disk_usage", lambda path: usage(10, 10, 1000))

    found = check("disk")

    assert not found.ok
    assert "Make room" in found.remedy


def test_a_dead_worker_is_forgotten_by_redis(app: Flask) -> None:
    worker = PressroomWorker(app, queue.RUNS)
    worker.register_birth()
    worker.heartbeat()
    assert check("worker:runs").ok

    connection().pexpire(worker.key, 1)

    eventually(lambda: not check("worker:runs").ok)
