"""Whether everything is there that Pressroom needs, and what to do where it is not."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from redis.exceptions import OutOfMemoryError, RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from webapp.ai.registry import provider_named
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.redis import AWAY, impatient_connection
from webapp.core.settings import settings
from webapp.jobs.facts import migrations
from webapp.jobs.queue import PUBLISHING, RUNS, UPKEEP
from webapp.jobs.system import System, look
from webapp.sites.ai.models import AiConnection

START = "Start everything with bin/up, or start its process again."
MEND_TIMETABLE = "Set the clocks of all machines right, then start the timetable's process again."
LATE = 30  # seconds that a firing may be off
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


def examine(found: System | None = None) -> list[Check]:
    """Looks at everything, whatever of it is away. What was found by a look at the system need not be asked again."""
    system = found or look()
    checks: list[Callable[[], Check]] = [
        _database,
        _migrations,
        _redis,
        lambda: _workers(system, RUNS),
        lambda: _workers(system, UPKEEP),
        lambda: _workers(system, PUBLISHING),
        lambda: _scheduler(system),
        _provider,
        _target,
        lambda: _disk(system),
    ]
    return [check() for check in checks]


def _database() -> Check:
    engine = db.engine.dialect.name
    try:
        db.session.execute(text("SELECT 1"))  # on SQLite it takes the writers' lock, too
    except SQLAlchemyError as error:
        return Check("database", False, f"{engine} does not answer: {_first_line(error)}", _mend_database())
    finally:
        db.session.rollback()
    return Check("database", True, f"{engine} answers")


def _mend_database() -> str:
    file = db.engine.url.database
    if db.engine.dialect.name == "sqlite" and file:
        return f"See to it that {file} can be written to and that its disk has room."
    return "Check DATABASE_URL, and that the server runs."


def _migrations() -> Check:
    try:
        with db.engine.connect() as connected:
            found = migrations(connected)
    except SQLAlchemyError as error:
        return Check("migrations", False, f"cannot be read: {_first_line(error)}", "Mend the database first.")
    if found.is_newest:
        return Check("migrations", True, f"at {found.current}")
    detail = f"the database is at {found.current or 'nothing'}, the code at {found.newest}"
    older = "Run: bin/pressroom upgrade"
    newer = "The database is newer than this code: start the newer code."
    return Check("migrations", False, detail, older if found.known else newer)


def _redis() -> Check:
    client = impatient_connection()
    try:
        version = client.info("server")["redis_version"]
    except AWAY as error:
        return Check("redis", False, f"does not answer: {_first_line(error)}", START)
    try:
        client.set("pressroom:doctor", "was here", px=1000)
    except RedisError as error:
        remedy = "Look at its log, its memory and its disk: until then runs wait in the database."
        why = "it is full" if isinstance(error, OutOfMemoryError) else _first_line(error)
        return Check("redis", False, f"answers, but keeps nothing: {why}", remedy)
    return Check("redis", True, f"version {version}")


def _workers(found: System, queue: str) -> Check:
    name = f"worker:{queue}"
    if found.workers is None:
        return Check(name, False, "not known while Redis is away", "Mend Redis first.")
    living = sum(worker.queue == queue for worker in found.workers)
    if not living:
        return Check(name, False, "none is listening", START)
    return Check(name, True, f"{living} listening")


def _scheduler(found: System) -> Check:
    if found.scheduling is None:
        return Check("scheduler", False, "not known while Redis is away", "Mend Redis first.")
    living = len(found.scheduling.schedulers)
    if not living:
        return Check("scheduler", False, "none is alive: nothing starts or is published by itself", START)
    still = [entry for entry in found.scheduling.entries if entry.due and not _is_soon(entry.due, entry.every)]
    if still:
        detail = ", ".join(f"{entry.task} is due at {entry.due:%Y-%m-%d %H:%M:%S} UTC" for entry in still)
        return Check("scheduler", False, f"{living} alive, but nothing is fired: {detail}", MEND_TIMETABLE)
    return Check("scheduler", True, f"{living} alive")


def _is_soon(due: datetime, every: int) -> bool:
    """Neither overdue nor later than the interval allows."""
    return -LATE <= (due - now()).total_seconds() <= every + LATE


def _provider() -> Check:
    """A key that is refused is its owner's to mend: nothing of the installation is wrong."""
    without = f"{provider_named('embedded').name}: drafts without a language model, needs no key"
    try:
        with db.engine.connect() as connected:
            wanted = select(AiConnection.name, AiConnection.refused_at).order_by(AiConnection.id)
            found = connected.execute(wanted).all()
    except SQLAlchemyError:
        return Check("provider", True, f"{without}; the endpoints cannot be read")
    refused = [f"{name} since {at:%Y-%m-%d %H:%M} UTC" for name, at in found if at is not None]
    keys = f"; refusing their key: {', '.join(refused)}" if refused else ""
    return Check("provider", True, f"{without}; endpoints: {len(found)}{keys}")


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


def _disk(found: System) -> Check:
    if found.disk is None:
        return Check("disk", False, "the instance folder cannot be looked at", "See whether its disk is there.")
    detail = f"{found.disk.free // 1_000_000:,} MB free"
    if found.disk.free < LEAST_ROOM:
        return Check("disk", False, detail, "Make room: articles and pictures need some.")
    return Check("disk", True, detail)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
