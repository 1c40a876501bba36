"""Calling commands in a test, within the app that it has."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from webapp.cli.main import main
from webapp.core.db import db


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    result: Result

    @property
    def code(self) -> int:
        return self.result.exit_code

    @property
    def out(self) -> str:
        return self.result.stdout

    @property
    def err(self) -> str:
        return self.result.stderr

    @property
    def json(self) -> Any:
        assert self.code == 0, self.result.output
        return json.loads(self.out)


Pressroom = Callable[..., Said]


@pytest.fixture
def pressroom(app: Flask) -> Pressroom:
    """pressroom("queue", "garden", "--json", given="what it reads"): no stack trace, however it ends."""

    def call(*arguments: str, given: str | bytes | None = None) -> Said:
        result = CliRunner().invoke(main, arguments, input=given, prog_name="pressroom")
        db.session.rollback()
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert "Traceback" not in result.output
        return Said(result)

    return call
