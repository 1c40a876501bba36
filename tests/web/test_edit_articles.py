"""An article that is not good as it is can be edited by hand, or written again."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.content.checks import blocking_problems, off_length
from webapp.content.models import Article, ArticleStatus, TaskStatus
from webapp.sites.models import Site

TEXT = '<h2>Light</h2><p onclick="x()">' + "sun " * 599 + "</p><script>alert(1)</script>"
EDITED = {
    "title": "Basil in winter",
    "slug": "",
    "meta_title": "",
    "meta_description": "Light, water, patience.",
    "excerpt": "",
    "focus_keyword": "basil winter",
    "body_html": TEXT,
}


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


@pytest.fixture
def short(site: Site) -> Article:
    """Nobody may approve it as it is."""
    return factories.article(site, words=200, attention=off_length(200, 600))


def address(article: Article, action: str = "edit") -> str:
    return f"/sites/beans/articles/{article.id}/{action}".removesuffix("/")


def test_the_form_is_filled_in_with_what_the_article_says(client: Visitor, short: Article) -> None:
    form = BeautifulSoup(client.get(address(short)).text, "html.parser")

    for name in ("title", "slug", "meta_title", "meta_description", "focus_keyword"):
        assert form.select_one(f"#{name}")["value"] == getattr(short, name)  # type: ignore[index]
    for name in ("excerpt", "body_html"):
        assert form.select_one(f"#{name}").get_text().strip() == getattr(short, name)  # type: ignore[union-attr]


def test_what_was_edited_stays_in_review_with_its_pictures_and_can_be_approved(client: Visitor, short: Article) -> None:
    image, slug = factories.image(short), short.slug

    answer = client.send(address(short), EDITED)

    assert (answer.status_code, answer.location) == (303, address(short, ""))
    assert "saved with 600 words. It stays in review, and keeps its pictures." in client.get(answer.location).text
    assert (short.status, short.slug, short.images) == (ArticleStatus.REVIEW, slug, [image])
    assert short.body_html == "<h2>Light</h2><p>" + "sun " * 599 + "</p>"
    assert (short.words, short.attention, short.written_by, short.is_draft_quality) == (600, "", "hand", False)
    assert (short.title, short.excerpt) == ("Basil in winter", "Light, water, patience.")
    assert not blocking_problems(short)


def test_a_length_that_is_still_odd_is_told_again(client: Visitor, short: Article) -> None:
    client.send(address(short), EDITED | {"body_html": "<p>" + "sun " * 400 + "</p>"})

    assert short.attention == "It has 400 words where 600 were asked for."


def test_an_address_that_another_article_has_gets_a_number(client: Visitor, site: Site, short: Article) -> None:
    factories.article(site, slug="mine")

    client.send(address(short), EDITED | {"slug": "mine"})

    assert short.slug == "mine-2"


def test_a_rejected_article_stays_rejected(client: Visitor, site: Site) -> None:
    article = factories.article(site, ArticleStatus.REJECTED, attention="Rejected by Ana.")

    answer = client.send(address(article), EDITED, follow_redirects=True)

    assert "It stays rejected" in answer.text
    assert (article.status, article.attention) == (ArticleStatus.REJECTED, "Rejected by Ana.")


def test_what_cannot_be_an_article_is_said_at_its_field_and_nothing_is_lost(client: Visitor, short: Article) -> None:
    answer = client.send(address(short), EDITED | {"body_html": "<script>alert(1)</script>"})

    shown = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422
    assert "has no words" in shown.select_one("#error-body_html").get_text()  # type: ignore[union-attr]
    assert shown.select_one("#title")["value"] == "Basil in winter"  # type: ignore[index]
    assert short.words == 200


@pytest.mark.parametrize("status", [ArticleStatus.DRAFT, ArticleStatus.APPROVED], ids=["draft", "approved"])
def test_others_are_not_edited_and_what_was_written_is_not_lost(
    client: Visitor, site: Site, status: ArticleStatus
) -> None:
    article = factories.article(site, status)
    body = article.body_html

    asked, answer = client.get(address(article)), client.send(address(article), EDITED)

    assert (asked.status_code, asked.location, answer.status_code) == (303, address(article, ""), 409)
    assert "cannot be edited by hand" in answer.text and "sun sun sun" in answer.text
    assert article.body_html == body


def test_a_viewer_does_not_edit(client: Visitor, site: Site, short: Article) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    assert "Edit by hand" not in client.get(address(short, "")).text
    assert client.get(address(short)).status_code == 403
    assert client.send(address(short), EDITED).status_code == 403
    assert short.words == 200


def test_writing_it_again_says_what_it_costs_and_leads_to_the_task(client: Visitor, short: Article) -> None:
    task = short.task
    assert task is not None
    asked = client.get(address(short, "again")).text
    assert "for 6 credits at today’s prices" in asked and "writes the same of the same" in asked

    answer = client.send(address(short, "again"))

    assert (answer.status_code, answer.location) == (303, f"/sites/beans/tasks/{task.id}")
    assert (short.status, short.task, task.status) == (ArticleStatus.REJECTED, None, TaskStatus.PENDING)
    assert "Write it again" not in client.get(address(short, "")).text


def test_an_approved_article_is_not_written_again(client: Visitor, site: Site) -> None:
    article = factories.article(site, ArticleStatus.APPROVED)

    for answer in (client.get(address(article, "again")), client.send(address(article, "again"))):
        assert (answer.status_code, answer.location) == (303, address(article, ""))
    assert article.status is ArticleStatus.APPROVED


def test_a_viewer_has_nothing_written_again(client: Visitor, site: Site, short: Article) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    assert "Write it again" not in client.get(address(short, "")).text
    assert client.send(address(short, "again")).status_code == 403
