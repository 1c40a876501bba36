"""Whether requests can be served: what hangs holds nobody up, and hangs once."""

import dataclasses
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from tests.processes import eventually
from webapp.core.db import db
from webapp.jobs import readiness
from webapp.jobs.readiness import Probe, Readiness

SHORT = 0.2  # seconds


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes longer than a load balancer would wait."""
    monkeypatch.setattr(readiness, "WITHIN", 60.0)


def problems(app: Flask) -> list[str]:
    return Readiness(app).problems()


def test_with_everything_there_nothing_is_wrong(app: Flask) -> None:
    assert problems(app) == []


@pytest.mark.parametrize(
    ("revision", "problem"),
    [
        (None, "database: its shape is older than this code"),
        ("ffff_of_tomorrow", "database: its shape is newer than this code"),
    ],
)
def test_a_database_of_another_shape(app: Flask, revision: str | None, problem: str) -> None:
    db.session.execute(text("DELETE FROM alembic_version"))
    if revision:
        db.session.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    db.session.commit()

    assert problems(app) == [problem]


def test_a_database_that_is_not_there(app: Flask, tmp_path: Path) -> None:
    from webapp import create_app

    url = {
        "sqlite": f"sqlite:///{tmp_path}/nowhere/pressroom.db",
        "postgresql": "postgresql+psycopg://nobody@/none?host=/nowhere",
    }[db.engine.dialect.name]
    elsewhere = create_app(dataclasses.replace(app.config["SETTINGS"], database_url=url))

    assert problems(elsewhere) == ["database: does not answer"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_was_away_meanwhile_is_not_blamed_for_it(app: Flask) -> None:
    with db.engine.connect() as other:
        with db.engine.connect() as kept:
            kept.execute(text("SELECT 1"))
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ended = other.scalars(text(f"SELECT pg_terminate_backend(pid) {others}")).all()
    assert ended

    assert problems(app) == []


def test_redis_away(app: Flask) -> None:
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], redis_url="unix:///nowhere/redis.sock")

    assert problems(app) == ["redis: does not answer"]


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """It takes calls and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"


def test_a_redis_that_hangs(app: Flask, silent_redis: str) -> None:
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], redis_url=silent_redis)

    assert Readiness(app).problems() == ["redis: does not answer"]


def test_what_hangs_is_told_in_time_and_asked_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    back = threading.Event()
    asked: list[str] = []

    def hang() -> str:
        asked.append("database")
        assert back.wait(60)
        return ""

    monkeypatch.setattr(readiness, "_ask_database", hang)
    ready = Readiness(app)

    with monkeypatch.context() as impatient:
        impatient.setattr(readiness, "WITHIN", SHORT)
        for _ in range(3):
            assert "database: does not answer" in ready.problems()
    assert asked == ["database"]

    back.set()
    eventually(lambda: ready.problems() == [])


def test_each_request_asks_anew_what_answers(app: Flask) -> None:
    answers = iter(["once", "twice"])
    probe = Probe(app, lambda: next(answers))

    assert [probe.ask().result(60), probe.ask().result(60)] == ["once", "twice"]


def test_a_bug_is_no_answer(app: Flask) -> None:
    def breaks() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Probe(app, breaks).ask().result(60)
