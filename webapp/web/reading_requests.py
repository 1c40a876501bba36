"""Requests that only read do not queue for SQLite's write lock."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from webapp.core.db import reading

READING = ("GET", "HEAD", "OPTIONS")


def prepare(app: Flask) -> None:
    answer = app.wsgi_app

    def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in READING:
            return answer(environ, start_response)
        with reading():
            return answer(environ, start_response)

    app.wsgi_app = wsgi_app  # type: ignore[method-assign]
