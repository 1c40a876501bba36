"""Shares of any size become shares of the whole, in the same proportions."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from webapp.ai.provider import Operation
from webapp.core.errors import Invalid
from webapp.credits.budget import percent, scaled
from webapp.credits.models import WHOLE

Split = dict[Operation, int]


def split_of(*shares: int) -> Split:
    return dict(zip(Operation, shares, strict=True))


splits = st.lists(st.integers(0, 10**9), min_size=5, max_size=5).map(lambda shares: split_of(*shares))
borders = st.lists(st.integers(0, WHOLE), min_size=4, max_size=4).map(sorted)
whole_splits = borders.map(
    lambda cuts: split_of(*(end - start for start, end in zip([0, *cuts], [*cuts, WHOLE], strict=True)))
)


@given(splits)
@example(split_of(1, 1, 1, 0, 0))
@example(split_of(0, 0, 0, 0, 1))
@example(split_of(1, 10**9, 10**9, 10**9, 10**9))
def test_it_adds_up_to_the_whole_in_integers_that_are_not_negative(split: Split) -> None:
    assume(any(split.values()))

    found = scaled(split)

    assert list(found) == list(split)
    assert sum(found.values()) == WHOLE
    assert all(type(share) is int and share >= 0 for share in found.values())


@given(splits)
def test_a_larger_share_never_becomes_the_smaller(split: Split) -> None:
    assume(any(split.values()))
    found = scaled(split)

    by_size = sorted(split, key=lambda one: split[one])
    for less, more in itertools.pairwise(by_size):
        assert found[less] <= found[more] or split[less] == split[more]


@given(splits)
def test_each_is_less_than_a_hundredth_of_a_percent_off(split: Split) -> None:
    assume(any(split.values()))
    total = sum(split.values())

    for operation, share in scaled(split).items():
        assert abs(share - Fraction(split[operation] * WHOLE, total)) < 1


@given(whole_splits)
def test_the_whole_stays_as_it_is(split: Split) -> None:
    assert scaled(split) == split


@given(splits)
def test_scaling_again_changes_nothing(split: Split) -> None:
    assume(any(split.values()))

    assert scaled(scaled(split)) == scaled(split)


def test_what_rounding_leaves_goes_to_the_largest_remainders_then_to_the_first() -> None:
    assert list(scaled(split_of(1, 1, 1, 0, 0)).values()) == [3334, 3333, 3333, 0, 0]
    assert list(scaled(split_of(10, 20, 30, 5, 1)).values()) == [1515, 3030, 4545, 758, 152]


def test_nothing_at_all_cannot_be_scaled() -> None:
    with pytest.raises(Invalid, match="All five shares are zero"):
        scaled(split_of(0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("basis_points", "written"),
    [(0, "0.00"), (1, "0.01"), (3333, "33.33"), (1500, "15.00"), (2900, "29.00"), (WHOLE, "100.00")],
)
def test_percentages_are_written_with_two_decimals(basis_points: int, written: str) -> None:
    assert percent(basis_points) == written
