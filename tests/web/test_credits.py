"""The ledger for members: balance, filters, running balance, the chart, the file."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.credits.spending import purchase
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.core.db import change, db
from webapp.core.paging import PAGE
from webapp.credits import ledger
from webapp.credits.models import LedgerEntry
from webapp.pipeline.calls import purchase_of
from webapp.pipeline.models import CallStatus, Run
from webapp.sites.models import Site
from webapp.web import credit_chart

ADDRESS = "/credits"


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.VIEWER, of=factories.account("Studio", credits=1000))
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans", name="Beans", time_zone="Europe/Berlin")


@pytest.fixture
def run(site: Site) -> Run:
    """It was charged 12 for an article, and 30 more are held."""
    run = factories.run(site)
    article = factories.article(site, title="Beans in pots")
    ledger.hold(purchase(run, article_id=article.id), 12)
    ledger.settle(purchase(run, article_id=article.id), 12, 12)
    ledger.hold(purchase(run, "articles:2"), 30)
    db.session.commit()
    return run


def page(client: Visitor, **arguments: object) -> BeautifulSoup:
    answer = client.get(ADDRESS, query_string={name.rstrip("_"): str(value) for name, value in arguments.items()})
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def rows(found: BeautifulSoup) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in found.select("tr[id^=entry-]")]


def file(client: Visitor, **arguments: object) -> list[dict[str, str]]:
    answer = client.get(f"{ADDRESS}/export", query_string=arguments)
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    return list(csv.DictReader(StringIO(answer.text)))


def test_it_shows_what_there_is_what_is_held_and_the_balance_after_each_move(client: Visitor, run: Run) -> None:
    found = page(client)

    stats = " ".join(found.select_one(".stats").get_text(" ").split())  # type: ignore[union-attr]
    assert "Balance 958 to spend" in stats and "Held 30" in stats and "Charged 12" in stats
    shown = rows(found)
    assert "Hold" in shown[0] and "−30" in shown[0] and shown[0].endswith("958")
    assert shown[1].endswith("−12 988") and "Beans in pots" in shown[1]
    assert "Top-up" in shown[-1] and "+1,000" in shown[-1]


def test_entries_lead_to_their_run_and_their_article(client: Visitor, run: Run) -> None:
    found = page(client)

    (article,) = {link["href"] for link in found.select("tr[id^=entry-] a[href*='/articles/']")}
    assert client.get(str(article)).status_code == 200
    assert found.select_one(f"a[href='/sites/beans/runs/{run.id}']")


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        ({"kind": "hold"}, ["Hold", "Hold"]),
        ({"operation": "content_generation", "kind": "charge"}, ["Charge"]),
        ({"operation": "clustering"}, []),
        ({"site": "beans", "kind": "release"}, ["Release"]),
        ({"from_": "2020-01-01", "to": "2020-12-31"}, []),
        ({"from_": "2020-01-01", "kind": "top_up"}, ["Top-up"]),
    ],
)
def test_filters_leave_what_they_say(client: Visitor, run: Run, arguments: dict[str, str], kinds: list[str]) -> None:
    found = page(client, **arguments)

    assert [badge.get_text() for badge in found.select("tr[id^=entry-] .badge")] == kinds
    assert kinds or "Nothing matches" in found.get_text()


def test_a_run_and_an_article_lead_to_their_own_entries(client: Visitor, site: Site, run: Run) -> None:
    other = factories.run(factories.site(site.account))
    ledger.hold(purchase(other), 1)

    assert len(rows(page(client, run=run.id))) == 4
    (article,) = {e.article_id for e in db.session.scalars(db.select(LedgerEntry))} - {None}
    assert len(rows(page(client, article=article))) == 3


@pytest.mark.parametrize(
    "arguments",
    [{"kind": "gift"}, {"from_": "yesterday"}, {"from_": "0001-01-01"}, {"to": "9999-12-31"}, {"run": "x"},
     {"site": "nowhere"}, {"operation": "-1"}, {"after": "x-y"}, {"_scheme": "x"}, {"_external": "1"}],
)  # fmt: skip
def test_what_no_filter_can_mean_excludes_nothing(client: Visitor, run: Run, arguments: dict[str, str]) -> None:
    assert len(rows(page(client, **arguments))) == 5


@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "0"])
def test_numbers_that_no_row_has_find_nothing(client: Visitor, run: Run, number: str) -> None:
    assert rows(page(client, run=number)) == rows(page(client, article=number)) == []


def test_days_are_those_of_the_zone_that_is_named(client: Visitor, site: Site) -> None:
    midnight = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    change(update(LedgerEntry).values(at=midnight))

    assert len(rows(page(client, from_="2026-03-02", to="2026-03-02"))) == 1
    assert rows(page(client, from_="2026-03-01", to="2026-03-01")) == []
    assert len(rows(page(client, from_="2026-03-03", to="2026-03-01"))) == 1  # whichever was written first
    assert "Time (Berlin time)" in page(client).get_text()
    assert "2 Mar 2026, 00:30" in rows(page(client))[0]


def test_sites_in_different_zones_are_shown_in_utc_until_one_is_chosen(client: Visitor, site: Site, run: Run) -> None:
    factories.site(site.account, time_zone="Asia/Tokyo")

    assert "Time (UTC)" in page(client).get_text()
    assert "Time (Berlin time)" in page(client, site="beans").get_text()


def test_pages_keep_the_filters(client: Visitor, site: Site) -> None:
    for _ in range(PAGE + 3):
        ledger.top_up(site.account_id, 1, "")

    found = page(client, kind="top_up")
    following = found.select_one("a[rel=next]")

    assert following is not None and "kind=top_up" in str(following["href"])
    assert len(rows(BeautifulSoup(client.get(str(following["href"])).text, "html.parser"))) == 4


def test_other_accounts_are_not_found(client: Visitor, site: Site) -> None:
    other = factories.account("Elsewhere")

    assert client.get(ADDRESS, query_string={"account": other.id}).status_code == 404
    assert client.get(f"{ADDRESS}/export", query_string={"account": other.id}).status_code == 404
    assert client.get(ADDRESS, query_string={"account": "x"}).status_code == 404


def test_who_has_several_accounts_chooses_among_them(client: Visitor, site: Site) -> None:
    member = factories.member(Role.OWNER, of=site.account)
    second = factories.account("Zebra", credits=7)
    factories.join(second, member.user, Role.VIEWER)
    factories.signed_in(client, member.user)

    first = page(client)

    assert [tab.get_text(strip=True) for tab in first.select(".tabs a")] == ["Studio", "Zebra"]
    assert "Balance 7" in " ".join(page(client, account=second.id).get_text(" ").split())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "gpt-4o, section 2 of 5: 1,204 tokens in (200 cached), 300 out; cost $0.0042"),
        ({"cost": None, "cached_tokens": None}, "gpt-4o, section 2 of 5: 1,204 tokens in, 300 out; cost unknown"),
    ],
    ids=["known", "unknown"],
)
def test_a_charge_says_what_its_call_used(client: Visitor, site: Site, fields: dict[str, Any], words: str) -> None:
    run = factories.run(site)
    used = {
        "connection_id": 1, "model": "openai/gpt-4o", "step": "section 2 of 5", "input_tokens": 1204,
        "output_tokens": 300, "cached_tokens": 200, "cost": 4200, "reply": "{}", "error": "",
    }  # fmt: skip
    call = factories.call(run, CallStatus.ANSWERED, **(used | fields))
    ledger.settle(purchase_of(call), 8, 8)
    db.session.commit()

    told = rows(page(client))

    assert [words in row for row in told] == [True, False, False, False]  # charge, release, hold, top-up


def test_the_file_says_what_each_call_used_and_cost(client: Visitor, site: Site) -> None:
    run = factories.run(site)
    used = {"connection_id": 1, "model": "openai/gpt-4o", "step": "frame", "input_tokens": 1204, "cached_tokens": 200}
    call = factories.call(run, CallStatus.ANSWERED, output_tokens=300, cost=4200, reply="{}", error="", **used)
    ledger.settle(purchase_of(call), 8, 8)
    db.session.commit()

    charge, release, *_ = file(client)

    names = ("model", "question", "tokens in", "of them cached", "tokens out", "dollars")
    assert [charge[name] for name in names] == ["gpt-4o", "frame", "1204", "200", "300", "0.0042"]
    assert [release[name] for name in names] == [""] * 6


def test_who_has_no_account_is_told_so(app: Flask, client: Visitor) -> None:
    factories.signed_in(client, factories.user())

    assert client.get(ADDRESS).status_code == 404


def test_an_account_without_entries_says_what_will_be_here(app: Flask, client: Visitor) -> None:
    factories.signed_in(client, factories.member(of=factories.account(credits=0)).user)

    assert "No entries yet" in page(client).get_text()


# the file


def test_the_file_holds_exactly_the_entries_of_the_filters(client: Visitor, run: Run) -> None:
    every, charges = file(client), file(client, kind="charge")

    assert [line["balance after"] for line in every] == ["958", "988", "1000", "988", "1000"]
    assert [(line["kind"], line["credits"], line["site"], line["run"]) for line in charges] == [
        ("charge", "-12", "beans", str(run.id))
    ]
    assert "+0" in charges[0]["time"]  # Berlin's offset
    assert page(client, kind="charge").select_one("a[href*='/credits/export?kind=charge']")


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-1 too many", "@SUM(A1)", "\tx"])
def test_a_note_is_no_formula(client: Visitor, site: Site, text: str) -> None:
    ledger.adjust(site.account_id, -5, text, by=text)

    line = file(client)[0]

    assert line["note"] == f"'{text}" and line["by"] == f"'{text}"
    assert line["credits"] == "-5"  # a number stays one


def test_a_file_of_many_entries_is_sent_bit_by_bit(
    client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(25):
        ledger.top_up(site.account_id, 1, "“Quotes”, commas\nand lines")
    monkeypatch.setattr("webapp.credits.queries.IN_ONE_GO", 4)

    answer = client.get(f"{ADDRESS}/export")

    assert answer.is_streamed
    lines = list(csv.DictReader(StringIO(answer.text)))
    assert len(lines) == 26 and lines[0]["note"] == "“Quotes”, commas\nand lines"


# the chart


def chart(found: BeautifulSoup) -> Tag:
    drawn = found.select_one("#chart")
    assert drawn is not None
    return drawn


def test_the_chart_stacks_the_operations_of_each_day_and_says_the_same_in_a_table(client: Visitor, run: Run) -> None:
    pictures = ledger.Purchase(
        run.site.account_id, run.site_id, run.id, Operation.IMAGE_GENERATION, item="images:1", attempt=1
    )
    ledger.hold(pictures, 4)
    ledger.settle(pictures, 4, 4)

    found = chart(page(client))

    heights = {rect["class"][0]: float(str(rect["height"])) for rect in found.select(".days rect")}
    assert heights["op-content_generation"] == pytest.approx(3 * heights["op-image_generation"])
    assert sum(heights.values()) == pytest.approx(credit_chart.HEIGHT)
    cells = [cell.get_text() for cell in found.select("tbody td")]
    assert cells == ["12", "4", "16"]
    assert "16 together" in str(found.select_one("svg[role=img]")["aria-label"])  # type: ignore[index]


def test_the_chart_follows_the_filters_and_reaches_31_days_back(client: Visitor, site: Site, run: Run) -> None:
    assert "Nothing was charged" in chart(page(client, operation="clustering")).get_text()
    assert page(client, kind="top_up").select_one("#chart") is None

    change(update(LedgerEntry).values(at=datetime.now(UTC) - timedelta(days=31, hours=1)))
    assert "Nothing was charged" in chart(page(client)).get_text()
    assert len(rows(page(client))) == 5

    first = datetime.now(UTC) - timedelta(days=40)
    assert "12" in chart(page(client, from_=f"{first:%Y-%m-%d}", to=f"{datetime.now(UTC):%Y-%m-%d}")).get_text()


def test_a_long_range_is_drawn_at_most_92_days_back(client: Visitor, run: Run) -> None:
    bars = credit_chart.drawn(
        run.site.account_id, credit_chart.Wanted(), run.site.zone, datetime(2001, 1, 1).date(), datetime.now(UTC).date()
    )

    assert bars is not None and len(bars.bars) == credit_chart.MOST_DAYS
    assert "still to come" in chart(page(client, from_="2999-01-01")).get_text()


def test_the_menu_leads_there_with_the_account_of_the_site(client: Visitor, site: Site) -> None:
    menu: Any = BeautifulSoup(client.get("/sites/beans/").text, "html.parser").select_one(".side-nav")

    assert menu.select_one(f"a[href='{ADDRESS}?account={site.account_id}']")
