"""What every test may ask for: an app over a fresh database, on SQLite and on PostgreSQL, with a real Redis."""

import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn, TypeVar

import hypothesis
import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from playwright.sync_api import Browser, sync_playwright

import config
from tests import addresses, network, servers, statements
from tests.templates import CompiledTemplates
from tests.wordpress.server import WordPress, wordpress_server
from webapp import create_app
from webapp.core.db import db

TEMPLATE = "migrated"
LOOKS_FOR_RUBBISH_AFTER = 10_000  # objects that are not gone by themselves
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)

_numbers = itertools.count(1)
Server = TypeVar("Server")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults", action="store_true", help="also the long trials of tests/faults/long, with their table"
    )
    parser.addoption("--models", action="store_true", help="also the tests that ask a real language model")


def pytest_collection_finish() -> None:
    """What is there by now stays to the end. To look through it for rubbish, time and again, took 7 % of all tests."""
    gc.freeze()
    gc.set_threshold(LOOKS_FOR_RUBBISH_AFTER)


hypothesis.settings.register_profile("pressroom", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("pressroom")


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> None:
    network.refuse_other_machines()


@pytest.fixture(scope="session", autouse=True)
def _addresses_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        addresses.compile_each_once(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        statements.compile_each_once(patch)
        yield


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a Redis of this test process."""
    yield from _started(servers.redis_server)


@pytest.fixture(scope="session")
def wordpress() -> Iterator[WordPress]:
    """A WordPress without posts of ours. Put tests that ask for it into the xdist group "wordpress"."""
    yield from _started(wordpress_server)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """How to connect to a PostgreSQL of this test process."""
    yield from _started(servers.postgres_server)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file to copy."""
    path = tmp_path_factory.mktemp("template") / "pressroom.db"
    _migrate(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same server, with a database to copy."""
    servers.execute(postgres_server, f"CREATE DATABASE {TEMPLATE}")
    _migrate(_postgres_url(postgres_server, TEMPLATE), tmp_path_factory.mktemp("template"))
    return postgres_server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database; each test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        yield _sqlite_copy(request.getfixturevalue("migrated_sqlite"), tmp_path)
    else:
        yield from _postgres_copy(request.getfixturevalue("migrated_postgres"))


@pytest.fixture
def environ(database_url: str, redis_server: str, tmp_path: Path) -> dict[str, str]:
    """The environment of an installation, for settings and for processes that a test starts. Redis is empty."""
    redis.Redis.from_url(redis_server).flushall()
    return {
        "PRESSROOM_INSTANCE": str(tmp_path / "instance"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_server,
        "SECRET_KEY": "known to the tests",
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> config.Settings:
    return config.load(environ)


@pytest.fixture(scope="session")
def compiled_templates() -> CompiledTemplates:
    """Compiling the templates anew for every app takes half of the time of a test that looks at a page."""
    return CompiledTemplates()


@pytest.fixture
def app(settings: config.Settings, compiled_templates: CompiledTemplates) -> Iterator[Flask]:
    """The application, within its context."""
    made = create_app(settings)
    made.testing = True
    made.jinja_env.bytecode_cache = compiled_templates
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window. Make a context of your own in it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        _leave_out("There is no Chromium on this machine: apt install chromium.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=BROWSER_OPTIONS)
        yield chromium
        chromium.close()


def _started(server: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    try:
        with server() as address:
            yield address
    except servers.Missing as missing:
        _leave_out(str(missing))


def _leave_out(why: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def _migrate(database_url: str, instance: Path) -> None:
    app = create_app(config.load({"DATABASE_URL": database_url, "PRESSROOM_INSTANCE": str(instance)}))
    with app.app_context():
        upgrade()
        db.engine.dispose()


def _sqlite_copy(template: Path, folder: Path) -> str:
    copy = shutil.copyfile(template, folder / "pressroom.db")
    return f"sqlite:///{copy}"


def _postgres_copy(server: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    servers.execute(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    yield _postgres_url(server, name)
    servers.execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _postgres_url(server: str, name: str) -> str:
    parts = dict(part.split("=", 1) for part in server.split())
    return f"postgresql+psycopg://{parts['user']}@/{name}?host={parts['host']}"
