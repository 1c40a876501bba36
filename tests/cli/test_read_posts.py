"""`pressroom wordpress read`: what it found, or why it did not."""

from dataclasses import replace

import pytest
from flask import Flask

from tests import factories
from tests.cli.conftest import Pressroom
from tests.wordpress.look_alike import look_alike, post
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.publishing.models import WordPressConnection


def test_it_says_how_many_there_are(app: Flask, pressroom: Pressroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allow_private_targets=True))
    site = factories.site()
    with look_alike() as there:
        there.posts = [post(1), post(2)]
        db.session.add(
            WordPressConnection(site_id=site.id, address=there.address, username="ana", password=Secret.of("a"))
        )
        db.session.commit()

        said = pressroom("wordpress", "read", site.slug)

    assert (said.code, said.out) == (0, "Read: 2 posts.\n")


def test_a_site_that_is_not_connected_is_told_so(app: Flask, pressroom: Pressroom) -> None:
    said = pressroom("wordpress", "read", factories.site().slug)

    assert said.code == 1
    assert "The site is not connected to a WordPress. Connect it on its page" in said.err


def test_what_only_the_terminal_may_not_reach_is_not_said_on_the_sites_page(app: Flask, pressroom: Pressroom) -> None:
    site = factories.site()
    with look_alike() as there:
        kept = factories.connection(site, address=there.address)

        said = pressroom("wordpress", "read", site.slug)

        assert said.code == 1
        assert "127.0.0.1 is within a private network, and this installation" in said.err
        assert there.asked == []
    db.session.refresh(kept)
    assert kept.posts_problem == ""
