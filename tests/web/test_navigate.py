"""The menu of a site: how much waits on each page."""

import pytest
from flask import Flask

from tests import factories
from webapp.content.models import ArticleStatus, ImageStatus, KeywordStatus
from webapp.publishing.models import PublicationStatus
from webapp.web import navigation
from webapp.web.navigation import waiting


def test_the_menu_counts_what_waits(app: Flask) -> None:
    site = factories.site()
    factories.keywords(site, 2)
    factories.keyword(site, status=KeywordStatus.CLUSTERED)
    factories.image(factories.article(site, ArticleStatus.DRAFT), ImageStatus.PROMPTED)
    factories.article(site, ArticleStatus.REVIEW)
    factories.publication(site, PublicationStatus.WAITING)
    factories.publication(site, PublicationStatus.PUBLISHED)
    factories.run(site)
    factories.keywords(factories.site(), 5)
    assert waiting(site.id) == {
        "keywords": 2,
        "clusters": 0,
        "ideas": 0,
        "tasks": 0,
        "articles": 1,
        "images": 1,
        "runs": 1,
        "queue": 1,
    }


def test_every_page_of_a_site_is_in_the_menu(app: Flask) -> None:
    site = factories.site()
    with app.test_request_context():
        items = [item for group in navigation.navigation(site) for item in group["items"]]
    assert [item["name"] for item in items] == [
        "Overview", "Keywords", "Clusters", "Ideas", "Tasks", "Articles", "Images",
        "Runs", "Automation", "Budget", "Queue", "Publishing", "Where to",
    ]  # fmt: skip
    assert all(item["url"].startswith(f"/sites/{site.slug}/") for item in items)


def test_beyond_a_thousand_nobody_counts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    site = factories.site()
    monkeypatch.setattr(navigation, "COUNTS_TO", 3)
    factories.keywords(site, 5)
    assert waiting(site.id)["keywords"] == 3
    assert navigation.shown(3) == "2+"
    assert navigation.shown(2) == "2"
    assert navigation.shown(0) is None
