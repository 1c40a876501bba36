"""An owner connects a site to a WordPress: tests, is told what is wrong, mends it, and saves what works."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.journeys.conftest import PHONE, SOON, WIDE, Installation, Open
from tests.journeys.test_meet_the_standards import barriers
from tests.wordpress.look_alike import ME, PASSWORD, LookAlike, error, leads_to, look_alike, me, post
from webapp.core.db import db
from webapp.publishing.models import WordPressConnection
from webapp.sites.models import Site

FAILS = error(401, "incorrect_password")


@pytest.fixture
def site(installation: Installation) -> Site:
    return factories.site(installation.account())


@pytest.fixture
def there() -> Iterator[LookAlike]:
    with look_alike() as made:
        yield made


def fill(page: Page, there: LookAlike, **fields: str) -> None:
    page.locator("label", has_text="WordPress").first.click()
    for name, value in ({"address": there.address, "username": "ana", "password": PASSWORD} | fields).items():
        page.locator(f"#{name}").fill(value)


def is_connected(site: Site) -> bool:
    found = db.session.get(WordPressConnection, site.id, populate_existing=True)
    db.session.commit()
    return found is not None


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_wrong_is_told_beside_the_form_and_nothing_that_was_written_is_lost(
    open_page: Open, site: Site, there: LookAlike, viewport: dict, scheme: str
) -> None:
    page = open_page(f"/sites/{site.slug}/connect", viewport=viewport, scheme=scheme)
    expect(page.locator("#address")).to_be_hidden()
    there.replies[ME] = FAILS
    there.replies["/old/wp-json/"] = leads_to(f"{there.address}/wp-json/")
    fill(page, there, address=f"{there.address}/old")

    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#tested")).to_contain_text("The address leads on to", timeout=SOON)
    assert barriers(page) == []
    page.get_by_role("button", name=f"Test {there.address}").click()
    expect(page.locator("#tested")).to_contain_text("does not take the user name ana with this password", timeout=SOON)
    expect(page.locator("#address")).to_have_value(there.address)
    expect(page.locator("#password")).to_have_value(PASSWORD)

    there.replies[ME] = me("author")
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#tested")).to_contain_text("It works", timeout=SOON)
    assert barriers(page) == []
    assert not is_connected(site)


def test_what_works_is_saved_and_its_posts_are_read(open_page: Open, site: Site, there: LookAlike) -> None:
    there.posts = [post(1, "How basil grows")]
    page = open_page(f"/sites/{site.slug}/connect")
    fill(page, there)

    page.locator("#password").press("Enter")

    expect(page.get_by_text("Connected to Herb notes as Ana.")).to_be_visible(timeout=SOON)
    expect(page.locator("#connected")).to_contain_text("6.8.1")
    for _ in range(50):
        if page.get_by_role("link", name="How basil grows").count():
            break
        page.wait_for_timeout(200)
        page.reload()
    expect(page.get_by_role("link", name="How basil grows")).to_be_visible()
    assert is_connected(site)


def test_what_does_not_work_can_be_saved_anyway(open_page: Open, site: Site, there: LookAlike) -> None:
    there.replies[ME] = FAILS
    page = open_page(f"/sites/{site.slug}/connect")
    fill(page, there)
    page.get_by_role("button", name="Test connection").click()

    page.get_by_role("button", name="Save anyway").click()

    expect(page.locator("#standing")).to_contain_text("It was saved without a test that worked.", timeout=SOON)
    assert is_connected(site)


def test_without_javascript(open_page: Open, site: Site, there: LookAlike) -> None:
    page = open_page(f"/sites/{site.slug}/connect", javascript=False)
    there.replies[ME] = FAILS
    fill(page, there)
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#tested")).to_contain_text("does not take the user name ana with this password")
    expect(page.locator("#password-again")).to_contain_text("enter it again")
    expect(page.locator("#address")).to_have_value(there.address)
    expect(page.locator("#password")).to_have_value("")

    there.replies[ME] = me("editor")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Save and connect").click()

    expect(page.get_by_text("Connected to Herb notes as Ana.")).to_be_visible()
    page.locator("label", has_text="Folder").first.click()
    expect(page.locator("#address")).to_be_hidden()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Articles go to the folder from now on")).to_be_visible()
    assert is_connected(site)
