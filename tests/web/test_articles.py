from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.content.checks import off_length
from webapp.content.models import Article, ArticleStatus, ImageStatus
from webapp.core.db import db
from webapp.credits import ledger
from webapp.publishing import schedule
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


def address(article: Article, action: str = "") -> str:
    return f"/sites/beans/articles/{article.id}" + (f"/{action}" if action else "")


def read(client: Visitor, article: Article) -> BeautifulSoup:
    answer = client.get(address(article))
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def buy(article: Article, operation: Operation, price: int) -> None:
    run = factories.run(article.site)
    purchase = ledger.Purchase(
        account_id=article.site.account_id,
        site_id=article.site_id,
        run_id=run.id,
        operation=operation,
        item=f"articles:{article.id}",
        attempt=1,
        article_id=article.id,
    )
    ledger.hold(purchase, price)
    ledger.settle(purchase, price, price)
    db.session.commit()


def test_links_within_the_site_lead_to_where_readers_find_them(client: Visitor, site: Site) -> None:
    there = factories.publication(site, PublicationStatus.PUBLISHED).article
    body = f'<p><a href="pressroom:a{there.id}">out</a> <a href="pressroom:a999">gone</a></p>'
    article = factories.article(site, body_html=body)

    page = BeautifulSoup(client.get(f"/sites/{site.slug}/articles/{article.id}").text, "html.parser")

    (link,) = page.select("article.article a")
    assert link.text == "out" and str(link["href"]).startswith(f"/published/{site.slug}/")
    assert "gone" in page.select_one("article.article").get_text()  # type: ignore[union-attr]


def test_an_empty_list_teaches(client: Visitor, site: Site) -> None:
    assert "No articles yet" in client.get("/sites/beans/articles").text


def test_articles_are_listed_with_their_pictures_and_publications(client: Visitor, site: Site) -> None:
    article = factories.article(site, ArticleStatus.APPROVED, title="Moka pots")
    image = factories.image(article)
    factories.publication(site, PublicationStatus.PUBLISHED, article_=article)
    factories.article(site, ArticleStatus.DRAFT, title="Filters")

    page = BeautifulSoup(client.get("/sites/beans/articles?status=approved").text, "html.parser")

    rows = page.select("tr[id^=article-]")
    assert len(rows) == 1
    assert rows[0].select_one(f"img[src$='{image.file}']")
    assert "Published" in rows[0].get_text()


def test_an_article_is_shown_with_each_picture_after_the_heading_it_names(client: Visitor, site: Site) -> None:
    article = factories.article(
        site, body_html="<p>First</p><h2>Light &amp; air</h2><p>Sun</p><h2>Water</h2><p>Rain</p>"
    )
    featured = factories.image(article)
    placed = factories.image(article, place="light & air")
    lost = factories.image(article, place="No such heading")
    factories.image(article, ImageStatus.ATTENTION, place="Water")

    prose = read(client, article).select_one("article")

    assert prose is not None
    order = [
        element.get("src", element.get_text(strip=True)).rsplit("/", 1)[-1]  # type: ignore[union-attr]
        for element in prose.select("img, h2, p")
        if element.name == "img" or element.get_text(strip=True)
    ]
    assert order == [featured.file, "First", "Light & air", placed.file, "Sun", "Water", "Rain", lost.file]


def test_unsafe_html_is_cleaned_even_if_it_was_stored(client: Visitor, site: Site) -> None:
    article = factories.article(site, body_html='<p onclick="x()">Text</p><script>alert(1)</script>')

    page = client.get(address(article)).text

    assert "alert(1)" not in page and "onclick" not in page


@pytest.mark.parametrize(
    ("writer", "told"),
    [("hand", "by hand"), ("embedded", "by the embedded provider"), ("openai", "by a language model")],
    ids=["hand", "embedded", "openai"],
)
def test_an_article_says_who_wrote_it(client: Visitor, site: Site, writer: str, told: str) -> None:
    article = factories.article(site, written_by=writer)

    assert f"words, written {told}" in read(client, article).get_text()


def test_costs_come_from_the_ledger(client: Visitor, site: Site) -> None:
    article = factories.article(site)
    buy(article, Operation.CONTENT_GENERATION, 7)

    costs = read(client, article).select_one("#cost")

    assert costs is not None
    assert "7" in costs.get_text(" ", strip=True).split()


def test_approving_puts_the_article_on_its_way(client: Visitor, site: Site) -> None:
    article = factories.article(site)

    answer = client.send(address(article, "approve"), follow_redirects=True)

    assert "is approved" in answer.text
    assert article.status is ArticleStatus.APPROVED
    assert db.session.scalar(select(Publication.article_id)) == article.id


def test_approving_says_when_it_goes_out_or_why_not(client: Visitor, site: Site) -> None:
    first, second = factories.article(site, title="Moka pots"), factories.article(site, title="Filters")

    told = client.send(address(first, "approve"), follow_redirects=True).text
    assert "“Moka pots” is approved. It goes out on " in told

    schedule.change_settings(site.id, {"paused": True})
    told = client.send(address(second, "approve"), follow_redirects=True).text
    assert "“Filters” is approved. Publishing is paused for this site." in told


@pytest.mark.parametrize(
    ("status", "fields", "told"),
    [
        (PublicationStatus.WAITING, {"reason": WaitingReason.HELD, "held": True}, "Somebody holds it back. Release it"),
        (PublicationStatus.FAILED, {"error": "400: no room"}, "400: no room"),
        (
            PublicationStatus.SCHEDULED,
            {"error": "503", "next_attempt_at": datetime(2999, 6, 1, tzinfo=UTC)},
            "503 It is tried again by itself from 00:00 on.",
        ),
    ],
)
def test_what_is_in_the_way_is_said_with_the_article(
    client: Visitor, site: Site, status: PublicationStatus, fields: dict[str, object], told: str
) -> None:
    article = factories.article(site, ArticleStatus.APPROVED)
    factories.publication(site, status, article_=article, **fields)

    card = read(client, article).select_one("#publication")

    assert card is not None and told in card.get_text()


def test_an_article_that_a_check_stops_is_not_approved(client: Visitor, site: Site) -> None:
    article = factories.article(site, meta_description="")

    assert "It has no meta description." in client.get(address(article)).text
    answer = client.send(address(article, "approve"))

    assert (answer.status_code, answer.location) == (303, address(article))
    told = read(client, article).get_text()
    assert "cannot be approved: It has no meta description. Mend that, or reject the article." in told
    assert article.status is ArticleStatus.REVIEW
    assert db.session.scalar(select(Publication.id)) is None


def test_what_cannot_be_approved_has_no_button_for_it_and_is_not_advised_to_be(client: Visitor, site: Site) -> None:
    article = factories.article(site, words=200, attention=off_length(200, 600))

    page = read(client, article)

    assert page.select_one("form[action$='/approve']") is None
    assert page.select_one(f"a[href='{address(article, 'edit')}']") is not None
    assert "It cannot be approved yet" in page.get_text() and "Approve it" not in page.get_text()


def test_an_odd_length_that_may_be_approved_says_so(client: Visitor, site: Site) -> None:
    article = factories.article(site, words=400, attention=off_length(400, 600))

    page = read(client, article)

    assert page.select_one("form[action$='/approve']") is not None
    assert "It has 400 words where 600 were asked for." in page.get_text()
    assert "Approve it if it is good like this." in page.get_text()


def test_approving_twice_leads_back_to_the_article(client: Visitor, site: Site) -> None:
    article = factories.article(site, ArticleStatus.APPROVED)

    answer = client.send(address(article, "approve"))

    assert (answer.status_code, answer.location) == (303, address(article))
    assert "is approved by now" in read(client, article).get_text()


def test_a_rejected_article_can_be_reopened(client: Visitor, site: Site) -> None:
    article = factories.article(site)

    client.send(address(article, "reject"))
    assert article.status is ArticleStatus.REJECTED
    assert "Rejected by Ana." in client.get(address(article)).text

    client.send(address(article, "reopen"))
    assert article.status is ArticleStatus.REVIEW


def test_an_approved_article_cannot_be_rejected(client: Visitor, site: Site) -> None:
    article = factories.article(site, ArticleStatus.APPROVED)

    answer = client.send(address(article, "reject"))

    assert answer.status_code == 409
    assert article.status is ArticleStatus.APPROVED


def test_pictures_are_asked_for_again(client: Visitor, site: Site) -> None:
    article = factories.article(site, attention="No answer in time.")

    assert "No answer in time." in client.get(address(article)).text
    client.send(address(article, "pictures"))

    assert (article.status, article.prompts_at) == (ArticleStatus.DRAFT, None)


@pytest.mark.parametrize("action", ["approve", "reject", "reopen", "pictures"])
def test_a_viewer_reads_and_does_not_decide(app: Flask, client: Visitor, action: str) -> None:
    member = factories.member(Role.VIEWER)
    article = factories.article(factories.site(member.account, slug="beans"))
    factories.signed_in(client, member.user)

    assert read(client, article).select_one(f"form[action$='/{action}']") is None
    assert client.send(address(article, action)).status_code == 403
    assert article.status is ArticleStatus.REVIEW
