"""The System page: it moves by itself, asks little, and its buttons work without JavaScript."""

import gzip
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.journeys.conftest import SOON, Installation, Open
from tests.pipeline.engine import site_with_keywords
from tests.processes import eventually
from webapp.core.db import db
from webapp.jobs import queue
from webapp.pipeline import control
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus

ADDRESS = "/operator/system"
POLL = 2_560  # bytes, compressed, with a run at work: more than a run's page has, but asked for less often


@pytest.fixture
def run(installation: Installation) -> Iterator[Run]:
    """Delivered to the installation's workers, who are at it for a while."""
    started = factories.run(site_with_keywords(60, account=installation.account()))
    queue.deliver(started)
    yield started
    current = db.session.get_one(Run, started.id, populate_existing=True)
    if current.is_active:
        control.cancel(current, "Ana")
    db.session.commit()


def test_it_shows_by_itself_what_happens(open_page: Open, installation: Installation) -> None:
    page = open_page(ADDRESS)
    expect(page.locator("#workers tbody tr")).to_have_count(5)
    started = factories.run(site_with_keywords(60, account=installation.account()))
    queue.deliver(started)

    held = page.locator(f"#held-{started.id}")
    expect(held).to_contain_text("names it, renewed just now", timeout=SOON)
    expect(page.locator("#workers")).to_contain_text(f"run {started.id} of")

    control.cancel(db.session.get_one(Run, started.id, populate_existing=True), "Ana")
    expect(held).to_have_count(0, timeout=SOON)


def test_a_poll_is_small(open_page: Open, run: Run) -> None:
    page = open_page(ADDRESS)
    expect(page.locator(f"#held-{run.id}")).to_be_visible(timeout=SOON)

    with page.expect_response(re.compile(r"/operator/system/live$")) as answered:
        pass
    text = answered.value.text()

    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(text.encode())
    assert len(packed.getvalue()) <= POLL


@pytest.mark.parametrize("javascript", [True, False])
def test_a_run_is_taken_over_and_cancelled(open_page: Open, run: Run, javascript: bool) -> None:
    page = open_page(ADDRESS, javascript=javascript)
    held = page.locator(f"#held-{run.id}")
    eventually(lambda: page.goto(ADDRESS) and held.count())

    held.get_by_role("link", name="Take over now").click()
    page.get_by_role("button", name="Take over now").click()
    expect(page.locator("#toasts")).to_contain_text(f"Run {run.id} is queued again")

    page.goto(f"{ADDRESS}/runs/{run.id}/cancel")
    page.get_by_role("button", name="Force cancel").click()
    expect(page.locator("#toasts")).to_contain_text("its site is free")
    assert db.session.get_one(Run, run.id, populate_existing=True).status is RunStatus.CANCELLED
    db.session.commit()
