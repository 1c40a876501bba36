"""Whether requests can be served now, asked so that a database or a Redis that hangs holds nobody up."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from webapp.core.db import db, reading
from webapp.core.redis import impatient_connection
from webapp.jobs.facts import Migrations, migrations

WITHIN = 3.0  # seconds, for all of it

AWAY = "does not answer"
WELL = ""


class Probe:
    """Asks in a thread, and asks again only when that has come back: of however many requests one thread may hang."""

    def __init__(self, app: Flask, ask: Callable[[], str]):
        self._app = app
        self._ask = ask
        self._guard = threading.Lock()
        self._asked: Future[str] | None = None

    def ask(self) -> "Future[str]":
        """What is wrong, or nothing, as soon as that is known."""
        with self._guard:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(target=self._answer, args=(self._asked,), name="probe", daemon=True).start()
            return self._asked

    def _answer(self, asked: "Future[str]") -> None:
        try:
            with self._app.app_context():
                asked.set_result(self._ask())
        except Exception as error:
            asked.set_exception(error)


class Readiness:
    """Of one app: what it cannot do without."""

    def __init__(self, app: Flask):
        self._probes = {"database": Probe(app, _ask_database), "redis": Probe(app, _ask_redis)}

    def problems(self) -> list[str]:
        """A line for each thing that is wrong, without addresses or what a server said."""
        deadline = time.monotonic() + WITHIN
        asked = {name: probe.ask() for name, probe in self._probes.items()}
        answers = {name: _in_time(future, deadline) for name, future in asked.items()}
        return [f"{name}: {answer}" for name, answer in answers.items() if answer != WELL]


def _in_time(asked: "Future[str]", deadline: float) -> str:
    try:
        return asked.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return AWAY


def _ask_database() -> str:
    try:
        found = _migrations()
    except SQLAlchemyError:
        return AWAY
    if found.is_newest:
        return WELL
    return "its shape is older than this code" if found.known else "its shape is newer than this code"


def _migrations() -> Migrations:
    try:
        return _read_migrations()
    except OperationalError:
        return _read_migrations()  # the connection may have been one from before the database came back


def _read_migrations() -> Migrations:
    with reading(), db.engine.connect() as connection:
        return migrations(connection)


def _ask_redis() -> str:
    try:
        impatient_connection().ping()
    except RedisError:
        return AWAY
    return WELL
