"""The publishing settings show what they come to while they are changed, and save nothing before they are asked to."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.journeys.conftest import PHONE, SOON, WIDE, Installation, Open
from tests.journeys.test_meet_the_standards import barriers
from webapp.core.db import db
from webapp.publishing import approval
from webapp.publishing.models import PublishingSettings
from webapp.sites.models import Site

MOVED = re.compile(r"[23] articles move")  # the first one stays, if it is a little before nine


@pytest.fixture
def site(installation: Installation) -> Site:
    """Three articles wait for nine o'clock of the next three days."""
    site = factories.site(installation.account())
    db.session.get_one(PublishingSettings, site.id).publish_time_slots = ["09:00"]
    for _ in range(3):
        approval.approve(factories.article(site), "Ana")
    db.session.commit()
    return site


def saved(site: Site) -> list[str]:
    times = db.session.get_one(PublishingSettings, site.id, populate_existing=True).publish_time_slots
    db.session.commit()
    return times


def times_on(page: Page) -> list[str]:
    return page.locator("#publish_time_slots input").evaluate_all("all => all.map(one => one.value)")


def slots(page: Page) -> Locator:
    return page.locator("#slots tbody tr")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_times_are_added_sorted_and_taken_out_and_the_slots_follow(open_page: Open, site: Site, viewport: dict) -> None:
    page = open_page(f"/sites/{site.slug}/publishing", viewport=viewport)
    expect(slots(page)).to_have_count(10)
    fields = page.locator("#publish_time_slots input")

    fields.last.fill("07:15")
    expect(fields).to_have_count(3)
    expect(page.locator("#moves")).to_contain_text(MOVED, timeout=SOON)
    expect(slots(page).filter(has_text="07:15")).to_have_count(5)
    page.locator("#queue_limit").focus()
    assert times_on(page) == ["07:15", "09:00", ""]

    page.locator("#queue_limit").fill("1")
    expect(page.locator("#moves")).to_contain_text(re.compile(r"2 (articles )?lose their slot because"), timeout=SOON)
    assert barriers(page) == []
    page.locator("#queue_limit").fill("100")
    page.locator("#publish_time_slots [data-take-out]").nth(1).click()
    expect(slots(page).filter(has_text="07:15")).to_have_count(10, timeout=SOON)
    assert times_on(page) == ["07:15", ""]
    assert saved(site) == ["09:00"]

    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Publishing settings saved. 3 articles have a new time.")).to_be_visible()
    assert saved(site) == ["07:15"]


def test_discarding_brings_all_fields_back(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/publishing")
    page.locator("#publish_time_slots input").last.fill("07:15")
    page.locator("#publish_time_slots [data-take-out]").first.click()
    expect(page.locator("#moves")).to_contain_text(MOVED, timeout=SOON)

    page.get_by_role("button", name="Discard").click()

    expect(page.locator("#moves")).to_contain_text("No article would get another time.", timeout=SOON)
    assert times_on(page) == ["09:00", ""]
    expect(page.locator("form.is-dirty")).to_have_count(0)


def test_only_the_fields_of_the_chosen_way_are_shown(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/publishing")
    times, window = page.locator("#publish_time_slots"), page.locator("#stagger_start_time")
    days, days_off = page.locator("#publish_days"), page.locator("#skip_dates")
    for part, is_shown in ((times, True), (window, False), (days, True), (days_off, True)):
        expect(part).to_be_visible(visible=is_shown)

    page.get_by_text("Spread over the day").click()
    for part, is_shown in ((times, False), (window, True), (days, True), (days_off, True)):
        expect(part).to_be_visible(visible=is_shown)
    page.locator("#stagger_end_time").fill("01:00")
    expect(page.locator("#window")).to_contain_text("past midnight to 01:00 of the next day", timeout=SOON)

    page.get_by_text("At once", exact=True).click()
    for part in (times, window, days, days_off):
        expect(part).to_be_hidden()


def test_without_javascript_there_is_a_button(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/publishing", javascript=False)
    page.locator("#publish_time_slots input").last.fill("07:15")
    page.get_by_role("button", name="Check").click()

    expect(page.locator("#checked")).to_contain_text(MOVED)
    expect(page.locator("#publish_time_slots input")).to_have_count(3)
    assert saved(site) == ["09:00"]

    page.locator("#publish_time_slots input").nth(1).fill("")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Publishing settings saved.")).to_be_visible()
    assert saved(site) == ["07:15"]
