"""A prompt is shown filled in while it is written, tried, saved, and returned from; also without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.journeys.conftest import PHONE, SOON, WIDE, Installation, Open
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai import prompts
from webapp.sites.ai.prompts import Whose
from webapp.sites.models import Site

IDEAS = Operation.IDEA_GENERATION


@pytest.fixture
def site(installation: Installation) -> Site:
    made = factories.site(installation.account())
    topic = factories.cluster(made, name="Basil care")
    factories.keyword(made, "how to water basil", cluster=topic)
    return made


def whose(site: Site) -> Whose:
    found = prompts.counting(site.id, IDEAS).whose
    db.session.commit()
    return found


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_is_filled_in_as_it_is_written(open_page: Open, site: Site, viewport: dict) -> None:
    page = open_page(f"/sites/{site.slug}/prompts", viewport=viewport)
    page.get_by_role("link", name="Idea generation").click()
    told, text = page.locator("#told"), page.locator("#user")
    expect(told).to_contain_text("how to water basil")

    text.fill("Three articles about {cluster.name}.")
    expect(page.locator("#told-user")).to_have_text("Three articles about <data>Basil care</data>.", timeout=SOON)
    expect(text).to_be_focused()
    text.fill("One\n{cluster.nam}")
    expect(told).to_contain_text("Line 2: there is no {cluster.nam}; did you mean {cluster.name}?", timeout=SOON)
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#error-summary")).to_contain_text("did you mean {cluster.name}?", timeout=SOON)
    assert whose(site) is Whose.PRESSROOM

    text.fill("About {cluster.name}")
    expect(page.locator("#error-summary")).to_have_count(0, timeout=SOON)
    expect(page.locator("#error-user, [aria-invalid]")).to_have_count(0)
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#outcome")).to_contain_text("The embedded provider", timeout=SOON)
    expect(page.locator("#outcome li").first).to_contain_text("Basil")
    expect(text).to_have_value("About {cluster.name}")
    assert whose(site) is Whose.PRESSROOM

    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("This site's own")).to_be_visible()
    assert whose(site) is Whose.SITE


def test_all_of_it_works_without_javascript(open_page: Open, site: Site) -> None:
    page = open_page(f"/sites/{site.slug}/prompts/idea_generation", javascript=False)
    page.locator("#user").fill("About {cluster.name}")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#told-user")).to_have_text("About <data>Basil care</data>")

    page.get_by_role("button", name="Try").click()
    expect(page.locator("#outcome li").first).to_contain_text("Basil")
    expect(page.locator("#user")).to_have_value("About {cluster.name}")
    assert whose(site) is Whose.PRESSROOM

    page.get_by_role("button", name="Save changes").click()
    assert whose(site) is Whose.SITE
    page.get_by_role("button", name="Return to Pressroom's prompt").click()
    assert whose(site) is Whose.PRESSROOM

    page.get_by_role("link", name="Version 1").click()
    expect(page.locator("#changed")).to_contain_text("About {cluster.name}")
    page.get_by_role("button", name="Let it count again").click()
    expect(page.get_by_text("Version 1 counts again.")).to_be_visible()
    assert whose(site) is Whose.SITE
