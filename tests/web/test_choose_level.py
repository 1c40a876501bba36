import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.ai.grouping.levels import Level
from webapp.content import level_preview
from webapp.content.models import KeywordStatus
from webapp.sites.models import Site

PAGE, PREVIEW = "/sites/beans/grouping", "/sites/beans/grouping/preview"


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


def test_a_site_groups_by_topic_until_somebody_chooses_pages(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(site)
    checked = BeautifulSoup(client.get(PAGE).text, "html.parser").select("[name=cluster_level][checked]")
    assert [one["value"] for one in checked] == ["topic"]

    answer = client.send(PAGE, {"cluster_level": "page"}, follow_redirects=True)

    assert site.cluster_level is Level.PAGE
    assert "Runs group keywords by page from now on; clusters stay as they are." in answer.text
    assert client.get(f"/sites/beans/clusters/{cluster.id}").status_code == 200


@pytest.mark.parametrize("level", ["pillar", "", "chapter"])
def test_no_other_level_can_be_chosen(client: Visitor, site: Site, level: str) -> None:
    answer = client.send(PAGE, {"cluster_level": level})

    assert answer.status_code == 422
    assert "A cluster holds a topic or a page." in answer.text
    assert site.cluster_level is Level.TOPIC


def test_the_preview_counts_what_waits_to_be_grouped(client: Visitor, site: Site) -> None:
    factories.keyword(site, "moka pot")
    factories.keyword(site, "gooseneck kettle", status=KeywordStatus.UNCLUSTERED)
    factories.keyword(site, "latte art", status=KeywordStatus.SKIPPED)
    factories.keyword(site, "taken out", status=KeywordStatus.UNCLUSTERED, placed_by_hand=True)

    fragment = client.get(PREVIEW, headers={"HX-Request": "true"}).text
    whole = client.get(PREVIEW).text

    assert "<html" not in fragment and "<html" in whole
    for text in (fragment, whole):
        page = BeautifulSoup(text, "html.parser")
        assert page.select_one("#preview[hx-get]") is None
        assert "Counted for 2 keywords." in page.get_text(" ", strip=True)
        assert len(page.select("#preview .stats b")) == 2


def test_the_page_itself_counts_nothing_and_leads_to_the_preview(client: Visitor, site: Site) -> None:
    factories.keyword(site)

    page = BeautifulSoup(client.get(PAGE).text, "html.parser")

    assert page.select_one(f"#preview[hx-get='{PREVIEW}'] a[href='{PREVIEW}']")
    assert page.select(".stats") == []


def test_of_many_keywords_only_the_most_searched_are_looked_at_and_the_page_says_so(
    client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level_preview, "MOST_LOOKED_AT", 3)
    for number, phrase in enumerate(["moka pot", "gooseneck kettle", "burr grinder", "latte art", "cold brew"]):
        factories.keyword(site, phrase, volume=number)

    assert "Counted for the 3 most searched of 5 keywords" in client.get(PREVIEW).text


def test_where_nothing_new_waits_there_is_nothing_to_count(client: Visitor, site: Site) -> None:
    factories.keyword(site, "gooseneck kettle", status=KeywordStatus.UNCLUSTERED)

    assert "nothing to count" in client.get(PREVIEW).text


def test_a_viewer_may_look_and_not_choose(app: Flask, client: Visitor) -> None:
    member = factories.member(Role.VIEWER)
    site = factories.site(member.account, slug="beans")
    factories.signed_in(client, member.user)

    assert client.get(PREVIEW).status_code == 200
    assert client.send(PAGE, {"cluster_level": "page"}).status_code == 403
    assert site.cluster_level is Level.TOPIC
