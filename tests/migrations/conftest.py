"""Databases without tables."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

import config
from tests import servers
from webapp import create_app
from webapp.core.db import db

MakeApp = Callable[[str], Flask]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeApp]:
    """Makes an app, within its context, over an empty database of that name; on both engines."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    with ExitStack() as ends:

        def make(name: str) -> Flask:
            url = f"sqlite:///{tmp_path / name}.db" if server is None else _postgres(server, name, ends)
            app = create_app(config.load({"DATABASE_URL": url, "PRESSROOM_INSTANCE": str(tmp_path / "instance")}))
            ends.enter_context(app.app_context())
            ends.callback(_let_go)
            return app

        yield make


def _postgres(server: str, name: str, ends: ExitStack) -> str:
    servers.execute(server, f"CREATE DATABASE empty_{name}")
    ends.callback(servers.execute, server, f"DROP DATABASE empty_{name} WITH (FORCE)")
    parts = dict(part.split("=", 1) for part in server.split())
    return f"postgresql+psycopg://{parts['user']}@/empty_{name}?host={parts['host']}"


def _let_go() -> None:
    db.session.remove()
    db.engine.dispose()
