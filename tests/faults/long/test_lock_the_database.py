"""The database takes no change for ten seconds, three times; PostgreSQL is stopped and started twice."""

import contextlib
import signal
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade

import config
from tests.faults.conftest import Made, assert_as_if_nothing_had_happened, started_on
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.table import Figures
from tests.faults.mortal_postgres import MortalPostgres, mortal_postgres
from webapp import create_app
from webapp.core.db import db

LOCKS = 3
LOCKED_FOR = 10.0  # seconds
AWAY_FOR = 3.0
SLOWED = {"EMBEDDED_DELAY": "0.6", "LANES": "2"}


@pytest.mark.row(6, "the database is locked, or away")
def test_ten_seconds_without_a_change_three_times(
    app: Flask, environ: dict[str, str], undisturbed: Made, figures: Figures
) -> None:
    with installation(environ, **SLOWED) as crew:
        disturbed = started_on(long_site())
        for _ in range(LOCKS):
            disturbed.come_on()
            with locked(environ["DATABASE_URL"]):
                time.sleep(LOCKED_FOR)
        assert disturbed.run.is_active, "the run was over before the last lock"
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
        assert "Traceback" not in crew.said()
    figures.add("write-locked", f"{LOCKS} x {LOCKED_FOR:.0f} s")
    figures.add("calls repeated, takeovers", f"{disturbed.sent_again()}, {disturbed.run.takeovers}", "0, 0")
    assert (disturbed.sent_again(), disturbed.run.takeovers) == (0, 0)


@contextlib.contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Nobody else can change a row."""
    if database_url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=30)) as held:
            held.isolation_level = None
            held.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(database_url.replace("+psycopg", "")) as held:
            lock_all_tables(held)
            yield


def lock_all_tables(held: psycopg.Connection[Any]) -> None:
    """Again, where it got in the way of somebody who gets in its way."""
    tables = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
    while True:
        try:
            held.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE".encode())
            return
        except psycopg.errors.DeadlockDetected:
            held.rollback()


@pytest.fixture
def postgres() -> Iterator[MortalPostgres]:
    with mortal_postgres() as started:
        yield started


@pytest.mark.row(6, "the database is locked, or away")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_is_started_again_twice(
    environ: dict[str, str], postgres: MortalPostgres, undisturbed: Made, figures: Figures
) -> None:
    mortal = environ | {"DATABASE_URL": postgres.url}
    app = create_app(config.load(mortal))
    with app.app_context():
        upgrade()
    with app.app_context(), installation(mortal, **SLOWED) as crew:
        disturbed = started_on(long_site())
        for how in (signal.SIGINT, signal.SIGQUIT):
            disturbed.come_on()
            db.engine.dispose()
            postgres.stop(how)
            time.sleep(AWAY_FOR)
            postgres.start()
        assert disturbed.run.is_active, "the run was over before the last start"
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
        assert "Traceback" not in crew.said()
        found = disturbed.sent_again(), disturbed.run.takeovers
        db.session.remove()
        db.engine.dispose()
    figures.add("started again, once after a crash", "2 times")
    figures.add("calls repeated, takeovers", f"{found[0]}, {found[1]}", "0, 0")
    assert found == (0, 0)
