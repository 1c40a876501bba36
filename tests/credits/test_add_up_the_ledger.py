"""`pressroom ledger verify`: balances are the sums of their entries, whatever was done."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from tests import factories
from tests.credits.spending import purchase
from webapp.core.db import change, db
from webapp.credits import ledger
from webapp.credits.ledger import Difference, OutOfCredits
from webapp.credits.models import CreditBalance
from webapp.pipeline.models import Run

steps = st.tuples(st.sampled_from(["top up", "hold", "settle", "settle for less", "release"]), st.integers(1, 60))


@pytest.fixture
def run(app: Flask) -> Run:
    return factories.run(factories.site(factories.account(credits=100)))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=25))
def test_the_balance_is_the_sum_of_the_entries_after_any_steps(run: Run, steps: list[tuple[str, int]]) -> None:
    expected, held, account = ledger.balance(run.site.account_id), [], run.site.account_id
    for number, (step, credits) in enumerate(steps):
        match step:
            case "top up":
                ledger.top_up(account, credits, "")
                expected += credits
            case "hold":
                bought = purchase(run, f"articles:{number}")
                try:
                    ledger.hold(bought, credits)
                except OutOfCredits:
                    assert credits > expected
                    continue
                held.append((bought, credits))
                expected -= credits
            case _ if held:
                bought, price = held.pop()
                if step == "release":
                    ledger.release(bought, price)
                    expected += price
                else:
                    charged = price if step == "settle" else price // 2
                    ledger.settle(bought, price, charged)
                    expected += price - charged
        assert ledger.balance(account) == expected >= 0
        assert ledger.verify().ok
    db.session.rollback()  # the next example begins anew


def test_it_counts_accounts_and_entries(run: Run) -> None:
    factories.account(credits=0)
    ledger.hold(purchase(run), 10)

    found = ledger.verify()

    assert (found.ok, found.accounts, found.entries, found.differences) == (True, 2, 2, [])


def test_a_balance_that_was_tampered_with_is_named(run: Run) -> None:
    other = factories.account(credits=7)
    change(update(CreditBalance).where(CreditBalance.account_id == other.id).values(balance=8))

    found = ledger.verify()

    assert not found.ok
    assert found.differences == [Difference(account_id=other.id, balance=8, entries=7)]


def test_entries_without_a_balance_are_named(run: Run) -> None:
    account = run.site.account_id
    db.session.delete(db.session.get_one(CreditBalance, account))
    db.session.flush()

    assert ledger.verify().differences == [Difference(account_id=account, balance=0, entries=100)]
