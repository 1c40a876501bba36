"""Holds, charges and releases: the balance is always the sum of the entries, and never negative."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from tests import factories
from tests.credits.spending import purchase
from webapp.core.db import change, db
from webapp.core.errors import Invalid, NotFound
from webapp.credits import ledger
from webapp.credits.ledger import OutOfCredits
from webapp.credits.models import CreditBalance, EntryKind, LedgerEntry
from webapp.pipeline.models import Run


@pytest.fixture
def run(app: Flask) -> Run:
    """Of an account with 100 credits."""
    return factories.run(factories.site(factories.account(credits=100)))


def balance(run: Run) -> int:
    return ledger.balance(run.site.account_id)


def entries(run: Run) -> list[tuple[EntryKind, int, int]]:
    found = db.session.scalars(
        select(LedgerEntry).where(LedgerEntry.account_id == run.site.account_id).order_by(LedgerEntry.id)
    )
    return [(entry.kind, entry.amount, entry.balance_after) for entry in found]


def test_a_top_up_is_an_entry_with_its_note(run: Run) -> None:
    entry = ledger.top_up(run.site.account_id, 40, "Paid in cash")

    assert balance(run) == 140
    assert (entry.kind, entry.amount, entry.balance_after, entry.note) == (EntryKind.TOP_UP, 40, 140, "Paid in cash")


@pytest.mark.parametrize("credits", [0, -1])
def test_a_top_up_of_nothing_is_refused(run: Run, credits: int) -> None:
    with pytest.raises(Invalid):
        ledger.top_up(run.site.account_id, credits, "")

    assert balance(run) == 100


def test_a_hold_takes_the_price_at_once(run: Run) -> None:
    entry = ledger.hold(purchase(run), 30)

    assert balance(run) == 70
    assert (entry.run_id, entry.item, entry.attempt, entry.amount) == (run.id, "articles:1", 1, -30)


def test_a_settled_hold_is_a_charge_of_the_price(run: Run) -> None:
    ledger.hold(purchase(run), 30)
    ledger.settle(purchase(run), 30, 12)

    assert balance(run) == 88
    assert entries(run)[1:] == [
        (EntryKind.HOLD, -30, 70),
        (EntryKind.RELEASE, 30, 100),
        (EntryKind.CHARGE, -12, 88),
    ]


def test_more_than_what_was_held_cannot_be_charged(run: Run) -> None:
    ledger.hold(purchase(run), 30)

    with pytest.raises(ValueError, match="31"):
        ledger.settle(purchase(run), 30, 31)

    assert balance(run) == 70


def test_a_released_hold_gives_everything_back(run: Run) -> None:
    ledger.hold(purchase(run), 30)
    entry = ledger.release(purchase(run), 30, "the call failed")

    assert balance(run) == 100
    assert entry.note == "the call failed"


def test_the_last_credit_can_be_held_and_no_more(run: Run) -> None:
    ledger.hold(purchase(run, "articles:1"), 100)

    with pytest.raises(OutOfCredits, match="fewer than 1 credits"):
        ledger.hold(purchase(run, "articles:2"), 1)

    assert balance(run) == 0
    assert len(entries(run)) == 2  # the top-up and the first hold


def test_work_that_costs_nothing_is_recorded_too(run: Run) -> None:
    ledger.hold(purchase(run), 0)
    ledger.settle(purchase(run), 0, 0)

    assert balance(run) == 100
    assert [kind for kind, _, _ in entries(run)] == [
        EntryKind.TOP_UP, EntryKind.HOLD, EntryKind.RELEASE, EntryKind.CHARGE,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "again",
    [
        lambda bought: ledger.hold(bought, 30),
        lambda bought: ledger.settle(bought, 30, 30),
        lambda bought: ledger.release(bought, 30),
    ],
    ids=["hold", "settle", "release"],
)
def test_the_same_step_of_the_same_attempt_happens_once(run: Run, again: Callable[[ledger.Purchase], object]) -> None:
    bought = purchase(run)
    ledger.hold(bought, 30)
    ledger.settle(bought, 30, 30)
    db.session.commit()

    with pytest.raises(IntegrityError):
        again(bought)
    db.session.rollback()

    assert balance(run) == 70
    assert ledger.verify().ok


def test_another_attempt_is_another_hold(run: Run) -> None:
    ledger.hold(purchase(run, attempt=1), 30)
    ledger.release(purchase(run, attempt=1), 30)
    ledger.hold(purchase(run, attempt=2), 30)

    assert balance(run) == 70


def test_a_hold_cannot_add_credits(run: Run) -> None:
    with pytest.raises(IntegrityError, match="sign_of_kind"):
        ledger.hold(purchase(run), -5)


def test_what_is_rolled_back_was_never_moved(run: Run) -> None:
    ledger.hold(purchase(run), 30)
    db.session.rollback()

    assert balance(run) == 100
    assert len(entries(run)) == 1


def test_other_accounts_are_not_touched(run: Run) -> None:
    other = factories.account(credits=50)
    ledger.hold(purchase(run), 100)

    assert ledger.balance(other.id) == 50


def test_opening_a_balance_again_keeps_it(run: Run) -> None:
    ledger.open_balance(run.site.account_id)

    assert balance(run) == 100


def test_an_account_that_is_not_there_has_no_credits(app: Flask) -> None:
    assert ledger.balance(4711) == 0
    with pytest.raises(NotFound, match="4711"):
        ledger.top_up(4711, 5, "")


def test_the_database_refuses_a_negative_balance(run: Run) -> None:
    with pytest.raises(IntegrityError, match="balance_not_negative"):
        change(update(CreditBalance).values(balance=-1))


def test_an_article_costs_the_sum_of_its_entries(run: Run) -> None:
    article = factories.article(run.site)
    ledger.hold(purchase(run, article_id=article.id), 8)
    ledger.settle(purchase(run, article_id=article.id), 8, 6)
    ledger.hold(purchase(run, "articles:2"), 9)

    costs = ledger.cost_of_article(article.id)

    stored = select(func.sum(LedgerEntry.amount)).where(LedgerEntry.article_id == article.id)
    assert costs == {purchase(run).operation: 6}
    assert -sum(costs.values()) == db.session.scalar(stored)


def test_entries_paid_for_before_there_was_an_article_count_towards_it(run: Run) -> None:
    article = factories.article(run.site)
    bought, other = purchase(run, "articles:1"), purchase(run, "articles:2")
    for one in (bought, other):
        ledger.hold(one, 8)
        ledger.settle(one, 8, 8)

    ledger.attribute(run.site_id, "articles:1", bought.operation, article.id)

    assert ledger.cost_of_article(article.id) == {bought.operation: 8}
    assert balance(run) == 84


def test_an_article_whose_call_failed_cost_nothing(run: Run) -> None:
    article = factories.article(run.site)
    ledger.hold(purchase(run, article_id=article.id), 8)
    ledger.release(purchase(run, article_id=article.id), 8)

    assert ledger.cost_of_article(article.id) == {}
