"""The state of the installation: who works, what waits, who holds what, and what it all stands on.

Everything can be away. A part that cannot be read is None, and the others are read all the same.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from webapp.core.db import db, reading
from webapp.core.redis import AWAY, impatient_connection
from webapp.core.settings import settings
from webapp.jobs import crew, facts, timetable
from webapp.jobs.crew import QueueSeen, WorkerSeen
from webapp.jobs.facts import DatabaseFacts, Disk, Migrations, RedisFacts
from webapp.jobs.timetable import TIMETABLE, SchedulerSign
from webapp.pipeline import holding
from webapp.pipeline.holding import Holding

log = logging.getLogger(__name__)

ANSWERS_WITHIN = 3  # seconds, for each part that is in the database

Part = TypeVar("Part")


@dataclass(frozen=True)
class Entry:
    """A line of the timetable. `due`: when it is fired next; None if Redis has lost it."""

    task: str
    every: int
    due: datetime | None


@dataclass(frozen=True)
class Scheduling:
    """Who fires the timetable. `last_heard`: of any scheduler, as far as Redis remembers."""

    schedulers: list[SchedulerSign]
    last_heard: datetime | None
    entries: list[Entry]


@dataclass(frozen=True)
class System:
    """None: not known, because what has it does not answer."""

    workers: list[WorkerSeen] | None
    queues: list[QueueSeen] | None
    scheduling: Scheduling | None
    runs: Holding | None
    database: DatabaseFacts | None
    migrations: Migrations | None
    redis: RedisFacts | None
    disk: Disk | None

    def as_json(self) -> dict[str, Any]:
        return {name: _plain(part) for name, part in asdict(self).items()}


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(part) for name, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case datetime():
            return value.isoformat(timespec="seconds")
        case float():
            return round(value, 1)
    return value


def look() -> System:
    """Looks once at everything."""
    client, lease = impatient_connection(), settings().lease_ttl
    redis = Witness(AWAY, RedisError)
    database = Witness((OperationalError,), SQLAlchemyError)
    locks = redis.ask(lambda: holding.locks_in(client, lease))  # before the rows, so that none seems to be stale
    return System(
        workers=redis.ask(lambda: crew.workers(client)),
        queues=redis.ask(lambda: crew.queues(client)),
        scheduling=redis.ask(lambda: _scheduling(client)),
        redis=redis.ask(lambda: facts.redis_facts(client)),
        database=database.ask(lambda: _read(facts.database_facts)),
        migrations=database.ask(lambda: _read(lambda: facts.migrations(db.session.connection()))),
        runs=database.ask(lambda: _read(lambda: holding.holding(locks))),
        disk=Witness((), OSError).ask(facts.disk),
    )


class Witness:
    """Is asked for one part after the other. Once it was away it is not asked again: each try would take long."""

    def __init__(self, away: tuple[type[Exception], ...], trouble: type[Exception]):
        self._away = away
        self._trouble = trouble
        self._is_away = False

    def ask(self, part: Callable[[], Part]) -> Part | None:
        """The part; None if it cannot be had."""
        if self._is_away:
            return None
        try:
            return part()
        except self._trouble as error:
            self._is_away = isinstance(error, self._away)
            log.warning("a part of the system cannot be read: %s", error)
            return None


def _scheduling(client: Redis) -> Scheduling:
    due = timetable.next_firings(client)
    return Scheduling(
        schedulers=timetable.schedulers(client),
        last_heard=timetable.last_sign_of_a_scheduler(client),
        entries=[Entry(task.rpartition(".")[2], every, due.get(task)) for task, every in TIMETABLE.items()],
    )


def _read(part: Callable[[], Part]) -> Part:
    """In a transaction of its own, which waits for nobody for long."""
    with reading():
        try:
            if db.engine.dialect.name == "postgresql":
                db.session.execute(text(f"SET LOCAL statement_timeout = {int(ANSWERS_WITHIN * 1000)}"))
            found = part()
            db.session.commit()  # what was read stays readable
        except SQLAlchemyError:
            db.session.rollback()
            raise
    return found
