"""A file of keywords is dropped, understood, imported, clustered; by keyboard alone, and without JavaScript too."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import PHONE, WIDE, Installation, Open
from tests.pipeline.engine import site_with_keywords
from webapp.sites.models import Site

EXPORT = (
    "Keyword,Intent,Volume,Trend,Keyword Difficulty,CPC (USD)\n"
    'how to grow basil,Informational,1900,"0.4,0.5",23,0.40\n'
    'grow basil indoors,Informational,880,"0.4,0.5",,0.35\n'
    'basil pot,"Commercial, Transactional",320,,11,many\n'
    "Grow  Basil Indoors,,,,,\n"
    "???,,10,,,\n"
)
NAME = "basil_broad-match_us_2026-05-01.csv"
AT_THE_END = 90_000  # milliseconds
MOST_STOPS = 80  # of the Tab key


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    yield site_with_keywords(0, account=installation.account(), max_ideas_per_run=1, max_tasks_per_run=1)


def drop(page: Page, text: str, name: str = NAME) -> None:
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    page.get_by_label("Drop a file here").set_input_files(files=[file])  # type: ignore[arg-type]


def tile(page: Page, label: str) -> Locator:
    return page.locator(".stats li", has_text=label).locator("b")


def tab_to(page: Page, goal: Locator) -> None:
    """With the Tab key alone."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if goal.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the Tab key does not lead there")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_file_is_dropped_understood_and_imported(open_page: Open, site: Site, viewport: dict) -> None:
    page = open_page(f"/sites/{site.slug}/keywords", viewport=viewport)
    page.get_by_role("link", name="Import keywords").first.click()
    drop(page, EXPORT)
    page.get_by_role("button", name="Look at them").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
    expect(page.locator("main")).to_contain_text("Semrush Keyword Magic. Nothing is imported yet.")
    assert [tile(page, label).inner_text() for label in ("New", "There already", "Left out")] == ["3", "1", "1"]
    expect(page.locator("#understood")).to_contain_text("US")
    begin = page.get_by_role("button", name="Import", exact=True)
    box = begin.bounding_box()
    assert box is not None and box["y"] + box["height"] <= viewport["height"]
    begin.click()

    expect(page.locator("main")).to_contain_text("What was read is imported.")
    page.get_by_role("link", name="To the keywords").click()
    expect(page.locator("tr[id^=keyword-]")).to_have_count(3)


def test_what_came_in_is_clustered_by_a_run(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/keywords/imports")
    drop(page, EXPORT)
    page.get_by_role("button", name="Look at them").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("main")).to_contain_text("What was read is imported.")
    page.locator(".side-nav").get_by_role("link", name="Overview").click()
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    expect(page.locator("#live")).to_have_attribute("data-state", "completed", timeout=AT_THE_END)

    page.goto(f"/sites/{site.slug}/keywords?status=clustered")
    expect(page.locator("tr[id^=keyword-]")).to_have_count(2)

    page.goto(f"/sites/{site.slug}/keywords?status=unclustered")
    expect(page.locator("tr[id^=keyword-]")).to_contain_text("Nearest: ")


def test_the_keyboard_is_enough(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/keywords/imports")
    tab_to(page, page.get_by_label("Drop a file here"))
    tab_to(page, page.get_by_label("Or paste keywords"))
    page.keyboard.type("moka pot\nchemex\n")
    tab_to(page, page.get_by_role("button", name="Look at them"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    tab_to(page, page.get_by_role("button", name="Import", exact=True))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("What was read is imported.")
    tab_to(page, page.get_by_role("link", name="To the keywords"))
    page.keyboard.press("Enter")

    expect(page.locator("tr[id^=keyword-]")).to_have_count(2)


def test_without_javascript_it_is_the_same_and_a_person_says_what_columns_hold(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/keywords/imports", javascript=False)
    drop(page, "A,B\n1,2\n3,4\n", "odd.csv")
    page.get_by_role("button", name="Look at them").click()
    expect(page.locator("main")).to_contain_text("We cannot tell which column holds the keywords.")
    page.get_by_label("Keyword", exact=True).select_option(label="B")
    page.get_by_role("button", name="Use these columns").click()
    assert tile(page, "New").inner_text() == "2"
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("main")).to_contain_text("What was read is imported.")

    page.goto(f"/sites/{site.slug}/keywords/imports")
    drop(page, "A,B\n1,2\n3,4\n", "odd.csv")
    page.get_by_role("button", name="Look at them").click()
    page.get_by_role("link", name="Drop the file").click()
    page.get_by_role("button", name="Drop the file").click()
    expect(page.locator("tr[id^=import-]")).to_have_count(1)


def test_a_long_import_moves_by_itself_and_is_stopped_and_gone_on_with(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/keywords/imports")
    drop(page, "Keyword,Volume\n" + "".join(f"phrase {number} here,{number}\n" for number in range(60_000)), "long.csv")
    page.get_by_role("button", name="Look at them").click()
    page.get_by_role("button", name="Import without waiting").click()
    expect(page.locator(".percent")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#why")).to_contain_text("Stopped by Ana.")
    page.get_by_role("button", name="Go on").click()

    expect(page.locator("main")).to_contain_text("What was read is imported.", timeout=AT_THE_END)
    expect(page.locator("[data-poll]")).to_have_count(0)
    assert tile(page, "New").inner_text() == "60,000"


def test_a_file_that_is_too_large_is_not_sent_in_vain(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/keywords/imports")
    field = page.get_by_label("Drop a file here")
    field.evaluate("element => { element.dataset.most = 10 }")
    drop(page, EXPORT)

    assert "larger than" in field.evaluate("element => element.validationMessage")
    drop(page, "basil\n")
    assert field.evaluate("element => element.validationMessage") == ""
