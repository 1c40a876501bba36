"""A site's own split is kept if it is the whole exactly; the database itself takes no other."""

import threading

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests import factories
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.credits import prices
from webapp.credits.models import SiteBudget
from webapp.credits.splits import lock, own_split, set_split

EVEN = dict.fromkeys(Operation, 2000)


def kept(site_id: int) -> SiteBudget:
    return db.session.get_one(SiteBudget, site_id, populate_existing=True)


def test_an_own_split_is_used_from_then_on(app: Flask) -> None:
    site = factories.site()
    assert own_split(kept(site.id)) is None

    set_split(site.id, EVEN)
    db.session.commit()

    assert own_split(kept(site.id)) == EVEN
    assert prices.split(site.id) == EVEN


def test_back_to_the_global_defaults(app: Flask) -> None:
    site = factories.site()
    set_split(site.id, EVEN)
    set_split(site.id, None)
    db.session.commit()

    assert own_split(kept(site.id)) is None
    assert prices.split(site.id) == prices.global_split()


@pytest.mark.parametrize(
    ("change", "said"),
    [(-1, "These add up to 99.99 %."), (1, "These add up to 100.01 %."), (-2000, "These add up to 80.00 %.")],
)
def test_what_is_not_the_whole_is_refused(app: Flask, change: int, said: str) -> None:
    site = factories.site()

    with pytest.raises(Invalid, match=said):
        set_split(site.id, EVEN | {Operation.CLUSTERING: 2000 + change})
    db.session.commit()

    assert kept(site.id).use_global_defaults
    assert kept(site.id).clustering == 1500


def test_a_negative_share_is_refused_though_the_sum_is_right(app: Flask) -> None:
    site = factories.site()

    with pytest.raises(Invalid, match="cannot be negative"):
        set_split(site.id, EVEN | {Operation.CLUSTERING: -1, Operation.IMAGE_GENERATION: 4001})
    db.session.commit()

    assert kept(site.id).use_global_defaults


@pytest.mark.parametrize(
    "shares", [{"clustering": 1499}, {"clustering": 1501}, {"clustering": -1, "idea_generation": 2501}]
)
def test_the_database_takes_nothing_but_the_whole(app: Flask, shares: dict[str, int]) -> None:
    site = factories.site()
    row = kept(site.id)
    for name, share in shares.items():
        setattr(row, name, share)

    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()


def test_two_that_change_a_budget_take_turns(app: Flask) -> None:
    site = factories.site()
    seen = []

    def another() -> None:
        with app.app_context():
            seen.append(own_split(lock(site.id)))
            db.session.commit()

    set_split(site.id, EVEN)
    thread = threading.Thread(target=another)
    thread.start()
    thread.join(0.5)  # it could read what was there before, if it need not wait
    db.session.commit()
    thread.join()

    assert seen == [EVEN]
