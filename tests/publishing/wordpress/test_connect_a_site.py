"""Connecting a site to a WordPress: what becomes of the password, and of the articles in the queue."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.publishing import desk
from tests.publishing.desk import approve, fresh, settings_of
from tests.wordpress.look_alike import PASSWORD
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.core.secrets import Unreadable
from webapp.publishing.models import PostStatus, PublicationStatus, WaitingReason, WordPressConnection
from webapp.publishing.wordpress.connection import Wanted, connect, credentials_for, credentials_of, forget, use_folder
from webapp.publishing.wordpress.examine import Examined
from webapp.sites.models import Site, TargetKind

FOUND = Examined("Herb notes", "6.8.1", "Ana", ["editor"], True, 0)
WANTED = Wanted("https://herbs.example", "ana", PASSWORD, "", PostStatus.PUBLISH)


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def do(act: Any, *given: Any) -> None:
    act(*given)
    db.session.commit()
    db.session.expire_all()


def row(site: Site) -> WordPressConnection:
    return db.session.get_one(WordPressConnection, site.id)


def test_a_site_that_is_connected_publishes_there(site: Site) -> None:
    do(connect, site, replace(WANTED, default_category="Notes", post_status=PostStatus.DRAFT), FOUND)

    assert site.target is TargetKind.WORDPRESS
    assert credentials_of(row(site)).password == PASSWORD
    assert (row(site).address, row(site).username) == ("https://herbs.example", "ana")
    assert (row(site).default_category, row(site).post_status) == ("Notes", PostStatus.DRAFT)
    assert Examined(**(row(site).found or {})) == FOUND
    assert row(site).tested_at is not None
    assert settings_of(site).target_problem is None


def test_no_password_keeps_the_one_that_is_there(site: Site) -> None:
    do(connect, site, WANTED, FOUND)
    before = row(site).password_set_at

    do(connect, site, replace(WANTED, password="", default_category="Notes"), FOUND)

    assert credentials_of(row(site)).password == PASSWORD
    assert row(site).password_set_at == before


@pytest.mark.parametrize("other", [{"address": "https://evil.example"}, {"username": "bert"}])
def test_the_password_that_is_kept_goes_nowhere_else(site: Site, other: dict[str, str]) -> None:
    do(connect, site, WANTED, FOUND)

    with pytest.raises(Invalid) as told:
        credentials_for(replace(WANTED, password="", **other), row(site))

    assert told.value.field == "password"
    assert credentials_for(replace(WANTED, password=""), row(site)).password == PASSWORD
    assert credentials_for(replace(WANTED, password="another", **other), row(site)).password == "another"


def test_without_any_password_one_is_asked_for(site: Site) -> None:
    with pytest.raises(Invalid, match="The application password is missing"):
        credentials_for(replace(WANTED, password=""), None)


def test_a_password_that_no_key_opens_is_asked_for_again(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(connect, site, WANTED, FOUND)
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], secret_key="another one"))

    with pytest.raises(Unreadable, match="The password for WordPress cannot be read: SECRET_KEY has changed"):
        credentials_of(row(site))


def test_drafts_of_the_embedded_provider_wait_and_the_others_go(site: Site) -> None:
    draft = approve(site)
    written = approve(site, factories.article(site, is_draft_quality=False))

    do(connect, site, WANTED, FOUND)

    assert fresh(draft).reason is WaitingReason.DRAFT_QUALITY
    assert fresh(written).status is PublicationStatus.SCHEDULED
    desk.assert_in_order(site)

    do(use_folder, site)

    assert site.target is TargetKind.FOLDER
    assert fresh(draft).status is PublicationStatus.SCHEDULED
    desk.assert_in_order(site)


def test_the_right_password_lets_the_queue_go_on_in_its_order(site: Site) -> None:
    first, second = (approve(site, factories.article(site, is_draft_quality=False)) for _ in range(2))
    do(connect, site, WANTED, FOUND)
    desk.change(site, target_problem=WaitingReason.TARGET_REFUSES_CREDENTIALS)
    assert fresh(first).reason is fresh(second).reason is WaitingReason.TARGET_REFUSES_CREDENTIALS

    do(connect, site, replace(WANTED, password="another"), FOUND)

    slots = desk.slots([first, second])
    assert slots[0] is not None and slots[1] is not None and slots[0] < slots[1]
    desk.assert_in_order(site)


def test_what_is_saved_without_a_test_holds_the_queue(site: Site) -> None:
    waiting = approve(site, factories.article(site, is_draft_quality=False))

    do(connect, site, WANTED, None)

    assert site.target is TargetKind.WORDPRESS
    assert fresh(waiting).reason is WaitingReason.TARGET_NOT_CONNECTED
    assert (row(site).found, row(site).tested_at) == (None, None)
    desk.assert_in_order(site)


def test_what_was_found_elsewhere_is_not_shown_of_another_site(site: Site) -> None:
    do(connect, site, WANTED, FOUND)
    row(site).posts_problem = "It did not say."
    db.session.commit()

    do(connect, site, replace(WANTED, address="https://sage.example"), FOUND)

    assert (row(site).posts_problem, row(site).posts_read_at) == ("", None)


def test_forgetting_deletes_the_password_and_goes_back_to_the_folder(site: Site) -> None:
    do(connect, site, WANTED, FOUND)

    do(forget, site)

    assert db.session.get(WordPressConnection, site.id) is None
    assert site.target is TargetKind.FOLDER
