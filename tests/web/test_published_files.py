"""The static sites: everybody may read the pages, nobody anything else."""

from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from tests import factories
from tests.publishing.desk import publish_due
from tests.visitor import Visitor
from webapp.core.db import db
from webapp.publishing import approval, by_hand
from webapp.publishing.models import Publication


@pytest.fixture
def folder(app: Flask, settings: Settings) -> Path:
    folder = settings.published / "herbs"
    (folder / "basil").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>Herbs</h1>")
    (folder / "basil" / "index.html").write_text("<h1>Basil</h1>")
    (folder / "basil" / "note.json").write_text("{}")
    (folder / ".lock.html").write_text("")
    (folder / ".pages").mkdir()
    (folder / ".pages" / "basil.html").write_text("half a page")
    (folder / "feed.xml").write_text(
        "<rss><link>./</link><link>basil/</link><link>https://example.org/a?b&amp;c</link></rss>"
    )
    (folder / "sitemap.xml").write_text("<urlset><loc>basil/</loc></urlset>")
    (settings.published / "loose.html").write_text("not of a site")
    (settings.instance / "secret.html").write_text("secret")
    factories.member()
    return folder


def test_pages_are_served_to_everybody_under_a_policy_without_scripts(client: Visitor, folder: Path) -> None:
    answer = client.get("/published/herbs/")
    assert (answer.status_code, answer.text) == (200, "<h1>Herbs</h1>")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert client.get("/published/herbs/basil/").text == "<h1>Basil</h1>"


def test_a_folder_without_its_slash_leads_to_it(client: Visitor, folder: Path) -> None:
    assert client.get("/published/herbs/basil").location == "/published/herbs/basil/"
    assert client.get("/published/herbs").location.endswith("/published/herbs/")


@pytest.mark.parametrize(
    "path",
    [
        "herbs/basil/note.json",
        "herbs/.lock.html",
        "herbs/.pages/basil.html",
        "herbs/.pages/",
        "herbs/../loose.html",
        "herbs/..%2floose.html",
        "..%2f..%2fsecret.html/",
        "../secret.html",
        "%2e%2e/secret.html",
        "herbs/%00",
        "herbs/" + "x" * 300 + ".html",
        "herbs//etc/passwd",
        "herbs/missing.html",
    ],
)
def test_nothing_else_is(client: Visitor, folder: Path, path: str) -> None:
    answer = client.get(f"/published/{path}")
    assert answer.status_code in (301, 308, 404)
    assert "secret" not in answer.text.replace("secret.html", "")
    assert "not of a site" not in answer.text
    assert "half a page" not in answer.text


def test_a_site_without_pages_says_so(client: Visitor, folder: Path) -> None:
    answer = client.get("/published/quiet/")
    assert answer.status_code == 404
    assert "Nothing has been published here yet" in answer.text


def test_a_page_that_did_not_change_is_not_sent_again(client: Visitor, folder: Path) -> None:
    tag = client.get("/published/herbs/").headers["ETag"]
    assert client.get("/published/herbs/", headers={"If-None-Match": tag}).status_code == 304


def test_feeds_and_sitemaps_are_served_with_whole_addresses(client: Visitor, folder: Path) -> None:
    feed = client.get("/published/herbs/feed.xml", base_url="https://press.example")

    assert feed.text == (
        "<rss><link>https://press.example/published/herbs/</link>"
        "<link>https://press.example/published/herbs/basil/</link>"
        "<link>https://example.org/a?b&amp;c</link></rss>"
    )
    assert feed.mimetype == "application/xml"
    assert "default-src 'none'" in feed.headers["Content-Security-Policy"]
    sitemap = client.get("/published/herbs/sitemap.xml", base_url="https://press.example")
    assert sitemap.text == "<urlset><loc>https://press.example/published/herbs/basil/</loc></urlset>"


def test_a_feed_that_did_not_change_is_not_sent_again(client: Visitor, folder: Path) -> None:
    tag = client.get("/published/herbs/feed.xml").headers["ETag"]
    assert client.get("/published/herbs/feed.xml", headers={"If-None-Match": tag}).status_code == 304


def test_a_published_article_is_there_to_visit(client: Visitor, folder: Path, app: Flask) -> None:
    site = factories.site(slug="fern")
    publication = approval.approve(factories.article(site, title="Ferns & frost"), "Ana")
    db.session.commit()
    by_hand.publish_now(publication)
    db.session.commit()
    assert publish_due() == 1

    link = db.session.get_one(Publication, publication.id).link
    page = client.get(str(link))

    assert page.status_code == 200
    assert "<h1>Ferns &amp; frost</h1>" in page.text
    assert client.get("/published/fern/style.css").mimetype == "text/css"
    assert "Ferns &amp; frost" in client.get("/published/fern/").text
    assert f"http://localhost{link}" in client.get("/published/fern/feed.xml").text
