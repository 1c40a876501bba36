"""What browsers are told: what may be loaded, what may be kept."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests import factories
from tests.visitor import Visitor
from webapp.core.db import db
from webapp.web.assets import asset


@pytest.fixture
def static(app: Flask, tmp_path: Path) -> Path:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "app.css").write_text("body { color: black }" * 100)
    (tmp_path / "vendor" / "icons.svg").write_text("<svg/>")
    for name in ("favicon.svg", "app.js", "vendor/htmx.min.js"):
        (tmp_path / name).touch()
    app.static_folder = str(tmp_path)
    factories.member()
    return tmp_path


@pytest.mark.parametrize("address", ["/sign-in", "/nowhere", "/healthz"])
def test_pages_load_nothing_from_elsewhere_and_run_no_inline_script(client: Visitor, address: str) -> None:
    factories.member()
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "HX-Request" in headers["Vary"]


def test_pages_are_asked_for_each_time(client: Visitor) -> None:
    factories.member()
    assert client.get("/sign-in").headers["Cache-Control"] == "private, no-cache"


def test_static_files_are_kept_for_a_year_under_the_hash_of_their_content(
    app: Flask, client: Visitor, static: Path
) -> None:
    with app.test_request_context():
        first = asset("app.css")
        assert asset("vendor/icons.svg").startswith("/static/vendor/icons.svg?v=")
    answer = client.get(first)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers
    (static / "app.css").write_text("body { color: navy }")
    with app.test_request_context():
        assert asset("app.css") != first


def test_static_files_without_the_hash_are_asked_for_each_time(client: Visitor, static: Path) -> None:
    assert client.get("/static/app.css").headers["Cache-Control"] == "no-cache"
    assert client.get("/static/missing.css?v=1").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["/healthz", "/static/app.css"])
def test_what_concerns_nobody_does_not_ask_the_database_who_that_is(
    app: Flask, client: Visitor, static: Path, address: str
) -> None:
    factories.signed_in(client, factories.user())
    asked: list[str] = []

    def count(*told: Any) -> None:
        asked.append(told[2])

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        client.get(address)
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert asked == []


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_texts_are_compressed(client: Visitor, static: Path, encoding: str) -> None:
    answer = client.get("/static/app.css", headers={"Accept-Encoding": encoding})
    assert answer.headers["Content-Encoding"] == encoding
    assert len(answer.data) < 200


def test_the_theme_is_remembered_and_leads_back_to_the_page(client: Visitor) -> None:
    factories.member()
    answer = client.send("/theme", {"theme": "dark"}, headers={"Referer": "http://localhost/sign-in?next=/"})
    assert answer.location == "/sign-in?next=/"
    cookie = client.get_cookie("theme")
    assert cookie is not None and cookie.value == "dark"


@pytest.mark.parametrize("theme", ["", "pink", "<script>"])
def test_there_are_three_themes(client: Visitor, theme: str) -> None:
    factories.member()
    assert client.send("/theme", {"theme": theme}).status_code == 303
    assert client.get_cookie("theme") is None


@pytest.mark.parametrize("referrer", ["http://evil.example/x", "http://localhost//evil.example", ""])
def test_choosing_a_theme_never_leads_to_another_site(client: Visitor, referrer: str) -> None:
    factories.member()
    assert client.send("/theme", {"theme": "dark"}, headers={"Referer": referrer}).location == "/"
