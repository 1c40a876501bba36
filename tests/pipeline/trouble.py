"""Trouble with the database and with Redis: one error at a chosen point of what is being done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
import redis
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError


class Where(StrEnum):
    BEFORE_STATEMENT = "before a statement"
    AFTER_STATEMENT = "after a statement"
    BEFORE_COMMIT = "before a commit"
    AFTER_COMMIT = "after a commit"  # it is in the database, but nobody is told
    BEFORE_COMMAND = "before a command to Redis"
    AFTER_COMMAND = "after a command to Redis"


@dataclass(frozen=True)
class Trouble:
    """`spared`: how many such points are passed before."""

    where: Where
    spared: int


class Troublemaker:
    """Lets the trouble happen that is due, once. `happened` says whether it came to that."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch):
        self.plan(None)
        self._is_allowed = False
        event.listen(engine, "before_cursor_execute", self._statement(Where.BEFORE_STATEMENT))
        event.listen(engine, "after_cursor_execute", self._statement(Where.AFTER_STATEMENT))
        event.listen(engine, "commit", self._commit)
        for client, method in ((redis.Redis, "execute_command"), (redis.client.Pipeline, "execute")):
            self._between(monkeypatch, client, method)

    def plan(self, trouble: Trouble | None) -> None:
        self._due, self._passed, self.happened = trouble, 0, False

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Only inside is the trouble made, and are the points before it counted."""
        self._is_allowed = True
        try:
            yield
        finally:
            self._is_allowed = False

    def _is_due(self, where: Where) -> bool:
        if not self._is_allowed or self.happened or self._due is None or self._due.where is not where:
            return False
        self._passed += 1
        self.happened = self._passed > self._due.spared
        return self.happened

    def _statement(self, where: Where) -> Any:
        def trouble(_connection: object, _cursor: object, statement: str, *_about: object) -> None:
            if self._is_due(where):
                raise _away(where, statement)

        return trouble

    def _commit(self, connection: Connection) -> None:
        if self._is_due(Where.BEFORE_COMMIT):
            if connection.dialect.name == "postgresql":  # it ends what it cannot commit; SQLite leaves it open
                connection.connection.rollback()
            raise _away(Where.BEFORE_COMMIT, "COMMIT")
        if self._is_due(Where.AFTER_COMMIT):
            connection.connection.commit()
            raise _away(Where.AFTER_COMMIT, "COMMIT")

    def _between(self, monkeypatch: pytest.MonkeyPatch, client: type, method: str) -> None:
        original = getattr(client, method)

        def troubled(*told: Any, **more: Any) -> Any:
            if self._is_due(Where.BEFORE_COMMAND):
                raise redis.ConnectionError(Where.BEFORE_COMMAND)
            answer = original(*told, **more)
            if self._is_due(Where.AFTER_COMMAND):
                raise redis.ConnectionError(Where.AFTER_COMMAND)
            return answer

        monkeypatch.setattr(client, method, troubled)


def _away(where: Where, statement: str) -> OperationalError:
    return OperationalError(statement, None, Exception(f"the database went away {where}"))
