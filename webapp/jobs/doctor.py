"""Whether everything is there that Pressroom needs, and what to do where it is not."""

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from flask import current_app
from rq import Worker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.ai.registry import provider_named
from webapp.core.db import db
from webapp.core.redis import AWAY, connection
from webapp.core.settings import settings
from webapp.jobs.queue import RUNS, UPKEEP
from webapp.jobs.timetable import living_schedulers

START = "Start everything with bin/up, or start its process again."
LEAST_ROOM = 200 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Check:
    """`remedy` says what to do and is empty where nothing needs doing."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def examine() -> list[Check]:
    """Looks at everything, whatever of it is away."""
    checks: list[Callable[[], Check]] = [
        _database,
        _migrations,
        _redis,
        lambda: _workers(RUNS),
        lambda: _workers(UPKEEP),
        _scheduler,
        _provider,
        _target,
        _disk,
    ]
    return [check() for check in checks]


def _database() -> Check:
    engine = db.engine.dialect.name
    try:
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
    except SQLAlchemyError as error:
        return Check(
            "database", False, f"{engine} does not answer: {_first_line(error)}", "Check DATABASE_URL and the server."
        )
    return Check("database", True, f"{engine} answers")


def _migrations() -> Check:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    remedy = "Run: bin/pressroom upgrade"
    try:
        with db.engine.connect() as connected:
            current = MigrationContext.configure(connected).get_current_revision()
    except SQLAlchemyError as error:
        return Check("migrations", False, f"cannot be read: {_first_line(error)}", "Mend the database first.")
    newest = ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()
    if current != newest:
        return Check("migrations", False, f"the database is at {current or 'nothing'}, the code at {newest}", remedy)
    return Check("migrations", True, f"at {current}")


def _redis() -> Check:
    try:
        version = connection().info("server")["redis_version"]
    except AWAY as error:
        return Check("redis", False, f"does not answer: {_first_line(error)}", START)
    return Check("redis", True, f"version {version}")


def _workers(queue: str) -> Check:
    name = f"worker:{queue}"
    try:
        client = connection()
        living = [worker for worker in Worker.all(connection=client) if queue in worker.queue_names()]
    except AWAY:
        return Check(name, False, "not known while Redis is away", "Mend Redis first.")
    if not living:
        return Check(name, False, "none is listening", START)
    return Check(name, True, f"{len(living)} listening")


def _scheduler() -> Check:
    try:
        living = living_schedulers(connection())
    except AWAY:
        return Check("scheduler", False, "not known while Redis is away", "Mend Redis first.")
    if not living:
        return Check("scheduler", False, "none is alive: nothing starts or is published by itself", START)
    return Check("scheduler", True, f"{living} alive")


def _provider() -> Check:
    provider = provider_named("embedded")
    return Check("provider", True, f"{provider.name}: drafts without a language model, needs no key")


def _target() -> Check:
    folder = settings().published
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Check(
            "target", False, f"{folder} cannot be made: {error.strerror}", "Let the app write to its instance folder."
        )
    if not os.access(folder, os.W_OK):
        return Check("target", False, f"{folder} cannot be written to", "Let the app write to its instance folder.")
    return Check("target", True, "the folder of published sites can be written to")


def _disk() -> Check:
    free = shutil.disk_usage(settings().instance).free
    detail = f"{free // 1024 // 1024:,} MB free"
    if free < LEAST_ROOM:
        return Check("disk", False, detail, "Make room: articles and pictures need some.")
    return Check("disk", True, detail)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
