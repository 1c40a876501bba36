"""Operators set what operations cost and their shares; runs that have started keep theirs."""

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.pipeline.engine import set_limits, site_with_keywords, start, work_to_the_end
from webapp.accounts.models import OperatorEvent
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.credits import prices
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.credits.prices import Price, PricesMovedOn
from webapp.pipeline.terms import terms_of


def now_set(**changed: Price) -> dict[Operation, Price]:
    """The prices as they are, with some changed."""
    current = {one: prices.price_of(cost) for one, cost in prices.costs().items()}
    return current | {Operation(name): price for name, price in changed.items()}


def save(wanted: dict[Operation, Price]) -> bool:
    changed = prices.set_prices(wanted, by="Olga", seen=prices.version(prices.costs()))
    db.session.commit()
    return changed


def told() -> list[str]:
    return list(db.session.scalars(select(OperatorEvent.text).order_by(OperatorEvent.id)))


def test_prices_are_set_and_what_changed_is_recorded(app: Flask) -> None:
    assert save(now_set(clustering=Price(12, 1000), idea_generation=Price(15, 1500)))

    assert prices.costs()[Operation.CLUSTERING].credits == 12
    assert told() == [
        "Clustering: 10 → 12 credits per keyword batch.",
        "Clustering: 15.00 → 10.00 % of a run's credits.",
        "Idea generation: 10.00 → 15.00 % of a run's credits.",
    ]


def test_saving_what_is_there_already_records_nothing(app: Flask) -> None:
    assert not save(now_set())
    assert told() == []


def test_an_operation_is_switched_off_with_a_reason_and_on_again(app: Flask) -> None:
    save(now_set(image_generation=Price(5, 3000, "The provider is down")))
    off = prices.costs()[Operation.IMAGE_GENERATION]
    assert (off.is_active, off.off_reason) == (False, "The provider is down")
    assert Operation.IMAGE_GENERATION in terms_of(factories.site()).operations_off

    save(now_set(image_generation=Price(5, 3000)))

    assert prices.costs()[Operation.IMAGE_GENERATION].is_active
    assert told() == ["Switched Image generation off: The provider is down", "Switched Image generation on."]


@pytest.mark.parametrize("share", [1499, 1501, 0, -1, 10_001])
def test_shares_that_are_not_the_whole_are_refused(app: Flask, share: int) -> None:
    with pytest.raises(Invalid) as refused:
        save(now_set(clustering=Price(10, share)))

    assert refused.value.field == "total"
    assert prices.costs()[Operation.CLUSTERING].budget_basis_points == 1500


def test_a_share_below_zero_is_refused_even_where_the_sum_is_right(app: Flask) -> None:
    with pytest.raises(Invalid):
        save(now_set(clustering=Price(10, -500), idea_generation=Price(15, 3000)))


@pytest.mark.parametrize("credits", [-1, prices.MOST_CREDITS + 1])
def test_a_price_out_of_range_is_refused(app: Flask, credits: int) -> None:
    with pytest.raises(Invalid, match="1,000,000"):
        save(now_set(clustering=Price(credits, 1500)))


def test_who_saves_what_somebody_else_has_changed_is_told(app: Flask) -> None:
    seen, mine = prices.version(prices.costs()), now_set(clustering=Price(7, 1500))
    save(now_set(clustering=Price(9, 1500)))

    with pytest.raises(PricesMovedOn):
        prices.set_prices(mine, by="Ana", seen=seen)

    assert prices.costs()[Operation.CLUSTERING].credits == 9


def test_of_two_who_save_at_once_one_wins_and_the_other_is_told(app: Flask) -> None:
    seen, together, came = prices.version(prices.costs()), threading.Barrier(2), []
    wanted = [now_set(clustering=Price(credits, 1500)) for credits in (7, 9)]
    db.session.commit()

    def press(one: dict[Operation, Price]) -> None:
        with app.app_context():
            together.wait()
            try:
                prices.set_prices(one, by="Ana", seen=seen)
                db.session.commit()
                came.append("saved")
            except PricesMovedOn:
                db.session.rollback()
                came.append("told")

    presses = [threading.Thread(target=press, args=(one,)) for one in wanted]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join(30)

    assert sorted(came) == ["saved", "told"]
    assert len(told()) == 1


def test_a_run_keeps_the_prices_it_started_with(app: Flask) -> None:
    site = site_with_keywords(12)
    run = start(site)

    save(now_set(clustering=Price(999, 1500, "Too dear"), content_generation=Price(50, 4000)))
    work_to_the_end(run)

    charged = select(LedgerEntry.operation, LedgerEntry.amount).where(LedgerEntry.kind == EntryKind.CHARGE)
    amounts = dict(db.session.execute(charged.where(LedgerEntry.run_id == run.id)).all())
    assert amounts[Operation.CLUSTERING] == -10
    assert -50 < amounts[Operation.CONTENT_GENERATION] < 0
    set_limits(site)
    later = start(site)
    assert later.terms["prices"]["clustering"] == 999
    assert later.terms["operations_off"] == ["clustering"]
