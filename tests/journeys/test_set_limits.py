"""The automation settings tell what they come to while they are changed, and save nothing before they are asked to."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, SOON, WIDE, Installation, Open
from tests.pipeline.engine import site_with_keywords
from webapp.core.db import db
from webapp.pipeline.automation import Automation
from webapp.sites.models import Site


@pytest.fixture
def site(installation: Installation) -> Site:
    return site_with_keywords(12, account=installation.account(), max_keywords_per_run=5)


def limit_of(site: Site) -> int:
    saved = db.session.get_one(Automation, site.id, populate_existing=True).max_keywords_per_run
    db.session.commit()
    return saved


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_figures_follow_what_is_typed(open_page: Open, site: Site, viewport: dict) -> None:
    page = open_page(f"/sites/{site.slug}/automation", viewport=viewport)
    line, field = page.locator("#foretold-clusters"), page.locator("#max_keywords_per_run")
    expect(line).to_contain_text("5 this run for 10 credits")

    field.fill("7")
    expect(line).to_contain_text("7 this run", timeout=SOON)
    expect(line).to_contain_text("About 2 runs")
    expect(field).to_be_focused()
    expect(page.locator("#sum")).to_contain_text("It starts only when somebody starts it")

    page.get_by_label("Start runs by themselves").check()
    expect(page.locator("#sum li")).to_have_count(3, timeout=SOON)
    assert limit_of(site) == 5

    field.fill("-3")
    expect(page.locator("#sum")).to_contain_text("Keywords per run: give a whole number", timeout=SOON)
    field.fill("6")
    expect(line).to_contain_text("6 this run", timeout=SOON)
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Automation settings saved.")).to_be_visible()
    assert limit_of(site) == 6


def test_a_tip_comes_where_it_helps_and_goes(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/automation")
    tip = page.get_by_text("does not pay for one")
    expect(tip).to_have_count(0)

    page.locator("#max_credits_per_run").fill("40")  # 6 of them for clustering, which costs 10
    expect(tip.first).to_be_visible(timeout=SOON)

    page.locator("#max_credits_per_run").fill("0")
    expect(tip).to_have_count(0, timeout=SOON)


def test_without_javascript_there_is_a_button(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/automation", javascript=False)
    page.locator("#max_keywords_per_run").fill("7")
    page.get_by_role("button", name="Check").click()

    expect(page.locator("#foretold-clusters")).to_contain_text("7 this run")
    expect(page.locator("#max_keywords_per_run")).to_have_value("7")
    assert limit_of(site) == 5
