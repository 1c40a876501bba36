"""Top-ups and adjustments: said by whom and why, never below zero, and once per form."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from webapp.accounts.models import Account, AccountEvent, OperatorEvent
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid
from webapp.credits import by_hand, ledger
from webapp.credits.models import EntryKind, LedgerEntry


@pytest.fixture
def account(app: Flask) -> Account:
    return factories.account(credits=100)


def entries(account: Account) -> list[tuple[EntryKind, int]]:
    rows = select(LedgerEntry.kind, LedgerEntry.amount).where(LedgerEntry.account_id == account.id)
    return [tuple(row) for row in db.session.execute(rows.order_by(LedgerEntry.id))][1:]


@pytest.mark.parametrize("credits", [50, -100])
def test_an_adjustment_is_an_entry_with_its_reason_and_who_made_it(account: Account, credits: int) -> None:
    entry = ledger.adjust(account.id, credits, "Counted twice", by="Ana")

    assert (entry.kind, entry.amount, entry.note, entry.by) == (EntryKind.ADJUSTMENT, credits, "Counted twice", "Ana")
    assert entry.balance_after == ledger.balance(account.id) == 100 + credits
    assert ledger.verify().ok


def test_an_adjustment_leaves_no_balance_below_zero(account: Account) -> None:
    with pytest.raises(Invalid, match="has 100 credits") as refused:
        ledger.adjust(account.id, -101, "Too much", by="Ana")

    assert refused.value.field == "credits"
    assert entries(account) == [] and ledger.balance(account.id) == 100


def test_an_adjustment_of_nothing_is_refused(account: Account) -> None:
    with pytest.raises(Invalid):
        ledger.adjust(account.id, 0, "Why", by="Ana")


@pytest.mark.parametrize("credits", [ledger.MOST, ledger.MOST - 99, 2**31, 2**40])
def test_no_balance_grows_beyond_what_can_be_kept(account: Account, credits: int) -> None:
    for move in (lambda: ledger.top_up(account.id, credits, ""), lambda: ledger.adjust(account.id, credits, "", by="")):
        with pytest.raises(Invalid, match="at most 1,000,000,000"):
            move()

    assert ledger.balance(account.id) == 100


def told(account: Account) -> list[str]:
    rows = select(AccountEvent.text).where(AccountEvent.account_id == account.id).order_by(AccountEvent.id)
    return list(db.session.scalars(rows))


def test_what_an_operator_does_is_recorded_for_the_account_and_for_operators(account: Account) -> None:
    by_hand.top_up(account, 1500, "  Paid  in cash ", by="Olga", token="1")
    by_hand.adjust(account, -20, "Counted twice", by="Olga", token="2")

    assert told(account) == [
        "Topped up 1,500 credits: Paid in cash", "Adjusted the credits by -20: Counted twice",
    ]  # fmt: skip
    of_operators = db.session.scalars(select(OperatorEvent).order_by(OperatorEvent.id)).all()
    assert [(event.by, event.text) for event in of_operators] == [
        ("Olga", f"{account.name}: {text}") for text in told(account)
    ]


@pytest.mark.parametrize("note", ["", "  ", "x" * 301, "tab\x00"])
def test_nothing_is_moved_without_a_reason_that_can_be_read(account: Account, note: str) -> None:
    with pytest.raises(Invalid) as refused:
        by_hand.adjust(account, 5, note, by="Ana", token="1")

    assert refused.value.field == "note" and entries(account) == []


def test_what_is_refused_is_not_recorded(account: Account) -> None:
    with pytest.raises(Invalid):
        by_hand.adjust(account, -101, "Too much", by="Ana", token="1")

    assert told(account) == [] and ledger.balance(account.id) == 100


def test_the_same_form_tops_up_once(account: Account) -> None:
    first, second = (by_hand.top_up(account, 40, "Paid", by="Ana", token="once") for _ in range(2))

    assert first.id == second.id
    assert entries(account) == [(EntryKind.TOP_UP, 40)] and ledger.balance(account.id) == 140
    assert len(told(account)) == 1


@pytest.mark.parametrize("credits", [-80, -30, ledger.MOST - 100])
def test_the_same_form_adjusts_once_even_where_a_second_time_would_not_go(account: Account, credits: int) -> None:
    for _ in range(2):
        by_hand.adjust(account, credits, "Correction", by="Ana", token="once")

    assert entries(account) == [(EntryKind.ADJUSTMENT, credits)]


def test_a_form_that_was_sent_with_something_else_says_so(account: Account) -> None:
    by_hand.top_up(account, 40, "Paid", by="Ana", token="once")
    other = factories.account(credits=10)

    with pytest.raises(Conflict, match="sent already"):
        by_hand.top_up(account, 41, "Paid", by="Ana", token="once")
    with pytest.raises(Conflict, match="sent already"):
        by_hand.top_up(other, 40, "Paid", by="Ana", token="once")

    assert (ledger.balance(account.id), ledger.balance(other.id)) == (140, 10)


@pytest.mark.parametrize(("act", "credits"), [(by_hand.top_up, 40), (by_hand.adjust, -60)])
def test_a_double_press_at_the_same_moment_moves_once(
    app: Flask, account: Account, act: Callable[..., LedgerEntry], credits: int
) -> None:
    number, together, moved = account.id, threading.Barrier(4), []
    db.session.commit()

    def press() -> None:
        with app.app_context():
            together.wait()
            moved.append(act(db.session.get_one(Account, number), credits, "Paid", by="Ana", token="once").id)
            db.session.commit()

    presses = [threading.Thread(target=press) for _ in range(4)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join(30)

    assert len(moved) == 4 and len(set(moved)) == 1
    assert len(entries(account)) == len(told(account)) == 1 and ledger.verify().ok
