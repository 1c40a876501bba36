"""An app without a database, a Redis, and endpoints to ask."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from flask import Flask

import config
from tests.ai.openai import server


@pytest.fixture
def settings(redis_server: str, tmp_path: Path) -> config.Settings:
    """Of an installation whose operator allows private addresses; its database is in nobody's reach."""
    redis.Redis.from_url(redis_server).flushall()
    environ = {
        "PRESSROOM_INSTANCE": str(tmp_path / "instance"),
        "REDIS_URL": redis_server,
        "SECRET_KEY": "known to the tests",
        "ALLOW_PRIVATE_TARGETS": "1",
    }
    return config.load(environ)


@pytest.fixture
def app(settings: config.Settings) -> Iterator[Flask]:
    """Just enough of an app to have settings."""
    made = Flask("pressroom")
    made.config["SETTINGS"] = settings
    with made.app_context():
        yield made


@pytest.fixture
def public_only(app: Flask) -> None:
    """The operator does not allow private addresses."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], allow_private_targets=False)


@pytest.fixture
def endpoint(app: Flask) -> Iterator[server.Endpoint]:
    """Tell it what to answer."""
    with server.endpoint() as running:
        yield running
