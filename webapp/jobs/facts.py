"""What an installation stands on: database, its shape, Redis, disk. Each raises what its source raises."""

import functools
import shutil
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from redis import Redis
from sqlalchemy import Connection, text

from webapp.core.db import db
from webapp.core.settings import settings


@dataclass(frozen=True)
class DatabaseFacts:
    """`size`: bytes, with what waits in SQLite's log of writes."""

    engine: str
    version: str
    size: int


@dataclass(frozen=True)
class RedisFacts:
    """`used` and `limit` of memory: bytes; no limit is 0. `up_for`: seconds."""

    version: str
    used: int
    limit: int
    up_for: int


@dataclass(frozen=True)
class Disk:
    """Of the instance folder, in bytes."""

    free: int
    total: int


@dataclass(frozen=True)
class Migrations:
    """The migration that the database is at, and the newest that the code has. `known`: whether the code has both."""

    current: str | None
    newest: str
    known: bool

    @property
    def is_newest(self) -> bool:
        return self.current == self.newest


def database_facts() -> DatabaseFacts:
    if db.engine.dialect.name == "sqlite":
        return DatabaseFacts("sqlite", str(db.session.scalar(text("SELECT sqlite_version()"))), _size_of_sqlite())
    version = str(db.session.scalar(text("SHOW server_version")))
    size = db.session.scalar(text("SELECT pg_database_size(current_database())"))
    return DatabaseFacts("postgresql", version, int(size or 0))


def _size_of_sqlite() -> int:
    file = Path(db.engine.url.database or "")
    parts = [file.with_name(file.name + ending) for ending in ("", "-wal")]
    return sum(part.stat().st_size for part in parts if part.is_file())


def redis_facts(client: Redis) -> RedisFacts:
    about = client.info()
    return RedisFacts(
        version=about["redis_version"],
        used=about["used_memory"],
        limit=about["maxmemory"],
        up_for=about["uptime_in_seconds"],
    )


def disk() -> Disk:
    usage = shutil.disk_usage(settings().instance)
    return Disk(usage.free, usage.total)


def migrations(connection: Connection) -> Migrations:
    """Where the database stands."""
    from alembic.migration import MigrationContext

    current = MigrationContext.configure(connection).get_current_revision()
    newest, all_of_them = _revisions(current_app.extensions["migrate"].directory)
    return Migrations(current, newest, known=current is None or current in all_of_them)


@functools.cache
def _revisions(folder: str) -> tuple[str, frozenset[str]]:
    """The newest migration of the code, and all: the code of a process does not change."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(folder)
    return scripts.get_current_head() or "", frozenset(script.revision for script in scripts.walk_revisions())
