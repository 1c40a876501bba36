"""What a call costs by the price of its day; what is not known is never guessed."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.sites.ai.endpoints import endpoint
from webapp.core.errors import Invalid
from webapp.sites.ai import prices
from webapp.sites.ai.prices import MILLION, Rates, cost_of, in_dollars, price_on

TOKENS = st.integers(0, 10_000_000)
RATE = st.integers(0, 2_000 * MILLION)
ANY_RATE = st.none() | RATE


@given(TOKENS, TOKENS, TOKENS, RATE, RATE, RATE)
def test_a_cost_is_exact_but_for_one_rounding(
    fresh: int, cached: int, output: int, input_rate: int, cached_rate: int, output_rate: int
) -> None:
    exact = Decimal(fresh * input_rate + cached * cached_rate + output * output_rate) / MILLION
    cost = cost_of(Rates(input_rate, cached_rate, output_rate), fresh + cached, output, cached, 0)

    assert cost == (exact.quantize(Decimal(1), ROUND_HALF_UP) if fresh + cached + output else None)


@given(TOKENS, TOKENS, TOKENS, RATE, RATE)
def test_cached_input_without_a_price_costs_what_the_rest_does(
    input: int, output: int, cached: int, input_rate: int, output_rate: int
) -> None:
    rates = Rates(input_rate, None, output_rate)
    assert cost_of(rates, input, output, cached, 0) == cost_of(rates, input, output, 0, 0)


@given(TOKENS, TOKENS, TOKENS, st.integers(0, 4), ANY_RATE, ANY_RATE, ANY_RATE, ANY_RATE)
def test_a_cost_needs_every_price_that_it_is_made_of_and_no_other(
    input: int, output: int, cached: int, images: int, input_rate: int, cached_rate: int, output_rate: int, image: int
) -> None:
    cost = cost_of(Rates(input_rate, cached_rate, output_rate, image), input, output, cached, images)

    if images and image is not None:
        assert cost == images * image
    elif not input and not output:
        assert cost is None
    else:
        cached = min(cached, input)
        needed = [input_rate] * (input > cached) + [output_rate] * (output > 0)
        needed += [input_rate if cached_rate is None else cached_rate] * (cached > 0)
        assert (cost is None) == (None in needed)


@given(TOKENS, TOKENS, TOKENS, RATE, RATE, RATE)
def test_more_never_costs_less(input: int, output: int, more: int, input_rate: int, output_rate: int, _: int) -> None:
    rates = Rates(input_rate, None, output_rate)
    less = cost_of(rates, input, output, 0, 0) or 0
    assert less <= (cost_of(rates, input + more, output, 0, 0) or 0)
    assert less <= (cost_of(rates, input, output + more, 0, 0) or 0)


@given(st.integers(0, 10**13))
def test_dollars_are_written_exactly(amount: int) -> None:
    written = in_dollars(amount)
    assert Decimal(written) * MILLION == amount
    assert len(written.partition(".")[2]) >= 2


def test_the_last_price_that_has_begun_holds(app: Flask) -> None:
    connection = endpoint(factories.account())
    prices.set_price(connection, "gpt-x", date(2026, 3, 1), Rates(input=1))
    prices.set_price(connection, "gpt-x", date(2026, 6, 1), Rates(input=2))
    prices.set_price(connection, "gpt-y", date(2026, 1, 1), Rates(input=9))

    def held(day: date) -> int | None:
        price = price_on(connection.id, "gpt-x", day)
        return price.input if price else None

    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 5, 31), date(2026, 6, 1), date(2030, 1, 1))
    assert [held(day) for day in days] == [None, 1, 1, 2, 2]


def test_the_price_of_a_day_is_replaced_as_a_whole(app: Flask) -> None:
    connection = endpoint(factories.account())
    prices.set_price(connection, "gpt-x", date(2026, 3, 1), Rates(input=1, output=5))
    prices.set_price(connection, "gpt-x", date(2026, 3, 1), Rates(input=2))

    [price] = prices.history(connection.id)

    assert (price.input, price.output) == (2, None)
    assert prices.remove_price(connection, "gpt-x", date(2026, 3, 1))
    assert not prices.remove_price(connection, "gpt-x", date(2026, 3, 1))
    assert prices.history(connection.id) == []


def test_no_price_at_all_is_none(app: Flask) -> None:
    with pytest.raises(Invalid):
        prices.set_price(endpoint(factories.account()), "gpt-x", date(2026, 3, 1), Rates())
