"""`pressroom secrets rotate`: what it says, and what it answers to a program."""

from dataclasses import replace

import pytest
from flask import Flask

from tests import factories
from tests.cli.conftest import Pressroom
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.publishing.models import WordPressConnection


@pytest.fixture(autouse=True)
def _connected(app: Flask) -> None:
    site = factories.site(name="Herbs")
    db.session.add(
        WordPressConnection(site_id=site.id, address="https://a.example", username="a", password=Secret.of("b c"))
    )
    db.session.commit()


def test_it_says_how_many(pressroom: Pressroom) -> None:
    said = pressroom("secrets", "rotate")

    assert (said.code, said.out, said.err) == (0, "Encrypted with the present key: 1.\n", "")


def test_it_names_what_has_to_be_entered_again(
    app: Flask, pressroom: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], secret_key="another one"))

    said = pressroom("secrets", "rotate")

    assert (said.code, said.out) == (1, "Encrypted with the present key: 0.\n")
    assert said.err == (
        "SECRET_KEY has changed, and no key opens the password of site Herbs for WordPress: enter it again.\n"
    )
