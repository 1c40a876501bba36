"""Budgets are whole credits, rounded down, and never more than there is."""

from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from tests import factories
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.credits import prices
from webapp.credits.budget import operation_budget, operation_budgets, run_total
from webapp.credits.models import WHOLE, SiteBudget, Unit

credits = st.integers(0, 10**15)
basis_points = st.integers(0, WHOLE)


@given(credits)
def test_without_a_cap_a_run_may_spend_the_balance(balance: int) -> None:
    assert run_total(balance, 0) == balance


@given(credits, st.integers(1, 10**15))
def test_with_a_cap_it_may_spend_the_smaller_of_both(balance: int, cap: int) -> None:
    assert run_total(balance, cap) == min(balance, cap)


@given(basis_points, credits)
def test_a_share_is_the_exact_fraction_rounded_down(share: int, total: int) -> None:
    percentage = Decimal(share) / 100
    by_definition = (total * percentage / 100).to_integral_value(ROUND_FLOOR)

    budget = operation_budget(share, total)

    assert budget == by_definition
    assert Fraction(budget) <= Fraction(total * share, WHOLE) < budget + 1
    assert type(budget) is int


@pytest.mark.parametrize(
    ("percentage", "total", "budget"),
    [
        ("15", 1000, 150),
        ("40", 1000, 400),
        ("33.33", 100, 33),
        ("0.01", 9999, 0),
        ("0.01", 10_000, 1),
        ("29", 100, 29),  # floats make it 28.999…
        ("57", 100, 57),
        ("100", 7, 7),
        ("0", 7, 0),
        ("99.99", 10**15, 10**15 - 10**11),
    ],
)
def test_budgets_as_the_plan_has_them(percentage: str, total: int, budget: int) -> None:
    assert operation_budget(int(Decimal(percentage) * 100), total) == budget


@given(st.lists(basis_points, min_size=5, max_size=5), credits)
def test_five_shares_of_the_whole_never_exceed_the_total(shares: list[int], total: int) -> None:
    assume(sum(shares) > 0)
    scaled = [share * WHOLE // sum(shares) for share in shares]
    scaled[0] += WHOLE - sum(scaled)
    budgets = operation_budgets(dict(zip(Operation, scaled, strict=True)), total)

    assert 0 <= total - sum(budgets.values()) < len(Operation)
    assert all(budget >= 0 for budget in budgets.values())


@given(basis_points, credits, credits)
def test_more_credits_never_make_a_smaller_budget(share: int, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert operation_budget(share, less) <= operation_budget(share, more)


def test_defaults_are_those_of_the_plan(app: Flask) -> None:
    told = {
        operation: (cost.unit, cost.credits, cost.budget_basis_points, cost.is_active)
        for operation, cost in prices.costs().items()
    }

    assert told == {
        Operation.CLUSTERING: (Unit.KEYWORD_BATCH, 10, 1500, True),
        Operation.IDEA_GENERATION: (Unit.CLUSTER, 15, 1000, True),
        Operation.CONTENT_GENERATION: (Unit.HUNDRED_WORDS, 1, 4000, True),
        Operation.IMAGE_PROMPT_EXTRACTION: (Unit.ARTICLE, 2, 500, True),
        Operation.IMAGE_GENERATION: (Unit.IMAGE, 5, 3000, True),
    }
    assert sum(share for _, _, share, _ in told.values()) == WHOLE


def test_the_operators_price_counts_and_the_others_stay(app: Flask) -> None:
    own = prices.default(Operation.IMAGE_GENERATION)
    own.credits, own.is_active = 8, False
    db.session.add(own)
    db.session.commit()

    costs = prices.costs()

    assert (costs[Operation.IMAGE_GENERATION].credits, costs[Operation.IMAGE_GENERATION].is_active) == (8, False)
    assert costs[Operation.CLUSTERING].credits == 10


def test_looking_at_prices_stores_none(app: Flask) -> None:
    prices.costs()
    db.session.commit()

    assert db.session.query(type(prices.default(Operation.CLUSTERING))).count() == 0


def test_a_new_site_uses_the_global_split(app: Flask) -> None:
    site = factories.site()
    own = prices.default(Operation.CLUSTERING)
    own.budget_basis_points = 1234
    db.session.add(own)
    db.session.commit()

    assert prices.split(site.id)[Operation.CLUSTERING] == 1234
    assert prices.split(site.id)[Operation.IMAGE_GENERATION] == 3000


def test_a_site_with_its_own_split_uses_that(app: Flask) -> None:
    site = factories.site()
    own = db.session.get_one(SiteBudget, site.id)
    own.use_global_defaults = False
    own.clustering, own.content_generation = 501, 4999
    db.session.commit()

    split = prices.split(site.id)

    assert split == {
        Operation.CLUSTERING: 501,
        Operation.IDEA_GENERATION: 1000,
        Operation.CONTENT_GENERATION: 4999,
        Operation.IMAGE_PROMPT_EXTRACTION: 500,
        Operation.IMAGE_GENERATION: 3000,
    }
    assert sum(split.values()) == WHOLE
