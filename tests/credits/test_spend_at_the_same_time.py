"""Many at once, on both engines: nobody overspends, and nothing is lost."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests import factories
from tests.credits.spending import purchase
from webapp.core.db import db
from webapp.credits import ledger
from webapp.credits.ledger import OutOfCredits, Purchase

THREADS = 8


def all_at_once(app: Flask, work: Any, count: int) -> list[Any]:
    """Calls `work` with each number below `count`, each call in its own transaction."""
    db.session.rollback()  # we hold no lock ourselves
    together = threading.Barrier(THREADS)

    def one(lane: int) -> list[Any]:
        with app.app_context():
            together.wait()
            return [committed(work, number) for number in range(lane, count, THREADS)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [result for found in pool.map(one, range(THREADS)) for result in found]


def committed(work: Any, number: int) -> Any:
    try:
        result = work(number)
        db.session.commit()
        return result
    except (OutOfCredits, IntegrityError) as error:
        db.session.rollback()
        return type(error)
    finally:
        db.session.remove()


def test_holds_never_exceed_the_balance(app: Flask) -> None:
    run = factories.run(factories.site(factories.account(credits=100)))
    bought = [purchase(run, f"articles:{number}") for number in range(64)]
    account = run.site.account_id

    results = all_at_once(app, lambda number: ledger.hold(bought[number], 3).amount, 64)

    assert Counter(results) == {-3: 33, OutOfCredits: 31}
    assert ledger.balance(account) == 1
    assert ledger.verify().ok


def test_of_equal_holds_one_is_kept(app: Flask) -> None:
    run = factories.run(factories.site(factories.account(credits=100)))
    bought, account = purchase(run), run.site.account_id

    results = all_at_once(app, lambda number: ledger.hold(bought, 3).amount, THREADS)

    assert Counter(results) == {-3: 1, IntegrityError: THREADS - 1}
    assert ledger.balance(account) == 97
    assert ledger.verify().ok


def test_everything_that_is_held_and_given_back_adds_up(app: Flask) -> None:
    run = factories.run(factories.site(factories.account(credits=1000)))
    bought = [purchase(run, f"articles:{number}") for number in range(48)]
    account = run.site.account_id

    def spend(number: int) -> str:
        return buy(bought[number], number % 3)

    results = all_at_once(app, spend, 48)

    assert Counter(results) == {"held": 16, "settled": 16, "released": 16}
    assert ledger.balance(account) == 1000 - 16 * 5 - 16 * 4
    assert ledger.verify().ok


def buy(one: Purchase, what: int) -> str:
    ledger.hold(one, 5)
    if what == 0:
        return "held"
    if what == 1:
        ledger.settle(one, 5, 4)
        return "settled"
    ledger.release(one, 5)
    return "released"


def test_adding_up_while_others_spend_finds_no_difference(app: Flask) -> None:
    run = factories.run(factories.site(factories.account(credits=1000)))
    bought = [purchase(run, f"articles:{number}") for number in range(40)]

    def spend_or_verify(number: int) -> bool:
        if number % 2:
            ledger.hold(bought[number], 1)
        return ledger.verify().ok

    assert set(all_at_once(app, spend_or_verify, 40)) == {True}
