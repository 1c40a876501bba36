"""Whatever goes wrong is a sentence with a remedy, and never a stack trace."""

import dataclasses
import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

import config
from tests import factories
from tests.cli.conftest import Pressroom
from tests.pipeline.engine import rows
from tests.processes import environment
from tests.up.conftest import pressroom as process
from webapp import create_app
from webapp.core.db import db
from webapp.pipeline import demo
from webapp.sites.models import Site

COMMANDS = (
    ["run", "demo"], ["queue", "demo"], ["ledger", "verify"], ["demo"], ["import-keywords", "demo", "/dev/null"],
)  # fmt: skip


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """An installation of which nothing is there yet."""
    return {"PRESSROOM_INSTANCE": str(tmp_path / "instance")}


def refused(settings: dict[str, str], *arguments: str) -> str:
    said = process(settings, *arguments)
    assert said.returncode == 1
    assert "Traceback" not in said.stderr + said.stdout
    return said.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_database_that_was_never_made(app: Flask, pressroom: Pressroom, command: list[str]) -> None:
    db.drop_all()

    said = pressroom(*command)

    assert said.code == 1
    assert "Run: bin/pressroom upgrade" in said.err


def test_a_database_of_older_code(app: Flask, pressroom: Pressroom) -> None:
    db.session.execute(text("ALTER TABLE publication DROP COLUMN link"))
    db.session.commit()

    said = pressroom("queue", factories.site().slug)

    assert said.code == 1
    assert "Run: bin/pressroom upgrade" in said.err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "sqlite:////nowhere/pressroom.db", "unable to open database file"),
        ("DATABASE_URL", "postgresql://nobody@/none?host=/nowhere", "Check DATABASE_URL"),
        ("DATABASE_URL", "oracle://x", "DATABASE_URL begins with neither"),
        ("REDIS_URL", "localhost", "REDIS_URL cannot be read"),
        ("REDIS_URL", "redis://localhost:port", "REDIS_URL cannot be read"),
        ("LANES", "none", "LANES is 'none'"),
        ("PRESSROOM_INSTANCE", "/dev/null", "PRESSROOM_INSTANCE is /dev/null"),
    ],
)
def test_a_setting_that_leads_nowhere(elsewhere: dict[str, str], name: str, value: str, words: str) -> None:
    assert words in refused(elsewhere | {name: value}, "run", "demo")


def test_a_file_that_is_no_database(elsewhere: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database, but long enough to be looked at" * 20)
    assert "file is not a database" in refused(
        elsewhere | {"DATABASE_URL": f"sqlite:///{tmp_path}/notes.db"}, "queue", "demo"
    )


@on_sqlite
def test_a_database_that_somebody_else_is_writing_to(
    settings: config.Settings, pressroom: Pressroom, database_url: str
) -> None:
    impatient = create_app(dataclasses.replace(settings, busy_timeout=0.05))
    with impatient.app_context(), create_engine(database_url).connect() as other:
        slug = factories.site().slug
        other.exec_driver_sql("BEGIN IMMEDIATE")
        said = pressroom("run", slug)
        other.rollback()

    assert said.code == 1
    assert "busy with somebody else's change" in said.err


@on_sqlite
def test_a_disk_without_room_for_the_database(app: Flask, pressroom: Pressroom) -> None:
    db.session.execute(text("PRAGMA max_page_count = 1"))  # which means: what it has now
    db.session.commit()

    said = pressroom("demo")

    assert said.code == 1
    assert "no space left" in said.err and "Nothing was changed" in said.err
    assert rows(Site) == []


def test_a_disk_without_room_for_a_file(app: Flask, pressroom: Pressroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "found_demo", _raising(OSError(errno.ENOSPC, "No space left on device")))

    said = pressroom("demo")

    assert said.code == 1
    assert "no space left" in said.err


def test_a_file_that_may_not_be_touched_is_named(
    app: Flask, pressroom: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "found_demo", _raising(PermissionError(errno.EACCES, "Permission denied", "/a/file")))

    said = pressroom("demo")

    assert said.code == 1
    assert "/a/file: Permission denied. Check the path" in said.err


def test_a_bug_of_ours_is_said_and_its_trace_is_kept_for_a_developer(
    app: Flask, pressroom: Pressroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRESSROOM_INSTANCE", str(tmp_path / "kept"))
    monkeypatch.setattr(demo, "found_demo", _raising(KeyError("the cause")))

    said = pressroom("demo")

    assert said.code == 1
    assert "Something broke on our side (KeyError)" in said.err
    log = tmp_path / "kept" / "errors.log"
    assert str(log) in said.err
    assert "the cause" in log.read_text() and "Traceback" in log.read_text()


def test_where_a_trace_cannot_be_kept_its_last_line_is_shown(
    app: Flask, pressroom: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSROOM_INSTANCE", "/dev/null")
    monkeypatch.setattr(demo, "found_demo", _raising(KeyError("the cause")))

    assert "KeyError: 'the cause'" in pressroom("demo").err


def _raising(error: Exception) -> Callable[[], str]:
    def found_demo() -> str:
        raise error

    return found_demo


def test_a_reader_that_has_seen_enough_is_no_trouble(elsewhere: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "S.json").write_text("{}")
    options = ("--settings", str(tmp_path / "S.json"), "--zone", "UTC", "--now", "2026-01-01", "--count", "100000")
    command = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", "slots", "preview", *options],
        cwd=config.ROOT,
        env=environment(elsewhere),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stdout and command.stderr
    assert "2026" in command.stdout.readline()
    command.stdout.close()

    assert command.stderr.read() == ""
    command.wait(30)
