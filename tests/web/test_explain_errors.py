"""What people read when something did not work: a sentence and a remedy, never a stack trace."""

import errno
import json
import sqlite3
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.visitor import Visitor
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid, NotFound, PressroomError, RedisAway
from webapp.web.htmx import after_post

HTMX = {"HX-Request": "true"}


def refused(error: Exception) -> Any:
    def view() -> str:
        raise error

    return view


@pytest.fixture
def page(app: Flask, client: Visitor) -> Visitor:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    factories.signed_in(client, factories.member().user)
    return client


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("There is no such thing.", "Look elsewhere."), 404),
        (Invalid("field", "That is no number.", "Write digits."), 422),
        (Conflict("The run has ended.", "Start another."), 409),
        (RedisAway(), 503),
        (PressroomError("The wind has turned.", "Wait."), 400),
    ],
)
def test_our_errors_say_what_happened_and_what_to_do(
    app: Flask, page: Visitor, error: PressroomError, code: int
) -> None:
    app.add_url_rule("/tried", view_func=refused(error))
    answer = page.get("/tried")
    assert answer.status_code == code
    assert error.sentence in answer.text
    assert error.remedy in answer.text

    fragment = page.get("/tried", headers=HTMX)
    assert (fragment.status_code, fragment.text) == (code, "")
    assert fragment.headers["HX-Reswap"] == "none"
    toast = json.loads(fragment.headers["HX-Trigger"])["toast"]
    assert toast == {"kind": "err", "message": str(error)}


def test_a_kind_of_conflict_is_a_conflict(app: Flask, page: Visitor) -> None:
    class TooLate(Conflict):
        pass

    app.add_url_rule("/tried", view_func=refused(TooLate("It is over.")))
    assert page.get("/tried").status_code == 409


@pytest.mark.parametrize("error", [ValueError("a secret detail"), OSError(errno.EIO, "a secret detail")])
def test_a_bug_is_confessed_without_details(app: Flask, page: Visitor, error: Exception) -> None:
    app.add_url_rule("/tried", view_func=refused(error))
    for headers in ({}, HTMX):
        answer = page.get("/tried", headers=headers)
        assert answer.status_code == 500
        assert "secret detail" not in answer.text + str(answer.headers)
        assert "Traceback" not in answer.text
    assert "Something broke on our side" in page.get("/tried").text


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
        OperationalError("INSERT", {}, Exception('could not extend file "base/1": No space left on device')),
    ],
)
def test_a_full_disk_is_named(app: Flask, page: Visitor, error: Exception) -> None:
    app.add_url_rule("/tried", view_func=refused(error))
    answer = page.get("/tried")
    assert answer.status_code == 503
    assert "no space left" in answer.text
    assert "Nothing was changed" in answer.text


def test_a_database_that_is_locked_is_named_and_nothing_is_half_saved(app: Flask, page: Visitor) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite locks all of the database")
    member = factories.member()
    site = factories.site(member.account)
    name, address = site.name, f"/sites/{site.slug}/settings"
    factories.signed_in(page, member.user)
    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 50"))
    writer = sqlite3.connect(str(db.engine.url.database), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    fields = {"name": "Another", "time_zone": "UTC", "language": "en", "voice": ""}
    answer = page.send(address, fields)
    assert answer.status_code == 503
    assert "database is busy" in answer.text
    assert page.get(address).status_code == 200  # reading goes on meanwhile
    writer.rollback()
    writer.close()
    assert name in page.get(address).text or name == db.session.get(type(site), site.id).name


def test_a_database_that_is_away_is_named(app: Flask, page: Visitor) -> None:
    away = OperationalError("SELECT", {}, Exception("the server closed the connection unexpectedly"))

    def no_answer(*_: Any) -> None:
        raise away

    event.listen(db.engine, "before_cursor_execute", no_answer)
    try:
        answer = page.get("/")
    finally:
        event.remove(db.engine, "before_cursor_execute", no_answer)
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert "server closed" not in answer.text


def test_an_address_that_leads_nowhere_is_a_page_of_ours(page: Visitor) -> None:
    answer = page.get("/nowhere")
    assert answer.status_code == 404
    assert "That page does not exist" in answer.text


def test_a_method_that_does_not_fit_names_those_that_do(page: Visitor) -> None:
    answer = page.get("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("fields", [{}, {"csrf_token": "forged"}])
def test_a_missing_or_old_token_is_explained(page: Visitor, fields: dict[str, str]) -> None:
    answer = page.post("/theme", data=fields)
    assert answer.status_code == 400
    assert "open for too long" in answer.text
    fragment = page.post("/theme", data=fields, headers=HTMX)
    assert fragment.headers["HX-Reswap"] == "none"
    assert "open for too long" in json.loads(fragment.headers["HX-Trigger"])["toast"]["message"]


@pytest.mark.parametrize("address", ["/sites/a%00b/settings", f"/sites/{'x' * 3000}/settings", "/?after=" + "9" * 30])
def test_odd_addresses_are_no_errors_of_ours(page: Visitor, address: str) -> None:
    assert page.get(address).status_code < 500


def test_after_a_post_htmx_gets_the_fragment_and_others_the_page(app: Flask, page: Visitor) -> None:
    app.add_url_rule(
        "/done", view_func=lambda: after_post(lambda: "<p>new</p>", "/healthz", "ok", "Saved."), methods=["POST"]
    )
    plain = page.send("/done")
    assert (plain.status_code, plain.location) == (303, "/healthz")
    assert "Saved." in page.get("/").text
    live = page.htmx("/done")
    assert (live.status_code, live.text) == (200, "<p>new</p>")
    assert json.loads(live.headers["HX-Trigger"])["toast"] == {"kind": "ok", "message": "Saved."}
