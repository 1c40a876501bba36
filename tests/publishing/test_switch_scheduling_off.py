"""Operators switch scheduling off for the whole installation, and on again: nothing is lost, and the order stays."""

import pytest
from flask import Flask

from tests import factories
from tests.pipeline.engine import with_settings
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
    set_directly,
    slots,
    statuses,
    use,
)  # fmt: skip
from webapp.accounts import switches
from webapp.accounts.switches import Switch
from webapp.core.db import db
from webapp.publishing import by_hand, places, queries, schedule
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason
from webapp.sites.models import Site

OFF = WaitingReason.SCHEDULING_OFF


def turn(value: bool) -> None:
    switches.flip(Switch.NEW_SCHEDULING, value, "Olga")
    db.session.commit()


def reasons(publications: list[Publication]) -> list[WaitingReason | None]:
    return [fresh(publication).reason for publication in publications]


def test_what_is_approved_waits_and_what_has_a_slot_keeps_it(site: Site) -> None:
    before = approve_many(site, 2)
    turn(False)
    after = approve_many(site, 3)
    schedule.schedule_all()

    assert slots(before) == [at(1, 9), at(1, 14)]
    assert reasons(after) == [OFF] * 3
    assert_in_order(site)


def test_on_again_everything_is_promoted_in_its_order(site: Site) -> None:
    approve(site)
    turn(False)
    waiting = approve_many(site, 3)

    turn(True)
    assert schedule.schedule_all() == 3

    assert slots(waiting) == [at(1, 14), at(1, 18), at(2, 9)]
    assert_in_order(site)


def test_what_waited_for_room_waits_for_the_switch(site: Site) -> None:
    change(site, queue_limit=1)
    first, second = approve_many(site, 2)
    turn(False)
    schedule.schedule_all()
    assert reasons([first, second]) == [None, OFF]

    turn(True)
    schedule.schedule_all()
    assert reasons([first, second]) == [None, WaitingReason.QUEUE_FULL]


def test_other_reasons_are_said_first(site: Site) -> None:
    held = do(by_hand.hold, approve(site))
    turn(False)
    set_directly(site, paused=True)
    other = approve(site)

    assert reasons([held, other]) == [WaitingReason.HELD, WaitingReason.QUEUE_PAUSED]


def test_the_environment_can_say_it_too(app: Flask, site: Site) -> None:
    with_settings(app, use_new_scheduling=False)
    assert reasons([approve(site)]) == [OFF]

    turn(True)
    assert schedule.schedule_all() == 1


def test_new_settings_move_nothing_that_has_a_slot(site: Site) -> None:
    approved = approve_many(site, 3)
    turn(False)

    change(site, publish_time_slots=["12:00"], queue_limit=2)

    assert slots(approved) == [at(1, 9), at(1, 14), None]
    assert reasons(approved) == [None, None, WaitingReason.QUEUE_FULL]
    schedule.schedule_all()
    assert reasons(approved)[2] is OFF
    assert_in_order(site)


def test_after_a_pause_nothing_gets_its_slot_back_before_the_switch_is_on(site: Site) -> None:
    approved = approve_many(site, 2)
    turn(False)
    change(site, paused=True)
    change(site, paused=False)
    assert reasons(approved) == [OFF, OFF]

    turn(True)
    schedule.schedule_all()
    assert slots(approved) == [at(1, 9), at(1, 14)]


def test_what_has_a_slot_goes_out_and_what_a_person_wants_out_now(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = use(monkeypatch, Desk())
    scheduled = approve(site)
    turn(False)
    wanted, waiting = approve_many(site, 2)
    do(by_hand.publish_now, wanted)

    clock.pass_(hours=4)
    publish_due()

    assert statuses([scheduled, wanted, waiting]) == ["published", "published", "waiting"]
    assert len(desk.taken) == 2


def test_after_an_outage_late_ones_are_still_spread(site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Desk())
    approved = approve_many(site, 3)
    turn(False)

    clock.pass_(days=2)
    publish_due()

    assert statuses(approved) == ["published", "scheduled", "scheduled"]
    assert_in_order(site)


def test_the_preview_and_the_site_say_what_holds_it(site: Site) -> None:
    settings = schedule.lock(site.id)
    assert places.reason_for_new(settings) is None
    before = queries.version(site.id, 10)

    turn(False)

    assert places.reason_for_new(settings) is OFF
    assert queries.version(site.id, 10) != before  # so that pages that look again show it
    db.session.commit()


def test_other_sites_are_held_too(site: Site) -> None:
    turn(False)
    other = factories.site()

    assert reasons([approve(other)]) == [OFF]
    assert fresh(approve(site)).status is PublicationStatus.WAITING
