"""Secrets in the database: unreadable for whoever has no key, and what becomes of them when the key changes."""

import pickle
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from tests import factories
from webapp.core import secrets
from webapp.core.db import db
from webapp.core.secrets import Secret, Unreadable
from webapp.publishing.models import WordPressConnection

PASSWORD = "abcd efgh ijkl mnop qrst uvwx"


def with_keys(app: Flask, monkeypatch: pytest.MonkeyPatch, key: str, *old: str) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], secret_key=key, secret_key_old=old))


def connection(name: str = "Herbs") -> WordPressConnection:
    site = factories.site(name=name)
    made = WordPressConnection(
        site_id=site.id, address="https://herbs.example", username="ana", password=Secret.of(PASSWORD)
    )
    db.session.add(made)
    db.session.commit()
    return made


def reread(row: WordPressConnection) -> Secret:
    db.session.expire_all()
    return db.session.get_one(WordPressConnection, row.site_id).password


def test_what_is_kept_comes_back_and_is_not_in_the_database(app: Flask) -> None:
    made = connection()

    assert reread(made).reveal() == PASSWORD
    assert PASSWORD not in str(db.session.scalar(text("SELECT password FROM wordpress_connection")))


def test_the_same_text_is_another_row_each_time(app: Flask) -> None:
    assert Secret.of(PASSWORD) != Secret.of(PASSWORD)


def test_nothing_that_is_printed_or_sent_on_holds_it(app: Flask) -> None:
    secret = Secret.of(PASSWORD)

    for shown in (repr(secret), str(secret), f"{secret!r} {connection()!r}", repr(pickle.dumps(secret))):
        assert "abcd" not in shown


def test_another_key_does_not_read_it_and_says_what_to_do(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = connection()
    with_keys(app, monkeypatch, "another one")

    with pytest.raises(Unreadable) as told:
        reread(made).reveal()

    assert "SECRET_KEY has changed" in told.value.sentence
    assert "Enter it again" in told.value.remedy


def test_the_key_so_far_reads_it_still(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = connection()
    with_keys(app, monkeypatch, "another one", "one before", "known to the tests")

    assert reread(made).reveal() == PASSWORD


def test_rotating_does_without_the_key_so_far(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = connection()
    with_keys(app, monkeypatch, "another one", "known to the tests")

    done = secrets.rotate()

    assert (done.renewed, done.unreadable) == (1, [])
    with_keys(app, monkeypatch, "another one")
    assert reread(made).reveal() == PASSWORD


def test_rotating_names_what_no_key_opens_and_does_the_others(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = connection("Lost")
    with_keys(app, monkeypatch, "another one")
    kept = connection("Kept")

    done = secrets.rotate()

    assert (done.renewed, done.unreadable) == (1, ["the password of site Lost for WordPress"])
    assert reread(kept).reveal() == PASSWORD
    with_keys(app, monkeypatch, "known to the tests")
    assert reread(lost).reveal() == PASSWORD


def test_a_password_that_is_entered_meanwhile_is_left_alone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = connection()
    renew = Secret.renewed

    def slowly(secret: Secret) -> Secret:
        db.session.execute(text("UPDATE wordpress_connection SET password = :new"), {"new": entered.sealed})
        return renew(secret)

    entered = Secret.of("entered meanwhile")
    monkeypatch.setattr(Secret, "renewed", slowly)

    assert secrets.rotate().renewed == 0
    assert reread(made).reveal() == "entered meanwhile"
