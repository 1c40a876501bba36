"""A database that takes nothing for a while: nobody is lost over it, and no paid answer."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask import Flask

from tests.pipeline import engine
from tests.pipeline.scripted import Gate, ScriptedProvider
from tests.processes import eventually
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.pipeline import claim, recovery
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus

LEASE = 4.0  # seconds, a fifth of what it is by default, like the two below
HEARTBEAT = LEASE / 3
BUSY = "2"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"BUSY_TIMEOUT": BUSY}


def beats(run: Run) -> int:
    return engine.fresh(run).hb


@contextmanager
def sweeping(app: Flask) -> Iterator[list[int]]:
    """Somebody who watches all the while. What they took over."""
    watch, taken, ended = recovery.RunWatch(LEASE), list[int](), threading.Event()

    def sweep() -> None:
        while not ended.wait(0.2):
            with app.app_context():
                try:
                    taken.extend(watch.observe())
                except recovery.OperationalError:
                    db.session.rollback()

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        yield taken
    finally:
        ended.set()
        sweeper.join()


@contextmanager
def nobody_writes(database_url: str) -> Iterator[None]:
    """What CREATE INDEX does on PostgreSQL, and any long change on SQLite."""
    if database_url.startswith("sqlite"):
        lock = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
        lock.execute("BEGIN IMMEDIATE")
    else:
        lock = psycopg.connect(database_url.replace("+psycopg", ""))
        lock.execute("LOCK TABLE run IN SHARE MODE")
    try:
        yield
    finally:
        lock.rollback()
        lock.close()


def test_a_lock_that_is_shorter_than_the_lease_takes_no_living_worker(
    app: Flask, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    engine.with_settings(app, lanes=1, lease_ttl=LEASE, heartbeat=HEARTBEAT)
    gate = Gate(Operation.CLUSTERING)
    engine.use(monkeypatch, ScriptedProvider(gate))
    run = engine.start(engine.site_with_keywords(4))
    worker = engine.in_background(app, run)
    assert gate.arrived.wait(60)
    with sweeping(app) as taken:
        seen = beats(run)
        eventually(lambda: beats(run) > seen)
        time.sleep(HEARTBEAT * 0.9)  # the next beat is near, so that much of the lease is over when it comes
        with nobody_writes(database_url):
            time.sleep(LEASE * 0.78)
        time.sleep(HEARTBEAT)
        gate.open()
        worker.finish()
    assert taken == []
    assert engine.fresh(run).status is RunStatus.COMPLETED


@pytest.fixture
def stand_by(database_url: str) -> Iterator[Callable[[bool], None]]:
    """stand_by(True): the server stands by for another one; it reads, and writes nothing."""

    def set_to(read_only: bool) -> None:
        address = database_url.replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True, options="-c default_transaction_read_only=off") as server:
            server.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if read_only else 'off'}".encode())
            server.execute("SELECT pg_reload_conf()")

    yield set_to
    set_to(False)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_heartbeat_goes_on_after_a_moment_as_standby(app: Flask, stand_by: Callable[[bool], None]) -> None:
    run = engine.start(engine.site_with_keywords(4))
    held = claim.claim(run.id, run.epoch, worker="test", lease=20, lock=connection())
    assert held is not None
    with held.beating(0.2):
        seen = beats(run)
        eventually(lambda: beats(run) > seen)
        stand_by(True)
        time.sleep(1)
        stand_by(False)
        seen = beats(run)
        eventually(lambda: beats(run) > seen)
