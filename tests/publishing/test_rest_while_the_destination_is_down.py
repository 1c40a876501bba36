"""A destination that is out of order fails no article: the site rests, each keeps its slot, and all go out later."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from tests import factories
from tests.publishing.conftest import Clock
from tests.publishing.desk import (
    Desk,
    approve,
    approve_many,
    assert_in_order,
    at,
    change,
    do,
    fresh,
    publish_due,
    settings_of,
    slots,
    statuses,
)
from webapp.publishing import by_hand, outage, publisher
from webapp.publishing.models import PublicationStatus
from webapp.publishing.slots import SchedulingMode
from webapp.publishing.target import TargetDown, TargetError
from webapp.sites.models import Site

DOWN = TargetDown("Nobody answers at https://example.com.")


@pytest.fixture(autouse=True)
def longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each backoff as long as it may be."""
    monkeypatch.setattr(random, "uniform", lambda _least, most: most)


@pytest.fixture
def failing(site: Site, desk: Desk, clock: Clock) -> Iterator[Site]:
    """It met an outage at 9:00."""
    approve_many(site, 2)
    desk.answers = [DOWN]
    clock.moment = at(1, 9)
    publish_due()
    yield site


def test_all_of_the_site_is_left_alone_and_keeps_its_slots(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 2)
    elsewhere = approve(factories.site())
    desk.answers = [DOWN]
    clock.moment = at(1, 9)

    publish_due()

    assert slots(approved) == [at(1, 9), at(1, 14)]
    assert settings_of(site).target_rests_until == at(1, 9) + timedelta(seconds=outage.BACKOFF)
    assert settings_of(site).target_said == DOWN.sentence
    assert fresh(elsewhere).status is PublicationStatus.PUBLISHED
    clock.pass_(seconds=outage.BACKOFF - 1)
    assert publish_due() == 0
    clock.pass_(seconds=1)
    assert publish_due() == 1
    assert settings_of(site).target_rests_until is None
    assert (settings_of(site).target_failures, settings_of(site).target_said) == (0, "")
    assert_in_order(site)


def test_each_rest_is_longer_but_none_so_long_that_nobody_notices_it_is_back(
    site: Site, desk: Desk, clock: Clock
) -> None:
    approve(site)
    desk.answers = [DOWN] * 10
    clock.moment = at(1, 9)
    rests = []
    for _ in range(10):
        publish_due()
        until = settings_of(site).target_rests_until
        assert until is not None
        rests.append((until - clock.moment).total_seconds())
        clock.moment = until

    assert rests == sorted(rests) and rests[0] == outage.BACKOFF and rests[-1] == outage.LONGEST_BACKOFF


def test_an_outage_of_days_fails_nothing_and_ends_without_a_flood(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 8)
    desk.answers = [DOWN] * 100_000
    clock.moment = at(1, 9)
    while clock.moment < at(4, 9):
        publish_due()
        clock.pass_(minutes=10)
    assert statuses(approved) == ["scheduled"] * 8
    assert_in_order(site)

    desk.answers = []
    went_out = []
    for _ in range(4 * 24 * 6):
        went_out += [clock.moment] * publish_due()
        clock.pass_(minutes=10)

    assert statuses(approved) == ["published"] * 8
    assert min(later - sooner for sooner, later in pairwise(went_out)) >= timedelta(hours=4)
    times = [fresh(publication).published_at for publication in approved]
    assert times == sorted(times, key=str)


def test_who_begins_outage_after_outage_fails_in_the_end(site: Site, desk: Desk, clock: Clock) -> None:
    """An article over which the site breaks down must not hold up all behind it for ever."""
    change(site, scheduling_mode=SchedulingMode.STAGGER, stagger_interval_minutes=1)
    culprit = approve(site)
    clock.moment = at(1, 9)
    for _ in range(publisher.TRIES):
        desk.answers = [DOWN]
        publish_due()
        clock.pass_(hours=1)
        change(site, target_failures=0)  # others went out meanwhile

    assert fresh(culprit).status is PublicationStatus.FAILED
    assert fresh(culprit).error == DOWN.sentence


def test_the_site_says_how_long_it_wants_to_be_left_alone(site: Site, desk: Desk, clock: Clock) -> None:
    first, second = approve_many(site, 2)
    desk.answers = [TargetDown("It wants to be left alone (429).", retry_after=6 * 3600)]
    clock.moment = at(1, 9)
    publish_due()

    clock.moment = at(1, 14)  # the slot of the second
    assert publish_due() == 0
    clock.moment = at(1, 15)
    assert publish_due() == 1
    assert statuses([first, second]) == ["published", "scheduled"]


def test_a_person_may_have_it_tried_at_once(failing: Site, desk: Desk, clock: Clock) -> None:
    other = approve(failing)

    do(by_hand.publish_now, other)
    clock.pass_(seconds=1)

    assert publish_due() == 2  # and the first, whose time has come
    assert fresh(other).status is PublicationStatus.PUBLISHED


def test_an_error_of_one_article_rests_that_one_alone(site: Site, desk: Desk, clock: Clock) -> None:
    first, second = approve_many(site, 2)
    desk.answers = [TargetError("A picture was cut off on its way.", permanent=False, retry_after=8 * 3600)]
    clock.moment = at(1, 9)
    publish_due()
    assert settings_of(site).target_rests_until is None

    clock.moment = at(1, 14)
    assert publish_due() == 1
    assert statuses([first, second]) == ["scheduled", "published"]


def test_one_that_waits_for_its_next_try_moves_nobody(site: Site, desk: Desk, clock: Clock) -> None:
    first, second, third = approve_many(site, 3)
    desk.answers = [TargetError("A picture was cut off on its way.", permanent=False, retry_after=8 * 3600)]
    clock.moment = at(1, 9)
    publish_due()

    clock.moment = at(1, 14) + timedelta(minutes=10)  # a worker that comes late
    assert publish_due() == 1

    assert statuses([first, second, third]) == ["scheduled", "published", "scheduled"]
    assert slots([third]) == [at(1, 18)]


@pytest.mark.parametrize("seconds", [60, 100, 170, 290])
def test_slots_a_minute_apart_never_go_out_together(site: Site, desk: Desk, clock: Clock, seconds: int) -> None:
    """However short the outage was."""
    change(site, scheduling_mode=SchedulingMode.STAGGER, stagger_interval_minutes=1)
    approved = approve_many(site, 8)
    clock.moment = at(1, 9) + timedelta(seconds=seconds)

    went_out = []
    for _ in range(100):
        went_out.append(publish_due())
        clock.pass_(seconds=10)

    assert max(went_out) == 1 and statuses(approved) == ["published"] * 8
    times = [fresh(publication).published_at for publication in approved]
    gaps = [later - sooner for sooner, later in pairwise(times[1:]) if sooner and later]  # the first one was late
    assert min(gaps) >= timedelta(minutes=1)
