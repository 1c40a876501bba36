import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.content.models import Keyword, KeywordStatus
from webapp.core.db import db
from webapp.core.paging import PAGE
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


def phrases(site: Site) -> list[str]:
    return list(db.session.scalars(select(Keyword.phrase).where(Keyword.site_id == site.id).order_by(Keyword.id)))


def rows(client: Visitor, address: str) -> list[str]:
    page = BeautifulSoup(client.get(address).text, "html.parser")
    return [cell.get_text(" ", strip=True) for cell in page.select("tr[id^=keyword-] th")]


def test_an_empty_list_says_what_to_do_first(client: Visitor, site: Site) -> None:
    page = client.get("/sites/beans/keywords").text

    assert "No keywords yet" in page
    assert "/sites/beans/keywords/imports" in page


def test_the_list_is_filtered_by_its_address(client: Visitor, site: Site) -> None:
    factories.keyword(site, "moka pot", volume=900)
    factories.keyword(site, "chemex", volume=100, status=KeywordStatus.SKIPPED)

    assert rows(client, "/sites/beans/keywords") == ["moka pot", "chemex"]
    assert rows(client, "/sites/beans/keywords?status=skipped") == ["chemex"]
    assert rows(client, "/sites/beans/keywords?q=MOKA&volume=900&intent=informational") == ["moka pot"]
    assert rows(client, "/sites/beans/keywords?status=nonsense&volume=x&intent=y") == ["moka pot", "chemex"]


def test_the_parent_that_a_tool_named_stands_below_the_phrase(client: Visitor, site: Site) -> None:
    factories.keyword(site, "moka pot size", parent="Moka Pot")

    assert rows(client, "/sites/beans/keywords") == ["moka pot size Parent: Moka Pot"]


def test_a_filter_that_finds_nothing_says_so(client: Visitor, site: Site) -> None:
    factories.keyword(site, "moka pot")

    assert "Nothing matches" in client.get("/sites/beans/keywords?q=chemex").text


def test_the_keywords_of_another_sites_cluster_are_not_to_be_seen(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(factories.site())

    assert client.get(f"/sites/beans/keywords?cluster={cluster.id}").status_code == 404


def test_pages_lead_to_each_other_and_keep_the_filter(client: Visitor, site: Site) -> None:
    for number in range(PAGE + 1):
        factories.keyword(site, f"phrase {number}", volume=number)

    first = BeautifulSoup(client.get("/sites/beans/keywords?q=phrase").text, "html.parser")
    following = str(first.select_one("a[rel=next]")["href"])  # type: ignore[index]
    assert "q=phrase" in following
    assert rows(client, following) == ["phrase 0"]

    second = BeautifulSoup(client.get(following).text, "html.parser")
    assert len(rows(client, str(second.select_one("a[rel=prev]")["href"]))) == PAGE  # type: ignore[index]


def test_what_was_written_cannot_become_markup(client: Visitor, site: Site) -> None:
    factories.keyword(site, "<script>alert(1)</script> pot")

    assert "<script>alert(1)" not in client.get("/sites/beans/keywords?q=<script>").text


def test_one_keyword_is_added(client: Visitor, site: Site) -> None:
    answer = client.send(
        "/sites/beans/keywords/add", {"phrase": " Moka pot ", "volume": "1,300", "intent": "commercial"}
    )

    assert answer.status_code == 303
    keyword = db.session.scalar(select(Keyword))
    assert keyword is not None
    assert (keyword.phrase, keyword.volume, keyword.intent) == ("Moka pot", 1300, "commercial")


def test_a_keyword_that_is_there_already_is_said_to_be(client: Visitor, site: Site) -> None:
    factories.keyword(site, "moka pot")

    answer = client.send("/sites/beans/keywords/add", {"phrase": "Moka Pot"}, follow_redirects=True)

    assert "was there already" in answer.text
    assert phrases(site) == ["moka pot"]


def test_a_field_that_cannot_be_read_is_named_and_what_was_written_stays(client: Visitor, site: Site) -> None:
    answer = client.send("/sites/beans/keywords/add", {"phrase": "moka pot", "difficulty": "very"})

    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    field = page.select_one("[name=difficulty]")
    assert field is not None and field["value"] == "very" and field["aria-invalid"] == "true"
    assert "The difficulty “very” is not a number from 0 to 100." in answer.text
    assert phrases(site) == []


def test_a_keyword_that_is_there_already_learns_what_was_not_known_of_it(client: Visitor, site: Site) -> None:
    known = factories.keyword(site, "moka pot", volume=None)

    answer = client.send("/sites/beans/keywords/add", {"phrase": "moka pot", "volume": "90"}, follow_redirects=True)

    assert "What was not known of it was filled in." in answer.text
    assert known.volume == 90


@pytest.mark.parametrize("address", ["import", "paste"])
def test_where_keywords_came_in_before_leads_to_where_they_do_now(client: Visitor, site: Site, address: str) -> None:
    assert client.get(f"/sites/beans/keywords/{address}").location == "/sites/beans/keywords/imports"


def test_chosen_keywords_are_skipped_and_restored(client: Visitor, site: Site) -> None:
    chosen, other = factories.keyword(site), factories.keyword(site)

    answer = client.send(
        "/sites/beans/keywords/skip", {"keyword": [chosen.id], "back": "/sites/beans/keywords?status=new"}
    )
    assert answer.location == "/sites/beans/keywords?status=new"
    assert (chosen.status, other.status) == (KeywordStatus.SKIPPED, KeywordStatus.NEW)

    client.send("/sites/beans/keywords/restore", {"keyword": [chosen.id]})
    assert chosen.status is KeywordStatus.NEW


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "/sites/other/keywords", ""])
def test_a_form_leads_back_to_this_list_only(client: Visitor, site: Site, back: str) -> None:
    answer = client.send("/sites/beans/keywords/skip", {"back": back})

    assert answer.location == "/sites/beans/keywords"


def test_keywords_of_another_site_are_not_skipped(client: Visitor, site: Site) -> None:
    elsewhere = factories.keyword(factories.site())

    answer = client.send("/sites/beans/keywords/skip", {"keyword": [elsewhere.id]}, follow_redirects=True)

    assert "No keyword was skipped" in answer.text
    assert elsewhere.status is KeywordStatus.NEW


def test_a_viewer_may_look_and_not_touch(app: Flask, client: Visitor) -> None:
    member = factories.member(Role.VIEWER)
    site = factories.site(member.account, slug="beans")
    keyword = factories.keyword(site)
    factories.signed_in(client, member.user)

    assert client.get("/sites/beans/keywords").status_code == 200
    assert client.send("/sites/beans/keywords/skip", {"keyword": [keyword.id]}).status_code == 403
    assert client.send("/sites/beans/keywords/add", {"phrase": "chemex"}).status_code == 403
    assert phrases(site) == [keyword.phrase]
