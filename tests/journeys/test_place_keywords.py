"""Keywords that belong to no cluster are put where they belong: with the keyboard, on a phone, without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.journeys.conftest import PHONE, WIDE, Installation, Open
from webapp.ai.grouping.levels import Level
from webapp.content.models import Cluster, Keyword, KeywordStatus
from webapp.core.db import db
from webapp.sites.models import Site

UNCLUSTERED = KeywordStatus.UNCLUSTERED


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    yield factories.site(installation.account())
    db.session.commit()


@pytest.fixture
def pots(site: Site) -> Cluster:
    """A cluster of two keywords, one of them hardly."""
    made = factories.cluster(site, name="Moka pots", head="moka pot", volume=150)
    factories.keyword(site, "moka pot", volume=100, cluster=made, status=KeywordStatus.CLUSTERED, confidence=95)
    factories.keyword(site, "moka shoes", volume=50, cluster=made, status=KeywordStatus.CLUSTERED, confidence=52)
    return made


def found(keyword: Keyword) -> Keyword:
    """As it is now."""
    db.session.commit()
    return db.session.get_one(Keyword, keyword.id, populate_existing=True)


def press_until(page: Page, name: str) -> None:
    """Goes on with the Tab key until a control of that name has the focus."""
    for _ in range(80):
        if page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key never came to {name}")


def test_the_offer_is_taken_with_the_keyboard(open_page: Open, site: Site, pots: Cluster) -> None:
    keyword = factories.keyword(site, "stovetop coffee", status=UNCLUSTERED, nearest_cluster_id=pots.id)
    page = open_page(f"/sites/{site.slug}/keywords?status=unclustered")

    press_until(page, "Put it there stovetop coffee")
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 keyword is in “Moka pots” now")).to_be_visible()
    assert found(keyword).cluster_id == pots.id


@pytest.mark.parametrize(
    ("viewport", "javascript"), [(PHONE, True), (WIDE, False)], ids=["phone", "without JavaScript"]
)
def test_the_least_sure_keyword_is_moved_to_a_cluster_of_its_own(
    open_page: Open, site: Site, pots: Cluster, viewport: dict, javascript: bool
) -> None:
    page = open_page(f"/sites/{site.slug}/clusters/{pots.id}", viewport=viewport, javascript=javascript)

    page.get_by_role("link", name="Least sure first").click()
    first = page.locator("tr[id^=keyword-]").first
    expect(first).to_contain_text("moka shoes")
    first.get_by_text("Choose moka shoes").locator("..").click()
    page.get_by_role("button", name="Move…").click()
    page.get_by_role("button", name="Make this cluster").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Moka Shoes")
    expect(page.get_by_text("1 keyword is in a cluster of its own now.")).to_be_visible()
    db.session.commit()
    assert db.session.get_one(Cluster, pots.id, populate_existing=True).volume == 100


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_level_is_chosen_knowing_what_each_would_give(open_page: Open, site: Site, javascript: bool) -> None:
    factories.keywords(site, 4)
    page = open_page(f"/sites/{site.slug}/grouping", javascript=javascript)

    if not javascript:
        page.get_by_role("link", name="Count the clusters").click()
    expect(page.get_by_text("Counted for 4 keywords.")).to_be_visible()
    page.get_by_text("Only keywords that one page can answer.").click()
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_text("Runs group keywords by page from now on")).to_be_visible()
    db.session.commit()
    assert db.session.get_one(Site, site.id, populate_existing=True).cluster_level is Level.PAGE
