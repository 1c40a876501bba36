"""A password that is refused in the middle holds the site's queue: nothing fails, and later all go out in order."""

import pytest
from flask import Flask

from tests import factories
from tests.publishing.conftest import Clock
from tests.publishing.desk import approve, assert_in_order, change, fresh, publish_due, statuses
from tests.publishing.wordpress.blog import Blog, article, connect
from tests.wordpress.server import WordPress
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason, WordPressConnection
from webapp.sites.models import Site

pytestmark = pytest.mark.xdist_group("wordpress")

ARTICLES = 6


def set_password(site: Site, password: str) -> None:
    db.session.get_one(WordPressConnection, site.id).password = Secret.of(password)
    db.session.commit()


def publish_each_hour(clock: Clock, hours: int) -> list[int]:
    """How many went out in each."""
    found = []
    for _ in range(hours):
        found.append(publish_due())
        clock.pass_(hours=1)
    return found


def test_a_wrong_password_in_the_middle_loses_nothing(
    app: Flask, clock: Clock, private_allowed: None, wordpress: WordPress, blog: Blog
) -> None:
    site = connect(factories.site(), wordpress)  # it publishes at 9:00, 14:00 and 18:00
    approved: list[Publication] = [approve(site, article(site, pictures=0)) for _ in range(ARTICLES)]
    assert sum(publish_each_hour(clock, 10)) == 2

    set_password(site, "changed there by its owner")
    assert sum(publish_each_hour(clock, 30)) == 0

    held = [fresh(publication) for publication in approved[2:]]
    assert {publication.status for publication in held} == {PublicationStatus.WAITING}
    assert {publication.reason for publication in held} == {WaitingReason.TARGET_REFUSES_CREDENTIALS}
    assert "user name and password" in held[0].error
    assert_in_order(site)

    set_password(site, wordpress.passwords["editor"])
    change(site, target_problem=None)
    assert max(publish_each_hour(clock, 48)) == 1

    assert statuses(approved) == ["published"] * ARTICLES
    times = [fresh(publication).published_at for publication in approved]
    assert times == sorted(times, key=str)
    assert [blog.only(fresh(one).article.title)["status"] for one in approved] == ["publish"] * ARTICLES
    assert_in_order(site)
