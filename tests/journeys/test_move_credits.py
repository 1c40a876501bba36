"""Credits in the browser: the ledger and its file, topping up, prices, switches, calls without an outcome."""

import csv
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.credits.spending import purchase
from tests.journeys.conftest import PHONE, Installation, Open
from webapp.accounts import switches
from webapp.accounts.models import Account
from webapp.accounts.switches import Switch
from webapp.core.db import db
from webapp.credits import ledger, prices
from webapp.credits.models import OperationCost
from webapp.pipeline.models import AiCall, Run

ADDRESS = "/operator/credits"


@pytest.fixture
def account(installation: Installation) -> Account:
    """Somebody's, with 100 credits."""
    return factories.account("Herbs Ltd", credits=100)


@pytest.fixture
def run(installation: Installation) -> Run:
    """Of the owner's account; it was charged 12 for an article."""
    run = factories.run(factories.site(installation.account(), time_zone="Europe/Berlin"))
    article = factories.article(run.site, title="Basil indoors")
    ledger.hold(purchase(run, article_id=article.id), 12)
    ledger.settle(purchase(run, article_id=article.id), 12, 12)
    db.session.commit()
    return run


@pytest.fixture
def _as_it_was(installation: Installation) -> Iterator[None]:
    """Prices and switches are the whole installation's, so they are put back."""
    yield
    db.session.execute(db.delete(OperationCost))
    for switch in Switch:
        switches.flip(switch, None, "Ana")
    db.session.commit()


def balance(account: Account) -> int:
    found = ledger.balance(account.id)
    db.session.commit()
    return found


def test_from_a_run_to_its_entries_and_their_file(open_page: Open, run: Run) -> None:
    page = open_page(f"/sites/{run.site.slug}/runs/{run.id}")
    page.locator("#live .facts").get_by_role("link").click()

    expect(page.locator("tr[id^=entry-]")).to_have_count(3)
    page.get_by_label("Kind", exact=True).select_option("charge")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tr[id^=entry-]")).to_have_count(1)
    expect(page.locator("tr[id^=entry-]")).to_contain_text("Basil indoors")
    page.get_by_text("The numbers").click()
    expect(page.locator("#chart table")).to_contain_text("12")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    with open(download.value.path()) as file:
        assert [line["credits"] for line in csv.DictReader(file)] == ["-12"]


@pytest.mark.parametrize("javascript", [True, False])
def test_an_operator_tops_up_and_adjusts(open_page: Open, account: Account, javascript: bool) -> None:
    page = open_page(ADDRESS, javascript=javascript)
    page.locator(f"#account-{account.id}").get_by_role("link", name="Herbs Ltd", exact=True).click()
    form = page.locator("#top-up")
    form.get_by_label("Credits").fill("50")
    form.get_by_label("What for").fill("Invoice 118")
    form.get_by_role("button", name="Top up").click()
    expect(page.locator("#toasts")).to_contain_text("+50 credits for Herbs Ltd: it has 150 now.")

    form = page.locator("#adjust")
    form.get_by_label("Credits").fill("-200")
    form.get_by_label("Why").fill("Counted twice")
    form.get_by_role("button", name="Adjust").click()
    expect(page.locator("#error-adjust-credits")).to_contain_text("has 150 credits")
    page.locator("#adjust").get_by_label("Credits").fill("-20")
    page.locator("#adjust").get_by_role("button", name="Adjust").click()

    expect(page.locator("#entries tbody tr").first).to_contain_text("Counted twice (Ana)")
    assert balance(account) == 130


def test_a_double_click_tops_up_once(open_page: Open, account: Account) -> None:
    page = open_page(f"{ADDRESS}/accounts/{account.id}")
    page.locator("#top-up").get_by_label("Credits").fill("50")
    page.locator("#top-up").get_by_label("What for").fill("Invoice 118")
    page.locator("#top-up").get_by_role("button", name="Top up").dblclick()

    expect(page.locator("#toasts")).to_contain_text("it has 150 now")
    page.wait_for_timeout(500)
    assert balance(account) == 150


@pytest.mark.parametrize("javascript", [True, False])
def test_prices_that_do_not_sum_to_the_whole_say_so_and_are_mended(
    open_page: Open, _as_it_was: None, javascript: bool
) -> None:
    page = open_page(ADDRESS, viewport=PHONE, javascript=javascript)
    group = page.get_by_role("group", name="Clustering")
    group.get_by_label("Share").fill("14.99")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#error-summary")).to_contain_text("99.99 %")

    page.get_by_role("group", name="Clustering").get_by_label("Share").fill("15")
    page.get_by_role("group", name="Clustering").get_by_label("Credits").fill("11")
    page.get_by_role("button", name="Save changes").click()

    expect(page.locator("#toasts")).to_contain_text("Saved.")
    assert {cost.operation.value: cost.credits for cost in prices.costs().values()}["clustering"] == 11
    db.session.commit()


def test_a_switch_is_flipped_and_left_to_the_environment_again(open_page: Open, _as_it_was: None) -> None:
    page = open_page(ADDRESS)
    for position, said in (("off", "set by Ana"), ("environment", "as the environment says")):
        row = page.locator("#use_new_scheduling")
        row.get_by_label("Position").select_option(position)
        row.get_by_role("button", name="Set").click()
        expect(page.locator("#use_new_scheduling")).to_contain_text(said)

    expect(page.locator("#events li").first).to_contain_text("Left USE_NEW_SCHEDULING to the environment")


@pytest.mark.parametrize(("button", "left"), [("Settle", 92), ("Release", 100)])
def test_a_call_without_an_outcome_is_decided(open_page: Open, account: Account, button: str, left: int) -> None:
    call = factories.call(factories.run(factories.site(account)))
    page = open_page(f"{ADDRESS}/holds")
    row(page, call).get_by_role("button", name=button).click()

    expect(row(page, call)).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text(f"of run {call.run_id}")
    assert balance(account) == left


def row(page: Page, call: AiCall) -> Locator:
    return page.locator(f"#call-{call.id}")
