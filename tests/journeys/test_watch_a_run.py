"""The live page: it asks little, keeps still where nothing changed, and says when nobody answers."""

import gzip
import io
import re

import pytest
from playwright.sync_api import Page, Response, expect

from tests import factories
from tests.journeys.conftest import Installation, Open
from tests.pipeline.engine import site_with_keywords
from webapp.content.imports.at_once import import_at_once
from webapp.pipeline import control
from webapp.pipeline.demo import KEYWORDS
from webapp.pipeline.models import Run
from webapp.sites.models import Site

TEN_POLLS = 22_000  # milliseconds
POLL = 2_048  # bytes, compressed


@pytest.fixture
def site(installation: Installation) -> Site:
    return site_with_keywords(30, account=installation.account())


@pytest.fixture
def run(site: Site) -> Run:
    """Queued and never delivered: nothing moves it but the test."""
    return control.pause(factories.run(site), "Ana")


def address(run: Run) -> str:
    return f"/sites/{run.site.slug}/runs/{run.id}"


def statuses_on_the_wire(page: Page) -> list[int]:
    """Of the answers to polls, from now on: scripts see a kept answer as 200, whatever the server has said."""
    session, polled, seen = page.context.new_cdp_session(page), set(), []
    session.on(
        "Network.requestWillBeSent", lambda told: "/live" in told["request"]["url"] and polled.add(told["requestId"])
    )
    session.on(
        "Network.responseReceivedExtraInfo",
        lambda told: told["requestId"] in polled and seen.append(told["statusCode"]),
    )
    session.send("Network.enable")
    return seen


def polls(page: Page) -> list[Response]:
    """The answers to polls, from now on."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if answer.url.endswith("/live") else None)
    return answers


def test_an_unchanged_run_is_answered_without_its_page(open_page: Open, run: Run) -> None:
    page = open_page(address(run))
    seen = statuses_on_the_wire(page)
    page.wait_for_timeout(7_000)

    assert seen[:1] == [200]
    assert len(seen) >= 3 and set(seen[1:]) == {304}


def test_a_poll_is_small(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/")
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    answers = polls(page)
    page.wait_for_timeout(9_000)

    fresh = [answer for answer in answers if answer.status == 200]
    assert fresh
    assert max(len(gzip.compress(answer.body())) for answer in fresh) <= POLL


def test_nobody_asks_after_the_end(open_page: Open, run: Run) -> None:
    page = open_page(address(run))
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel this run").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "cancelled")
    answers = polls(page)
    page.wait_for_timeout(5_000)

    assert answers == []


def test_a_hidden_page_does_not_ask(open_page: Open, run: Run) -> None:
    page = open_page(address(run))
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    answers = polls(page)
    page.wait_for_timeout(5_000)

    assert answers == []


def test_focus_dialog_and_scroll_survive_ten_polls_of_a_moving_run(open_page: Open, site: Site) -> None:
    import_at_once(site, io.BytesIO(KEYWORDS.read_bytes()), KEYWORDS.name, "Ana")
    page = open_page(f"/sites/{site.slug}/", viewport={"width": 1280, "height": 500})
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    page.get_by_role("link", name="Cancel").click()
    keep = page.get_by_role("button", name="Keep running")
    expect(keep).to_be_focused()
    page.evaluate("scrollTo(0, 200)")
    answers = polls(page)
    page.wait_for_timeout(TEN_POLLS)

    assert len(answers) >= 10
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(keep).to_be_focused()
    assert page.evaluate("scrollY") == 200
    expect(page.locator("#live")).to_have_attribute("data-state", "running")
    page.get_by_role("button", name="Cancel this run").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "cancelled")


def test_focus_stays_on_the_button_from_pause_to_resume(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/")
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Pause")).to_be_focused()


def test_a_server_that_is_away_leaves_the_page_as_it_is_and_says_so(open_page: Open, run: Run) -> None:
    page = open_page(address(run))
    before = page.locator("#live").inner_text()
    page.route("**/live", lambda route: route.abort())
    banner = page.locator("#offline")
    expect(banner).to_contain_text("No connection. Last update", timeout=8_000)
    assert page.locator("#live").inner_text() == before

    page.unroute("**/live")
    expect(banner).to_be_hidden(timeout=8_000)
