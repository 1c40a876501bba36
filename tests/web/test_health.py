"""/healthz and /readyz: for everybody, for nobody's session, and never kept."""

import dataclasses

import pytest
from flask import Flask
from sqlalchemy import text

from tests import factories
from tests.visitor import Visitor
from webapp.core.db import db
from webapp.jobs import readiness


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes longer than a load balancer would wait."""
    monkeypatch.setattr(readiness, "WITHIN", 60.0)


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
@pytest.mark.parametrize("is_founded", [False, True])
def test_a_load_balancer_needs_no_sign_in(client: Visitor, address: str, is_founded: bool) -> None:
    if is_founded:
        factories.member()

    answer = client.get(address)

    assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok\n", "text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_who_cannot_do_its_work_says_why_and_where_nothing_is(app: Flask, client: Visitor) -> None:
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], redis_url="redis://:secret@127.0.0.1:1/0")
    db.session.execute(text("DELETE FROM alembic_version"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.text.splitlines() == ["database: its shape is older than this code", "redis: does not answer"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_does_not_wait_for_a_writer(client: Visitor) -> None:
    with db.engine.connect() as writer:
        writer.execute(text("UPDATE site SET name = 'somebody writes'"))

        answer = client.get("/readyz")

        writer.rollback()
    assert answer.status_code == 200
