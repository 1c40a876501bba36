"""What SQLAlchemy keeps per engine, the text of each statement, shared by the engines of all apps of this process."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

MOST = 4000  # more than all tests of a process need; SQLAlchemy's 500 are for one app


def compile_each_once(patch: pytest.MonkeyPatch) -> None:
    """Lets each engine find what another of its kind compiled, as the one engine of a process does all the time.

    A statement is kept under the dialect that compiled it: those of one kind count as the same, since ours are set up
    alike.
    """
    kept: LRUCache[Any, Any] = LRUCache(MOST)
    shared = property(lambda engine: kept, lambda engine, its_own: None)
    patch.setattr(Engine, "_compiled_cache", shared, raising=False)
    patch.setattr(DefaultDialect, "__eq__", lambda one, other: type(one) is type(other))
    patch.setattr(DefaultDialect, "__hash__", lambda dialect: hash(type(dialect)))
