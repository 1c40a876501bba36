"""Pause, resume and cancel in the browser, during a run whose provider takes its time."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import SOON, Installation, Open
from tests.pipeline.engine import site_with_keywords
from webapp.core.db import db
from webapp.pipeline.models import AiCall, Run, RunEvent
from webapp.sites.models import Site

AT_THE_END = 90_000


@pytest.fixture
def site(installation: Installation) -> Site:
    return site_with_keywords(45, account=installation.account(), max_images_per_run=20)


def start(open_page: Open, site: Site, **how: object) -> Page:
    page = open_page(f"/sites/{site.slug}/", **how)
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    return page


def calls_of(page: Page) -> int:
    run_id = int(page.url.rsplit("/", 1)[1])
    found = db.session.scalar(db.select(db.func.count()).where(AiCall.run_id == run_id)) or 0
    db.session.commit()
    return found


def log_of(page: Page) -> list[str]:
    run_id = int(page.url.rsplit("/", 1)[1])
    found = db.session.scalars(db.select(RunEvent.text).where(RunEvent.run_id == run_id).order_by(RunEvent.id)).all()
    db.session.commit()
    return list(found)


def test_a_run_moves_by_itself_to_its_end(open_page: Open, site: Site) -> None:
    page = start(open_page, site)

    expect(page.locator("#live")).to_have_attribute("data-state", "running", timeout=SOON)
    expect(page.locator("#live")).to_have_attribute("data-state", "completed", timeout=AT_THE_END)

    expect(page.locator(".percent")).to_have_text("100%")
    done = page.locator("tr[id^=stage-] td[data-name=Done]").all_inner_texts()
    assert len(done) == 7 and not any(written.startswith("0 ") for written in done), done
    expect(page.locator("[hx-trigger]")).to_have_count(0, timeout=SOON)
    expect(page.locator(".side-nav").get_by_role("link", name="Runs")).to_have_text("Runs", timeout=SOON)


def test_a_run_is_paused_resumed_and_cancelled(open_page: Open, site: Site) -> None:
    page = start(open_page, site)
    expect(page.locator("#live")).to_have_attribute("data-state", "running", timeout=SOON)

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "paused", timeout=SOON)
    expect(page.locator("#why")).to_contain_text("Paused by Ana")
    page.wait_for_timeout(1000)  # the calls that were out have come back
    paid = calls_of(page)
    page.wait_for_timeout(1500)
    assert calls_of(page) == paid

    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "running", timeout=SOON)
    expect(page.locator("#why")).to_have_count(0)

    page.get_by_role("link", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Finished work is kept")
    dialog.get_by_role("button", name="Cancel this run").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "cancelled", timeout=SOON)
    expect(page.locator("#why")).to_contain_text("Cancelled by Ana")
    assert {"Paused by Ana", "Resumed by Ana", "Cancelled by Ana"} <= set(log_of(page))

    start(open_page, site)  # the site is free


def test_all_of_it_works_without_javascript(open_page: Open, site: Site) -> None:
    page = start(open_page, site, javascript=False)
    expect(page.get_by_text("Load it again")).to_be_visible()

    page.get_by_role("button", name="Pause").click()
    assert page.locator("#live").get_attribute("data-state") == "paused"
    expect(page.locator("#toasts")).to_contain_text("paused")

    page.get_by_role("button", name="Resume").click()
    assert page.locator("#live").get_attribute("data-state") in ("queued", "running")

    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Cancel this run").click()
    assert page.locator("#live").get_attribute("data-state") == "cancelled"


def test_a_start_that_finds_a_run_in_the_way_names_it(open_page: Open, site: Site) -> None:
    first, late = open_page(f"/sites/{site.slug}/"), open_page(f"/sites/{site.slug}/runs")
    first.get_by_role("button", name="Run now").click()
    first.wait_for_url(re.compile(r"/runs/\d+$"))
    first.get_by_role("button", name="Pause").click()
    expect(first.locator("#live")).to_have_attribute("data-state", "paused", timeout=SOON)

    late.get_by_role("button", name="Run now").click()

    number = first.url.rsplit("/", 1)[1]
    expect(late.locator("main")).to_contain_text(f"Run {number} is paused since")
    late.get_by_role("button", name="Cancel it and start").click()
    late.wait_for_url(re.compile(r"/runs/\d+$"))
    assert late.url != first.url
    assert (
        db.session.scalars(db.select(Run.status).where(Run.site_id == site.id).order_by(Run.id)).first() == "cancelled"
    )
    db.session.commit()
