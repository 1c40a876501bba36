"""Which posts a WordPress has already: read in pages, within bounds, and kept until they are read again."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.wordpress.look_alike import POSTS, LookAlike, Reply, error, in_json, post
from tests.wordpress.server import WordPress
from webapp.content.models import ExistingPost
from webapp.core.db import db
from webapp.core.errors import Conflict, NotFound, PressroomError
from webapp.core.secrets import Secret
from webapp.jobs import tasks
from webapp.publishing.models import WordPressConnection
from webapp.publishing.wordpress import existing
from webapp.publishing.wordpress.existing import read_posts
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def connected(site: Site, address: str, username: str = "ana", password: str = "a" * 24) -> WordPressConnection:
    made = WordPressConnection(site_id=site.id, address=address, username=username, password=Secret.of(password))
    db.session.add(made)
    db.session.commit()
    return made


def titles(site: Site) -> list[str]:
    found = [one.title for one in existing.listed(site.id, 10_000)]
    db.session.commit()
    return found


@pytest.mark.xdist_group("wordpress")
def test_the_posts_of_a_real_one_are_read(site: Site, wordpress: WordPress, private_allowed: None) -> None:
    connected(site, wordpress.address, "admin", wordpress.passwords["admin"])

    done = read_posts(site.id)

    assert done.are_all
    assert done.count == existing.count(site.id) > 0
    hello = db.session.scalars(select(ExistingPost).where(ExistingPost.slug == "hello-world")).one()
    assert (hello.title, hello.link) == ("Hello world!", f"{wordpress.address}/hello-world/")
    db.session.commit()


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_all_pages_are_read(site: Site, there: LookAlike, count: int) -> None:
    connected(site, there.address)
    there.posts = [post(number) for number in range(1, count + 1)]

    done = read_posts(site.id)

    assert (done.count, done.are_all, existing.count(site.id)) == (count, True, count)


def test_of_very_many_the_last_changed_are_kept(site: Site, there: LookAlike, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existing, "MOST", 200)
    connected(site, there.address)
    there.posts = [post(number) for number in range(1, 1000)]

    done = read_posts(site.id)

    assert done.sentence == "Read: the 200 posts that were changed last; there are more."
    assert existing.count(site.id) == 200
    assert sum(path == POSTS for path, _ in there.asked) == 3


def test_what_is_read_replaces_what_was_known(site: Site, there: LookAlike) -> None:
    connection = connected(site, there.address)
    there.posts = [post(1, "Basil"), post(2, "Thyme", "2026-06-01T10:00:00")]
    read_posts(site.id)
    there.posts = [post(2, "Thyme &amp; <em>sage</em>", "2026-06-01T10:00:00"), post(3, "Mint")]

    assert read_posts(site.id).sentence == "Read: 2 posts."
    assert titles(site) == ["Thyme & sage", "Mint"]
    assert connection.posts_read_at is not None


def test_what_is_no_post_is_left_out(site: Site, there: LookAlike) -> None:
    connected(site, there.address)
    odd = [{}, post(0), post(2**63), post(1) | {"link": "javascript:alert(1)"}, post(1) | {"modified_gmt": "now"}]
    odd += [post(1) | {"link": link} for link in ("https://herbs.example/\0", "https://herbs.example/" + "x" * 2000)]
    there.posts = [*odd, post(4, "Sage\x00"), post(4, "Sage")]

    read_posts(site.id)

    assert titles(site) == ["Sage"]


@pytest.mark.parametrize(
    "reply", [error(500, "oops"), Reply(b"<html>"), in_json({"no": "list"}), in_json([7]), error(400, "bad")]
)
def test_where_it_does_not_say_what_was_known_is_kept_and_the_reason_stands_there(
    site: Site, there: LookAlike, reply: Reply
) -> None:
    connection = connected(site, there.address)
    there.posts = [post(1, "Basil")]
    read_posts(site.id)
    there.replies[POSTS] = reply

    with pytest.raises(Conflict):
        read_posts(site.id)
    assert connection.posts_problem == ""  # who asked was told
    tasks.read_posts(site.id)  # a worker has nobody to tell but the row

    assert titles(site) == ["Basil"]
    assert connection.posts_problem.startswith("WordPress did not say which posts it has")
    del there.replies[POSTS]
    read_posts(site.id)
    assert connection.posts_problem == ""


def test_where_nobody_answers_the_words_say_so(site: Site, app: Flask) -> None:
    connection = connected(site, "http://127.0.0.1:1")

    with pytest.raises(PressroomError, match="private network"):
        read_posts(site.id)
    tasks.read_posts(site.id)

    assert "private network" in connection.posts_problem


def test_a_site_without_a_connection_has_nothing_to_read(site: Site) -> None:
    with pytest.raises(NotFound):
        read_posts(site.id)


def test_a_site_that_was_connected_elsewhere_meanwhile_keeps_what_it_has(
    site: Site, there: LookAlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connected(site, there.address)
    there.posts = [post(1)]
    plain = existing.plain

    def slowly(*given: object) -> str:
        connection.address = "https://elsewhere.example"
        db.session.commit()
        return plain(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(existing, "plain", slowly)

    with pytest.raises(Conflict, match="connected elsewhere meanwhile"):
        read_posts(site.id)
    assert existing.count(site.id) == 0
    db.session.commit()
