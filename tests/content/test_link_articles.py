"""Links by id: what is offered, and what becomes of them when they are shown."""

import pytest
from flask import Flask

from tests import factories
from webapp.content import links
from webapp.content.links import addresses_of_posts, choices, linked_articles, resolved
from webapp.content.models import ArticleStatus, ExistingPost
from webapp.core.clock import now
from webapp.core.db import db
from webapp.sites.models import Site

APPROVED = ArticleStatus.APPROVED


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def post(of: Site, number: int, title: str, link: str = "https://herbs.example/x/") -> None:
    db.session.add(ExistingPost(site_id=of.id, remote_id=number, link=link, title=title, slug="x", modified=now()))
    db.session.commit()


def test_what_fits_best_comes_first_and_what_does_not_fit_is_not_offered(site: Site) -> None:
    near = factories.article(site, APPROVED, title="Watering basil in winter", focus_keyword="basil")
    far = factories.article(site, APPROVED, title="Basil and tomatoes", focus_keyword="basil")
    factories.article(site, APPROVED, title="Cleaning windows", focus_keyword="windows")
    post(site, 345, "Basil in the winter")

    found = choices(site.id, "How often to water basil in winter")

    assert [(choice.id, choice.title) for choice in found] == [
        (f"a{near.id}", "Watering basil in winter"),
        ("p345", "Basil in the winter"),
        (f"a{far.id}", "Basil and tomatoes"),
    ]


def test_only_what_readers_can_find_on_this_site_is_offered(site: Site) -> None:
    for status in (ArticleStatus.DRAFT, ArticleStatus.REVIEW, ArticleStatus.REJECTED):
        factories.article(site, status, title=f"Basil, {status}")
    elsewhere = factories.site()
    factories.article(elsewhere, APPROVED, title="Basil")
    post(elsewhere, 1, "Basil")

    assert choices(site.id, "Basil") == []


def test_the_post_of_an_article_is_offered_once(site: Site) -> None:
    article = factories.article(site, APPROVED, title="Basil in Winter")
    post(site, 7, "basil in  winter")

    assert [choice.id for choice in choices(site.id, "Basil")] == [f"a{article.id}"]


def test_no_more_are_offered_than_a_model_can_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST_CHOICES", 2)
    for number in range(4):
        post(site, number + 1, f"Basil {number}")

    assert [choice.id for choice in choices(site.id, "Basil")] == ["p4", "p3"]


def test_a_link_gets_its_address_and_one_without_becomes_its_words() -> None:
    html = '<p><a href="pressroom:a1">one</a>, <a href="pressroom:p2">t<em>w</em>o</a>, <a href="https://x.example/">x</a></p>'

    assert resolved(html, {"a1": 'https://y.example/?a="b"&c'}) == (
        '<p><a href="https://y.example/?a=&quot;b&quot;&amp;c">one</a>, t<em>w</em>o, '
        '<a href="https://x.example/">x</a></p>'
    )


def test_posts_are_found_on_their_own_site_alone(site: Site) -> None:
    post(site, 345, "Basil", "https://herbs.example/basil/")
    post(factories.site(), 346, "Thyme")
    html = "".join(f'<a href="pressroom:{id}">x</a>' for id in ("p345", "p346", "p347", "p" + "9" * 30, "a345"))

    assert addresses_of_posts(site.id, html) == {"p345": "https://herbs.example/basil/"}
    assert linked_articles(html + f'<a href="pressroom:a{"9" * 30}">x</a>') == {345}
