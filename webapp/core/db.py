"""The database: one session, two engines (SQLite, PostgreSQL), the types that all tables share."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum as PythonEnum
from typing import Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, DateTime, Delete, Dialect, Engine, Enum, Insert, MetaData, Update, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept as UTC. SQLite has no zones, so the column is naive on both engines."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def enum_type(kind: type[PythonEnum]) -> Enum:
    """A column for a StrEnum: stored as its values, guarded by a CHECK constraint on both engines."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=kind.__name__.lower(),
    )


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    registry = registry(metadata=MetaData(naming_convention=NAMES), type_annotation_map={datetime: UtcDateTime})


class Numbered:
    """A row with a number of its own."""

    id: Mapped[int] = mapped_column(primary_key=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """No number is given twice: what still knows a deleted row must not meet another. SQLite has to be told."""
        super().__init_subclass__(**kwargs)
        if "__table__" in cls.__dict__:
            cls.__dict__["__table__"].dialect_options["sqlite"]["autoincrement"] = True


# Rows stay readable after a commit: a page or a stage that looks at one again must not open a transaction by that.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def change(statement: Update | Delete) -> int:
    """Executes it as it stands, past the objects that the session holds. Answers how many rows it changed."""
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(cast("CursorResult[Any]", done).rowcount)


def insert_if_absent(model: type[Any], key: list[str]) -> Insert:
    """An INSERT that leaves out rows whose columns of that unique `key` are there already."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return insert(model).on_conflict_do_nothing(index_elements=key)


READ_ONLY = "25006"  # PostgreSQL's code: it stands by for another server, or its disk is nearly full

_reading: ContextVar[bool] = ContextVar("reading", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside see one moment, and do not ask SQLite for the write lock: pages wait for no writer."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def prepare_sqlite(engine: Engine, busy_timeout: float) -> None:
    """Sets what SQLite leaves off: foreign keys, WAL, waiting for a writer, and honest transactions."""

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A transaction that reads first and writes later would fail at once if somebody wrote in between.
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def checkin(connection: sqlite3.Connection | None, _record: Any) -> None:
        # A commit that failed may leave its transaction open, and a session that is only closed does not end it then:
        # the connection would wait for its next use with the write lock in its hand.
        if connection is not None and connection.in_transaction:
            connection.rollback()


def prepare_postgresql(engine: Engine, busy_timeout: float, lease: float) -> None:
    """Sees to it that nobody waits for ever: not for a lock, and not on a process that froze while it held one."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = {int(busy_timeout * 1000)}")
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        if _reading.get():  # who only reads sees one moment, and holds nobody up for as long as it takes
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        else:
            connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {int(lease * 1000)}")

    @event.listens_for(engine, "handle_error")
    def lose(context: ExceptionContext) -> Exception | None:
        """Its driver has several kinds of error for a server that is gone or stands by. To us it is one: look again."""
        if context.is_disconnect or getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            return OperationalError(context.statement, context.parameters, context.original_exception)
        return None
