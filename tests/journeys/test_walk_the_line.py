"""What a newcomer does: from the first visit to a published page, with JavaScript and without."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PASSWORD, started

AT_THE_END = 120_000  # milliseconds


@pytest.fixture
def newcomer(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """At the address that a fresh installation printed."""
    environ = {"PRESSROOM_INSTANCE": str(tmp_path)}
    with started(environ) as address:
        context = browser.new_context(base_url=address, java_script_enabled=request.param)
        page = context.new_page()
        page.goto("/")
        yield page
        context.close()


def sign_up(page: Page) -> None:
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("Email address").fill("ana@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Account").fill("Studio")
    page.get_by_role("button", name="Make the account").click()


def wait_for_the_end(page: Page, *, reloads: bool) -> None:
    for _ in range(60 if reloads else 0):
        if page.locator("#live").get_attribute("data-state") == "completed":
            break
        page.wait_for_timeout(1_000)
        page.get_by_role("link", name="Load it again").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "completed", timeout=AT_THE_END)


def waiting_keywords(page: Page) -> int:
    return int(page.locator(".pipeline li").first.locator("b").inner_text())


@pytest.mark.parametrize("newcomer", [True, False], ids=["javascript", "plain"], indirect=True)
def test_a_newcomer_gets_from_the_first_visit_to_a_published_page(
    newcomer: Page, request: pytest.FixtureRequest
) -> None:
    page, plain = newcomer, "plain" in request.node.name
    sign_up(page)
    page.get_by_role("link", name="The Green Sill").click()
    assert waiting_keywords(page) > 140

    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    wait_for_the_end(page, reloads=plain)
    expect(page.locator(".percent")).to_have_text("100%")

    menu = page.locator(".side-nav")
    menu.get_by_role("link", name="Overview").click()
    assert waiting_keywords(page) == 0
    menu.get_by_role("link", name="Articles").click()
    article = page.locator("tr[id^=article-] a").first
    title = article.inner_text()
    article.click()
    expect(page.locator("article img").first).to_be_visible()
    assert page.locator("article img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

    menu.get_by_role("link", name=re.compile("^Queue")).click()
    row = page.locator("tr[id^=publication-]", has=page.get_by_role("link", name=title, exact=True))
    expect(row.locator("time").first).to_be_visible()
    row.get_by_role("button", name="Publish now").click()
    published = row.get_by_role("link", name="Open the page")
    for _ in range(30 if plain else 0):
        if published.count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    expect(published).to_be_visible(timeout=AT_THE_END)

    published.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert page.locator("img").first.evaluate("image => image.naturalWidth") > 0
    assert "/published/demo/" in page.url
