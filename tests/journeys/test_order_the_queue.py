"""The publishing queue by hand: moved by keyboard, several at once, found in the calendar; also without JavaScript."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.journeys.conftest import PHONE, SOON, WIDE, Installation, Open
from webapp.core.db import db
from webapp.publishing import approval, schedule
from webapp.publishing.models import Publication, WaitingReason
from webapp.sites.models import Site

TITLES = ("Basil in winter", "Mint in a pot", "Sage, pruned", "Thyme on a wall")


@pytest.fixture
def site(installation: Installation) -> Site:
    """Four articles on their way, three with a slot and one that waits for room."""
    site = factories.site(installation.account(), time_zone="Europe/Berlin")
    schedule.change_settings(site.id, {"queue_limit": 3})
    for title in TITLES:
        approval.approve(factories.article(site, title=title), "Ana")
    db.session.commit()
    return site


def queue_of(site: Site) -> str:
    return f"/sites/{site.slug}/queue"


def row(page: Page, title: str) -> Locator:
    return page.locator("tr[id^=publication-]", has=page.get_by_role("link", name=title, exact=True))


def order(page: Page) -> list[str]:
    """Titles of what has a slot, in the order of the page."""
    return page.locator("#scheduled tr[id^=publication-] th a").all_inner_texts()


def publication(site: Site, title: str) -> Publication:
    found = next(
        one
        for one in db.session.query(Publication).filter_by(site_id=site.id).populate_existing()
        if one.article.title == title
    )
    db.session.commit()
    return found


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_by_keyboard_one_moves_up_and_keeps_the_focus(open_page: Open, site: Site, viewport: dict) -> None:
    page = open_page(queue_of(site), viewport=viewport)
    assert order(page) == list(TITLES[:3])

    up = row(page, TITLES[2]).get_by_role("button", name=f"Move up {TITLES[2]}")
    up.focus()
    page.keyboard.press("Enter")

    expect(page.locator("#scheduled tr[id^=publication-] th a").nth(1)).to_have_text(TITLES[2])
    expect(page.locator("#toasts")).to_contain_text(f"“{TITLES[2]}” moved up.")
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#scheduled tr[id^=publication-] th a").first).to_have_text(TITLES[2])
    assert order(page) == [TITLES[2], TITLES[0], TITLES[1]]


@pytest.mark.parametrize("javascript", [True, False], ids=["with", "without"])
def test_to_a_free_slot_and_off_the_schedule(open_page: Open, site: Site, javascript: bool) -> None:
    page = open_page(queue_of(site), javascript=javascript)
    row(page, TITLES[0]).get_by_role("link", name=f"Move… {TITLES[0]}").click()
    slot = page.get_by_label("Free slot", exact=True).locator("option").nth(5).get_attribute("value")
    page.get_by_label("Free slot", exact=True).select_option(slot)
    page.get_by_role("button", name="Move it there").click()

    page.wait_for_url(f"**{queue_of(site)}")
    assert publication(site, TITLES[0]).slot_at.isoformat() == slot
    assert order(page)[-1] == TITLES[0]

    row(page, TITLES[1]).get_by_role("link", name=f"Move… {TITLES[1]}").click()
    page.get_by_role("button", name="Take off the schedule").click()
    expect(page.locator("#waiting-unscheduled")).to_contain_text(TITLES[1])
    assert publication(site, TITLES[1]).reason is WaitingReason.UNSCHEDULED
    row(page, TITLES[1]).get_by_role("button", name="Release").click()
    expect(page.locator("#waiting-unscheduled")).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False], ids=["with", "without"])
def test_several_are_held_at_once(open_page: Open, site: Site, javascript: bool) -> None:
    page = open_page(queue_of(site), javascript=javascript)
    for title in TITLES[1:3]:
        row(page, title).get_by_role("checkbox").check()
    if javascript:
        expect(page.locator("[data-chosen]")).to_have_text("2 articles chosen.")

    page.locator("#selected").get_by_role("button", name="Hold").click()

    expect(page.locator("#waiting-held")).to_contain_text(TITLES[2])
    expect(page.locator("#toasts")).to_contain_text("2 articles are held.")


def test_what_is_chosen_and_what_is_open_outlive_the_next_look(open_page: Open, site: Site) -> None:
    """The page asks by itself what has become of the queue."""
    page = open_page(queue_of(site))
    row(page, TITLES[0]).get_by_role("checkbox").check()
    row(page, TITLES[3]).locator("summary").click()
    expect(row(page, TITLES[3]).locator("li").first).to_have_text("The queue is full: 3 of 3 are scheduled.")

    row(page, TITLES[2]).get_by_role("button", name="Hold").click()  # the answer is what a look brings, too

    expect(page.locator("#waiting-held")).to_contain_text(TITLES[2], timeout=SOON)
    expect(row(page, TITLES[0]).get_by_role("checkbox")).to_be_checked()
    expect(page.locator("[data-chosen]")).to_have_text("1 article chosen.")


def test_an_open_account_of_what_was_tried_stays_open(open_page: Open, site: Site) -> None:
    page = open_page(queue_of(site))
    row(page, TITLES[3]).locator("summary").click()

    row(page, TITLES[2]).get_by_role("button", name=f"Move up {TITLES[2]}").click()

    expect(page.locator("#toasts")).to_contain_text("moved up")
    expect(row(page, TITLES[3]).locator("details")).to_have_attribute("open", "")
    expect(row(page, TITLES[3]).locator("li").first).to_be_visible()


def test_all_of_a_day_are_chosen_and_no_more(open_page: Open, site: Site) -> None:
    page = open_page(queue_of(site))
    first_day = page.locator("#scheduled section", has=page.locator("tr[id^=publication-]")).first

    first_day.get_by_label("Choose all of this list").check()

    chosen = page.locator("td.pick input[name]:checked")
    assert chosen.count() == first_day.locator("td.pick input[name]").count()
    assert chosen.count() < 4


@pytest.mark.parametrize("javascript", [True, False], ids=["with", "without"])
def test_the_calendar_shows_it_and_has_an_address(open_page: Open, site: Site, javascript: bool) -> None:
    page = open_page(queue_of(site), javascript=javascript)
    page.get_by_role("link", name="Calendar").click()
    going = publication(site, TITLES[0])
    month = going.slot_at.astimezone(site.zone)
    page.goto(f"{queue_of(site)}/calendar?month={month:%Y-%m}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{month:%B %Y}")
    expect(page.locator("table.calendar")).to_contain_text(TITLES[0])

    page.get_by_role("button", name="Make an address").click()

    address = page.get_by_label("Its secret address").input_value()
    told = open_page("/sign-in", stranger=True).request.get(address)
    assert told.status == 200
    assert f"SUMMARY:{TITLES[0]}" in told.text()
