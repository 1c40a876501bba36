"""An account's entries, listed, narrowed down, exported and added up by day."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, insert, text, update

from tests import factories
from tests.credits.spending import purchase
from webapp.accounts.models import Account
from webapp.ai.provider import Operation
from webapp.core.db import change, db
from webapp.core.paging import PAGE, Place
from webapp.credits import ledger, queries
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.credits.queries import Day, Wanted
from webapp.pipeline.models import Run

IMAGES = Operation.IMAGE_GENERATION
MAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def run(app: Flask) -> Run:
    """Of an account with 1000 credits, which has spent some of them."""
    made = factories.run(factories.site(factories.account(credits=1000)))
    article = factories.article(made.site)
    for number in range(3):
        bought = purchase(made, f"articles:{number}", article_id=article.id if number == 2 else None)
        ledger.hold(bought, 10)
        if number:
            ledger.settle(bought, 10, 10)
    db.session.commit()
    return made


def account_of(run: Run) -> int:
    return run.site.account_id


def found(account_id: int, **wanted: object) -> list[LedgerEntry]:
    return queries.entries(account_id, Wanted(**wanted)).rows  # type: ignore[arg-type]


def filled(account: Account, count: int, **fields: object) -> None:
    """So many charges of a credit, a minute apart."""
    row = {"account_id": account.id, "kind": EntryKind.CHARGE, "amount": -1, "note": "", "balance_after": 0}
    row |= {"operation": Operation.CLUSTERING} | fields
    rows = [row | {"at": MAY + timedelta(minutes=number)} for number in range(count)]
    db.session.execute(insert(LedgerEntry), rows)
    db.session.commit()


def test_the_newest_comes_first_with_the_balance_after_it(run: Run) -> None:
    shown = [(entry.kind.value, entry.balance_after) for entry in found(account_of(run))]

    assert shown[:3] == [("charge", 970), ("release", 980), ("hold", 970)]
    assert shown[-1] == ("top_up", 1000)


def test_entries_of_others_are_never_among_them(run: Run) -> None:
    other = factories.run(factories.site())
    ledger.hold(purchase(other), 5)

    assert {entry.account_id for entry in found(account_of(run))} == {account_of(run)}
    assert found(account_of(run), run_id=other.id) == []
    assert found(account_of(run), site_id=other.site_id) == []


def test_each_filter_excludes_all_others(run: Run) -> None:
    account = account_of(run)
    (article,) = {entry.article_id for entry in found(account)} - {None}

    assert [entry.kind for entry in found(account, kind=EntryKind.TOP_UP)] == [EntryKind.TOP_UP]
    assert len(found(account, run_id=run.id)) == len(found(account, site_id=run.site_id)) == 7
    assert len(found(account, operation=Operation.CONTENT_GENERATION)) == 7
    assert found(account, operation=Operation.CLUSTERING) == []
    assert {entry.item for entry in found(account, article_id=article)} == {"articles:2"}
    assert len(found(account, article_id=article, kind=EntryKind.CHARGE)) == 1


def test_a_range_of_time_includes_its_beginning_and_excludes_its_end(app: Flask) -> None:
    account = factories.account(credits=0)
    filled(account, 600)

    shown = found(account.id, since=MAY + timedelta(minutes=100), until=MAY + timedelta(minutes=103))

    assert [entry.at for entry in shown] == [MAY + timedelta(minutes=minute) for minute in (102, 101, 100)]
    assert found(account.id, since=MAY + timedelta(days=30)) == []
    assert found(account.id, until=MAY) == []


def test_a_clock_that_is_behind_hides_nothing(app: Flask) -> None:
    account = factories.account(credits=0)
    filled(account, 10)
    late = found(account.id)[0]
    change(update(LedgerEntry).where(LedgerEntry.id == late.id).values(at=MAY - timedelta(minutes=20)))
    db.session.commit()
    db.session.expunge_all()

    shown = found(account.id, until=MAY + timedelta(minutes=1))

    assert shown[0].id == late.id and len(shown) == 2


def test_pages_follow_each_other_without_gap_or_repetition(app: Flask) -> None:
    account = factories.account(credits=0)
    filled(account, 2 * PAGE + 5)
    wanted, seen, after = Wanted(kind=EntryKind.CHARGE), [], None

    for _ in range(3):
        shown = queries.entries(account.id, wanted, Place(after=after))
        seen += [entry.id for entry in shown.rows]
        after = shown.after

    assert after is None
    assert len(seen) == 2 * PAGE + 5 and seen == sorted(set(seen), reverse=True)


def test_an_export_has_exactly_what_the_list_has(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    account = factories.account(credits=7)
    filled(account, 95)
    filled(account, 5, operation=Operation.IMAGE_GENERATION)
    monkeypatch.setattr(queries, "IN_ONE_GO", 10)

    every = [entry for some in queries.every_entry(account.id, Wanted()) for entry in some]
    images = [entry for some in queries.every_entry(account.id, Wanted(operation=IMAGES)) for entry in some]

    assert len(every) == 101 and every[-1].kind is EntryKind.TOP_UP
    assert len(images) == 5
    assert list(queries.every_entry(account.id, Wanted(kind=EntryKind.RELEASE))) == []


def test_charges_are_added_up_by_day_and_operation(app: Flask) -> None:
    account = factories.account(credits=100)
    filled(account, 24 * 60 + 30)
    filled(account, 3, operation=Operation.IMAGE_GENERATION)
    days = [Day(MAY + timedelta(days=day), MAY + timedelta(days=day + 1)) for day in range(3)]

    assert queries.charges(account.id, Wanted(), days) == [
        {Operation.CLUSTERING: 1440, Operation.IMAGE_GENERATION: 3},
        {Operation.CLUSTERING: 30},
        {},
    ]
    assert queries.charges(account.id, Wanted(operation=Operation.IMAGE_GENERATION), days)[0] == {
        Operation.IMAGE_GENERATION: 3
    }
    assert queries.charges(account.id, Wanted(), []) == []


def test_what_is_held_is_what_no_end_has_come_to(run: Run) -> None:
    assert ledger.held(account_of(run)) == 10

    ledger.release(purchase(run, "articles:0"), 10)

    assert ledger.held(account_of(run)) == 0
    assert ledger.held(factories.account(credits=0).id) == 0


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(kind=EntryKind.ADJUSTMENT),
        Wanted(operation=Operation.IMAGE_GENERATION),
        Wanted(site_id=1),
        Wanted(run_id=1),
        Wanted(article_id=1),
    ],
)
def test_every_filter_is_served_by_an_index_in_the_order_of_the_list(app: Flask, wanted: Wanted) -> None:
    """So a page costs the same whatever the ledger holds: nothing is sorted, nothing is read past."""
    account = many_entries()

    plan = plan_of(lambda: queries.entries(account.id, wanted))

    assert "INDEX" in plan.upper(), plan
    for costly in ("SORT", "TEMP B-TREE", "SEQ SCAN", "SCAN LEDGER_ENTRY"):
        assert costly not in plan.upper(), plan


def test_sums_are_read_from_an_index(app: Flask) -> None:
    account = many_entries()

    for ask in (
        lambda: ledger.held(account.id),
        lambda: queries.charges(account.id, Wanted(), [Day(MAY, MAY + timedelta(minutes=9))]),
    ):
        assert "ix_ledger_entry_sums" in plan_of(ask)


def many_entries() -> Account:
    """One of several accounts with many entries, of which few are of any one kind."""
    accounts = [factories.account(credits=0) for _ in range(20)]
    for account in accounts:
        filled(account, 250)
        filled(account, 5, operation=Operation.IMAGE_GENERATION)
        filled(account, 2, kind=EntryKind.HOLD)
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    return accounts[3]


def plan_of(ask: object) -> str:
    """How the database goes about the statement that `ask` sends."""
    seen = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    ask()  # type: ignore[operator]
    event.remove(db.engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN "
    statement, parameters = seen[-1]
    rows = db.session.connection().exec_driver_sql(explain + statement, parameters).all()
    db.session.commit()
    return "\n".join(str(row) for row in rows)
