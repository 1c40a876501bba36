"""What runs and articles cost, where people look at them, with the way to the ledger."""

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.ai.provider import Operation, Reply
from webapp.core.db import change, db
from webapp.credits import ledger
from webapp.credits.ledger import Purchase
from webapp.pipeline import calls
from webapp.pipeline.calls import Send
from webapp.pipeline.models import AiCall, CallStatus, Run, StageResult
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site

HTMX = {"HX-Request": "true"}


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.VIEWER, of=factories.account(credits=1000))
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


@pytest.fixture
def run(site: Site) -> Run:
    """Charged 120 for articles, with 80 held; its budget for them is 400."""
    run = factories.run(site)
    stage = db.session.get_one(StageResult, (run.id, StageKey.ARTICLES))
    stage.credits, stage.committed = 120, 200
    db.session.commit()
    return run


def read(client: Visitor, address: str) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def cell(found: BeautifulSoup, stage: StageKey) -> Tag:
    found_cell = found.select_one(f"#stage-{stage.value} td[data-name='Spent / budget']")
    assert found_cell is not None
    return found_cell


def test_a_run_shows_what_each_operation_has_spent_and_held_of_its_budget(client: Visitor, run: Run) -> None:
    found = read(client, f"/sites/beans/runs/{run.id}")

    shown = cell(found, StageKey.ARTICLES)
    assert " ".join(shown.get_text(" ").split()) == "120 / 400 80 held"
    assert [rect["width"] for rect in shown.select("rect")] == ["100", "30", "20"]
    assert shown.select("rect")[2]["x"] == "30"
    assert cell(found, StageKey.IMAGES).get_text(strip=True) == "0 / 300"
    assert cell(found, StageKey.TASKS).get_text(strip=True) == "–"  # it costs nothing


def test_a_budget_that_is_passed_or_none_fits_its_bar(client: Visitor, run: Run) -> None:
    stage = db.session.get_one(StageResult, (run.id, StageKey.ARTICLES))
    stage.credits, stage.committed = 700, 800
    run.terms = run.terms | {"budgets": run.terms["budgets"] | {"clustering": 0}}

    found = read(client, f"/sites/beans/runs/{run.id}")

    assert sum(int(str(rect["width"])) for rect in cell(found, StageKey.ARTICLES).select("rect")[1:]) in (99, 100, 101)
    assert [rect["width"] for rect in cell(found, StageKey.CLUSTERS).select("rect")[1:]] == ["0"]


def test_a_run_leads_to_its_entries(client: Visitor, site: Site, run: Run) -> None:
    found = read(client, f"/sites/beans/runs/{run.id}")

    (address,) = {link["href"] for link in found.select("#live .facts a")}
    assert address == f"/credits?account={site.account_id}&run={run.id}"
    assert client.get(str(address)).status_code == 200


def test_credits_that_move_outside_of_the_run_are_seen_by_the_next_poll(client: Visitor, site: Site, run: Run) -> None:
    call = factories.call(run)
    address = f"/sites/beans/runs/{run.id}/live"
    known = HTMX | {"If-None-Match": client.get(address, headers=HTMX).headers["ETag"]}
    assert client.get(address, headers=known).status_code == 304

    calls.keep_answer(Send(call.id, call.key, call.run_id, call.attempt), Reply(text="{}"))

    answer = client.get(address, headers=known)
    assert answer.status_code == 200
    assert cell(BeautifulSoup(answer.text, "html.parser"), StageKey.ARTICLES).get_text().startswith("128 / 400")
    assert db.session.get_one(AiCall, call.id).price == 8


def test_an_unchanged_run_renders_nothing(client: Visitor, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"/sites/beans/runs/{run.id}/live"
    known = HTMX | {"If-None-Match": client.get(address, headers=HTMX).headers["ETag"]}
    monkeypatch.setattr("webapp.web.runs.live_run", None)  # to build the page would fail

    assert client.get(address, headers=known).status_code == 304


def test_an_article_shows_what_each_operation_cost_and_leads_to_its_entries(client: Visitor, site: Site) -> None:
    run, article = factories.run(site), factories.article(site)
    for operation, price in ((Operation.CONTENT_GENERATION, 12), (Operation.IMAGE_GENERATION, 5)):
        bought = Purchase(site.account_id, site.id, run.id, operation, f"articles:{price}", 1, article.id)
        ledger.hold(bought, price)
        ledger.settle(bought, price, price)

    found = read(client, f"/sites/beans/articles/{article.id}").select_one("#cost")

    assert found is not None
    assert [" ".join(line.get_text(" ").split()) for line in found.select("tbody tr")] == [
        "Content generation 12", "Image generation 5", "Together 17",
    ]  # fmt: skip
    link = found.select_one(".card-head a")
    assert link is not None
    assert link["href"] == f"/credits?account={site.account_id}&article={article.id}"
    assert len(read(client, str(link["href"])).select("tr[id^=entry-]")) == 6


def test_the_balance_leads_to_the_ledger(client: Visitor, site: Site) -> None:
    address = f"/credits?account={site.account_id}"

    assert read(client, "/").select_one(f"main a[href='{address}']")
    assert read(client, "/sites/beans/").select_one(f"main a[href='{address}']")


def answered(run: Run, number: int, cost: int | None, connection: int | None = 1, **fields: int) -> None:
    about = {"item": f"articles:{number}", "connection_id": connection, "cost": cost, "reply": "{}"}
    factories.call(run, CallStatus.ANSWERED, **about, **fields)
    db.session.commit()


def test_a_run_says_what_its_calls_cost_at_the_endpoints(client: Visitor, run: Run) -> None:
    address = f"/sites/beans/runs/{run.id}"
    assert "Cost at the endpoints" not in read(client, address).get_text()

    for number, cost in enumerate((400_000, 75_000)):
        answered(run, number, cost)
    answered(run, 7, None, connection=None)  # of the embedded provider

    assert "Cost at the endpoints$0.475" in read(client, address).get_text().replace("\n", "")


@pytest.mark.parametrize(
    ("costs", "told"),
    [((1_000_000, None), "$1.00, and 1 call whose price is unknown"), ((None, None), "unknown")],
    ids=["some", "none"],
)
def test_what_has_no_price_is_said_to_be_unknown(
    client: Visitor, run: Run, costs: tuple[int | None, ...], told: str
) -> None:
    for number, cost in enumerate(costs):
        answered(run, number, cost)

    assert f"Cost at the endpoints{told}" in read(client, f"/sites/beans/runs/{run.id}").get_text().replace("\n", "")


def test_an_article_says_what_it_cost_at_the_endpoints(client: Visitor, site: Site, run: Run) -> None:
    article = factories.article(site)
    ledger.hold(Purchase(site.account_id, site.id, run.id, Operation.CONTENT_GENERATION, "x", 1, article.id), 8)
    answered(run, 1, 20_000, article_id=article.id)

    row = read(client, f"/sites/beans/articles/{article.id}").select_one("#cost td[data-name='Money']")

    assert row is not None and row.get_text(strip=True) == "$0.02"


def test_prices_that_change_later_reach_a_page_that_was_read_before(client: Visitor, run: Run) -> None:
    answered(run, 1, None)
    address = f"/sites/beans/runs/{run.id}/live"
    before = client.get(address, headers=HTMX).headers["ETag"]

    change(update(AiCall).values(cost=5))
    db.session.commit()

    assert client.get(address, headers=HTMX).headers["ETag"] != before
