"""What SQLite leaves off is on, and pages read while somebody writes."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

import config
from tests import factories
from webapp import create_app
from webapp.accounts.models import Account
from webapp.content.models import Keyword
from webapp.core.db import db, reading


@pytest.fixture
def sqlite(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Flask]:
    """An app that gives up on a lock at once, within its context."""
    (tmp_path / "pressroom.db").write_bytes(migrated_sqlite.read_bytes())
    environ = {"PRESSROOM_INSTANCE": str(tmp_path), "BUSY_TIMEOUT": "0.05"}
    app = create_app(config.load(environ))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def writer(sqlite: Flask, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else who can take the write lock."""
    connection = sqlite3.connect(tmp_path / "pressroom.db", isolation_level=None, timeout=0.05)
    yield connection
    connection.close()


def pragma(name: str) -> object:
    return db.session.execute(text(f"PRAGMA {name}")).scalar_one()


def test_foreign_keys_wal_and_patience_are_on(sqlite: Flask) -> None:
    assert pragma("foreign_keys") == 1
    assert pragma("journal_mode") == "wal"
    assert pragma("busy_timeout") == 50
    assert pragma("synchronous") == 1  # NORMAL: safe with WAL


def test_every_connection_has_them(sqlite: Flask) -> None:
    found: list[object] = []

    def look() -> None:
        with sqlite.app_context():
            found.append(pragma("foreign_keys"))
            db.session.remove()

    db.session.execute(text("SELECT 1"))  # keeps our own connection busy
    db.session.rollback()
    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [1, 1, 1]


def test_a_row_cannot_hang_from_what_is_not_there(sqlite: Flask) -> None:
    db.session.add(Keyword(site_id=4711, phrase="basil", normal="basil"))

    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        db.session.flush()


def test_a_page_reads_while_somebody_writes(sqlite: Flask, writer: sqlite3.Connection) -> None:
    factories.account("Before")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE account SET name = 'After'")

    with reading():
        assert db.session.scalars(select(Account.name)).all() == ["Before"]
        db.session.rollback()


def test_a_writer_is_not_kept_waiting_by_a_page(sqlite: Flask, writer: sqlite3.Connection) -> None:
    factories.account("Before")

    with reading():
        assert db.session.scalars(select(Account.name)).all() == ["Before"]
        writer.execute("UPDATE account SET name = 'After'")  # would be locked
        db.session.rollback()
        assert db.session.scalars(select(Account.name)).all() == ["After"]


def test_work_that_may_write_takes_the_lock_before_it_reads(sqlite: Flask, writer: sqlite3.Connection) -> None:
    """So it cannot find at its first write that somebody wrote in between."""
    db.session.scalars(select(Account.name)).all()

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        writer.execute("BEGIN IMMEDIATE")


def test_a_lock_that_stays_is_an_error_and_nothing_is_half_done(sqlite: Flask, writer: sqlite3.Connection) -> None:
    writer.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match="locked"):
        db.session.scalars(select(Account.name)).all()
    db.session.rollback()
    writer.execute("ROLLBACK")

    assert db.session.scalars(select(Account.name)).all() == []


def test_a_commit_that_fails_leaves_nobody_with_the_lock(
    sqlite: Flask, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(db.engine.dialect, "do_commit", fail)
    db.session.scalars(select(Account.name)).all()
    with pytest.raises(OperationalError, match="disk"):
        db.session.commit()
    db.session.remove()  # as at the end of a request or a job: nobody rolls back

    writer.execute("BEGIN IMMEDIATE")


def test_after_reading_transactions_take_the_lock_again(sqlite: Flask, writer: sqlite3.Connection) -> None:
    with reading():
        db.session.scalars(select(Account.name)).all()
        db.session.rollback()
    db.session.scalars(select(Account.name)).all()

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        writer.execute("BEGIN IMMEDIATE")


def test_reading_in_one_thread_is_not_reading_in_another(sqlite: Flask, writer: sqlite3.Connection) -> None:
    outcome: list[str] = []

    def work() -> None:
        with sqlite.app_context():
            db.session.scalars(select(Account.name)).all()
            try:
                writer_elsewhere().execute("BEGIN IMMEDIATE")
                outcome.append("free")
            except sqlite3.OperationalError:
                outcome.append("locked")
            db.session.remove()

    def writer_elsewhere() -> sqlite3.Connection:
        return sqlite3.connect(str(db.engine.url.database), isolation_level=None, timeout=0.05)

    with reading():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert outcome == ["locked"]
