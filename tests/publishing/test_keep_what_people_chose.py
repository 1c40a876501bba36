"""A slot that somebody chose is theirs for as long as the schedule has it, and what was wanted at once stays wanted."""

from collections.abc import Callable

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
    slots,
    statuses,
)
from webapp.content.models import Article
from webapp.core.db import db
from webapp.publishing import by_hand, schedule
from webapp.publishing.approval import Blocked
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason
from webapp.publishing.slots import SchedulingMode
from webapp.publishing.target import CredentialsRefused
from webapp.sites.models import Site

FAR = at(22, 14)


def give(publication: Publication, slot: object) -> None:
    do(lambda row: by_hand.to_slot(row, slot), publication)  # type: ignore[arg-type]


@pytest.fixture
def chosen(site: Site, desk: Desk) -> Publication:
    """Of three, the second: it was given a slot in three weeks."""
    _, second, _ = approve_many(site, 3)
    give(second, FAR)
    return second


def pause_and_go_on(site: Site) -> None:
    change(site, paused=True)
    change(site, paused=False)


def connect_anew(site: Site) -> None:
    schedule.reslot(site.id)
    db.session.commit()


def add_a_time(site: Site) -> None:
    change(site, publish_time_slots=["09:00", "14:00", "16:00", "18:00"])


def refuse_and_take(site: Site) -> None:
    change(site, target_problem=WaitingReason.TARGET_REFUSES_CREDENTIALS)
    change(site, target_problem=None)


def hold_and_release(site: Site) -> None:
    one = next(row for row in db.session.query(Publication) if row.chosen_slot)
    do(by_hand.hold, one)
    do(by_hand.release, one)


@pytest.mark.parametrize("happens", [pause_and_go_on, connect_anew, add_a_time, refuse_and_take, hold_and_release])
def test_a_chosen_slot_outlives_changes(site: Site, chosen: Publication, happens: Callable[[Site], None]) -> None:
    happens(site)

    assert fresh(chosen).slot_at == FAR
    assert_in_order(site)


def test_others_flow_around_it(site: Site, chosen: Publication) -> None:
    change(site, publish_days=["mon"], publish_time_slots=["14:00"])
    others = approve_many(site, 3)
    pause_and_go_on(site)

    assert fresh(chosen).slot_at == FAR
    assert slots(others) == [at(15, 14), at(29, 14), at(29 + 7 - 30, 14).replace(month=7)]


def test_a_schedule_that_has_it_no_more_gives_it_another(site: Site, chosen: Publication) -> None:
    change(site, publish_time_slots=["09:00"])

    assert fresh(chosen).slot_at == at(3, 9)  # behind those that wait longer
    change(site, publish_time_slots=["14:00"])
    assert fresh(chosen).slot_at == FAR  # it was not forgotten


def test_an_outage_moves_nobody_to_an_earlier_day(site: Site, desk: Desk, chosen: Publication, clock: Clock) -> None:
    *_, last = approve_many(site, 3)
    give(last, at(20, 9))
    before = {row.id: row.slot_at for row in db.session.query(Publication)}
    db.session.commit()
    clock.moment = at(1, 15)  # two were missed

    publish_due()

    after = {row.id: row.slot_at for row in db.session.query(Publication)}
    db.session.commit()
    assert all(after[one] >= slot for one, slot in before.items() if slot)
    assert fresh(last).slot_at == at(20, 9)


@pytest.mark.parametrize("act", [by_hand.publish_now, by_hand.unschedule])
def test_who_decides_otherwise_gives_it_up(site: Site, chosen: Publication, act: Callable[[Publication], None]) -> None:
    do(act, chosen)

    assert fresh(chosen).chosen_slot is None


def test_who_was_to_go_out_at_once_goes_out_when_the_password_is_right(site: Site, desk: Desk, clock: Clock) -> None:
    """In the order in which they were, and though publishing is paused."""
    approved = approve_many(site, 3)
    change(site, paused=True)
    for publication in approved:
        do(by_hand.publish_now, publication)
    desk.answers = [CredentialsRefused("401")] * 3
    clock.pass_(seconds=5)
    publish_due()
    assert {fresh(one).reason for one in approved} == {WaitingReason.TARGET_REFUSES_CREDENTIALS}

    desk.answers = []
    change(site, target_problem=None)
    clock.pass_(seconds=5)

    assert publish_due() == 3
    assert desk.taken == [fresh(one).article_id for one in approved]
    assert_in_order(site)


def test_at_once_goes_before_what_was_put_far_ahead(site: Site, clock: Clock) -> None:
    change(site, scheduling_mode=SchedulingMode.IMMEDIATE)
    first, second, third = approve_many(site, 3)
    assert slots([first, second, third]) == [at(1, 6), at(1, 6, 1), at(1, 6, 2)]
    give(third, at(1, 7, 30))

    assert slots([approve(site), approve(site)]) == [at(1, 6, 2), at(1, 6, 3)]


def test_no_more_go_out_at_once_than_the_queue_takes(site: Site) -> None:
    change(site, queue_limit=3)
    approved = approve_many(site, 9)

    done = by_hand.publish_now.on_each(site.id, [one.id for one in approved])
    db.session.commit()

    assert (len(done.done), len(done.refused)) == (3, 6)
    assert statuses(approved).count("scheduled") == 3
    assert_in_order(site)


def test_a_long_line_is_not_read_for_each_that_joins_it(site: Site) -> None:
    """Of those that wait, only as many are loaded as there is room for."""
    change(site, queue_limit=2)
    approve_many(site, 6)
    db.session.expunge_all()

    approve(site, factories.article(db.session.get_one(Site, site.id)))

    loaded = [row for row in db.session.identity_map.values() if isinstance(row, Publication)]
    assert len(loaded) <= 1


def test_of_two_with_the_same_title_one_is_approved(site: Site) -> None:
    approve(site, factories.article(site, title="Basil in pots"))
    with pytest.raises(Blocked):
        approve(site, factories.article(site, title="Basil in pots"))
    db.session.rollback()
    assert db.session.query(Article).filter_by(title="Basil in pots").count() == 2
    assert db.session.query(Publication).filter(Publication.status == PublicationStatus.SCHEDULED).count() == 1
    db.session.commit()
