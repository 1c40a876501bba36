"""Up, down, to a slot, off the schedule, several at once: what people do with the order of a queue."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

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
    rows,
    set_directly,
    slots,
    statuses,
)  # fmt: skip
from webapp.accounts import switches
from webapp.accounts.switches import Switch
from webapp.content.models import ArticleStatus
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.publishing import by_hand, schedule
from webapp.publishing.folder import FolderTarget
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason
from webapp.publishing.slots import SchedulingMode
from webapp.publishing.target import TargetError
from webapp.sites.models import Site


def to(slot: object) -> Callable[[Publication], None]:
    return lambda publication: by_hand.to_slot(publication, slot)  # type: ignore[arg-type]


def refused(act: Callable[[Publication], None], publication: Publication) -> str:
    with pytest.raises(Conflict) as stopped:
        do(act, publication)
    db.session.rollback()
    return str(stopped.value)


def reasons(publications: list[Publication]) -> list[WaitingReason | None]:
    return [fresh(publication).reason for publication in publications]


# up and down


def test_up_and_down_change_places_with_the_one_beside(site: Site) -> None:
    approved = approve_many(site, 3)

    do(by_hand.move_up, approved[2])
    assert slots(approved) == [at(1, 9), at(1, 18), at(1, 14)]

    do(by_hand.move_down, approved[0])
    assert slots(approved) == [at(1, 14), at(1, 18), at(1, 9)]
    assert_in_order(site)


def test_who_waits_for_room_takes_the_slot_of_the_last_one(site: Site) -> None:
    change(site, queue_limit=2)
    approved = approve_many(site, 3)

    do(by_hand.move_up, approved[2])

    assert slots(approved) == [at(1, 9), None, at(1, 14)]
    assert reasons(approved)[1] is WaitingReason.QUEUE_FULL
    do(by_hand.move_down, approved[2])
    assert slots(approved) == [at(1, 9), at(1, 14), None]


def test_those_that_wait_change_places_among_themselves(site: Site) -> None:
    change(site, paused=True)
    approved = approve_many(site, 3)

    do(by_hand.move_up, approved[2])
    change(site, paused=False)

    assert slots(approved) == [at(1, 9), at(1, 18), at(1, 14)]


def test_the_first_goes_no_further_up_and_the_last_no_further_down(site: Site) -> None:
    approved = approve_many(site, 2)

    assert "comes first already" in refused(by_hand.move_up, approved[0])
    assert "comes last already" in refused(by_hand.move_down, approved[1])
    assert slots(approved) == [at(1, 9), at(1, 14)]


def test_an_order_made_by_hand_outlives_a_pause_and_other_times(site: Site, clock: Clock) -> None:
    approved = approve_many(site, 4)
    do(by_hand.move_up, approved[3])
    do(to(at(2, 18)), approved[0])
    order = [approved[1], approved[3], approved[2], approved[0]]

    change(site, paused=True)
    clock.pass_(days=7)
    change(site, paused=False, publish_time_slots=["10:00"])

    assert slots(order) == [at(8, 10), at(9, 10), at(10, 10), at(11, 10)]


def test_it_outlives_refused_credentials_too(site: Site) -> None:
    """Nobody changes settings then: the queue finds out by itself that nothing may go out."""
    change(site, queue_limit=2)
    first, second, third, fourth = approve_many(site, 4)
    do(by_hand.move_up, fourth)  # before the third
    do(by_hand.move_up, fourth)  # takes the slot of the second
    order = [first, fourth, second, third]

    set_directly(site, target_problem=WaitingReason.TARGET_REFUSES_CREDENTIALS)
    schedule.schedule_all()
    assert set(statuses(order)) == {"waiting"}
    set_directly(site, target_problem=None, queue_limit=0)
    schedule.schedule_all()

    assert slots(order) == [at(1, 9), at(1, 14), at(1, 18), at(2, 9)]


def test_what_is_due_or_wanted_at_once_does_not_change_places(site: Site, clock: Clock) -> None:
    due, wanted, other = approve_many(site, 3)
    do(by_hand.publish_now, wanted)
    clock.pass_(hours=3)

    for publication in (due, wanted):
        assert "is due, so it cannot be moved" in refused(by_hand.move_down, publication)
    assert "comes first already" in refused(by_hand.move_up, other)


def test_a_post_that_is_out_never_moves(site: Site, desk: Desk, clock: Clock) -> None:
    """A peer's bug: reordering gave an article that was out a time in the future, and its page went away."""
    approved = approve_many(site, 4)
    clock.pass_(hours=3)
    publish_due()
    out = fresh(approved[0])

    for act in (by_hand.move_up, by_hand.move_down, by_hand.unschedule, to(at(2, 9))):
        assert "is published" in refused(act, out)
    do(by_hand.move_up, approved[2])
    do(to(at(3, 9)), approved[1])
    change(site, publish_time_slots=["05:00", "23:00"])
    change(site, paused=True)
    change(site, paused=False)

    now = fresh(approved[0])
    assert (now.status, now.slot_at, now.published_at) == (out.status, out.slot_at, out.published_at)
    assert desk.taken == [out.article_id]


# to a slot


def test_to_a_free_slot_of_the_schedule(site: Site) -> None:
    approved = approve_many(site, 3)

    do(to(at(3, 14)), approved[0])

    assert slots(approved) == [at(3, 14), at(1, 14), at(1, 18)]
    assert slots([approve(site)]) == [at(1, 9)]  # the slot that it left
    assert_in_order(site)


@pytest.mark.parametrize(
    ("slot", "told"),
    [
        (at(1, 14), "Somebody else has that slot"),
        (at(1, 10), "no slot of the schedule"),
        (at(1, 5), "no slot of the schedule, or it has passed"),
        (at(1, 9) + timedelta(days=2000), "no slot of the schedule"),
        (at(1, 9).replace(year=9999, month=12, day=31), "no slot of the schedule"),
    ],
)
def test_to_no_other_time(site: Site, slot: object, told: str) -> None:
    approved = approve_many(site, 2)

    assert told in refused(to(slot), approved[0])
    assert slots(approved) == [at(1, 9), at(1, 14)]


def test_its_own_slot_is_free_for_it(site: Site) -> None:
    publication = approve(site)

    do(to(at(1, 9)), publication)

    assert slots([publication]) == [at(1, 9)]


@pytest.mark.parametrize("keep_back", [by_hand.hold, by_hand.unschedule])
def test_who_chooses_a_slot_lets_it_go_on(site: Site, keep_back: Callable[[Publication], None]) -> None:
    publication = do(keep_back, approve(site))

    do(to(at(2, 9)), publication)

    assert slots([publication]) == [at(2, 9)]
    change(site, publish_time_slots=["12:00"])
    assert slots([publication]) == [at(1, 12)]  # and from then on it is one like others


def test_a_failed_one_is_tried_again_at_that_slot(site: Site) -> None:
    article = factories.article(site, ArticleStatus.APPROVED)
    failed = factories.publication(site, PublicationStatus.FAILED, article_=article)

    do(to(at(2, 9)), failed)

    now = fresh(failed)
    assert (now.status, now.slot_at, now.attempts, now.error) == (PublicationStatus.SCHEDULED, at(2, 9), 0, "")


def test_wanted_at_once_no_more_it_follows_the_settings_again(site: Site) -> None:
    publication = do(by_hand.publish_now, approve(site))

    do(to(at(2, 9)), publication)
    change(site, paused=True)

    assert fresh(publication).reason is WaitingReason.QUEUE_PAUSED


def test_in_a_full_queue_the_last_one_makes_room_if_it_is_later(site: Site) -> None:
    change(site, queue_limit=2)
    approved = approve_many(site, 3)
    do(to(at(2, 9)), approved[1])

    do(to(at(1, 18)), approved[2])
    assert slots(approved) == [at(1, 9), None, at(1, 18)]

    assert "As many articles are scheduled before that slot" in refused(to(at(2, 9)), approved[1])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"paused": True}, "paused"),
        ({"auto_publish": False}, "switched off"),
        ({"target_problem": WaitingReason.TARGET_REFUSES_CREDENTIALS}, "refuses"),
    ],
)
def test_while_something_holds_the_site_there_is_no_slot_to_choose(
    site: Site, values: dict[str, bool], told: str
) -> None:
    publication = approve(site)
    change(site, **values)

    assert told in refused(to(at(2, 9)), publication)
    assert fresh(publication).status is PublicationStatus.WAITING


def test_nor_while_scheduling_is_switched_off(site: Site) -> None:
    publication = approve(site)
    switches.flip(Switch.NEW_SCHEDULING, False, "Olga")
    db.session.commit()

    assert "switched off by the operator" in refused(to(at(2, 9)), publication)
    assert slots([publication]) == [at(1, 9)]


def test_a_draft_goes_to_no_slot_of_a_real_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FolderTarget, "accepts_drafts", False)
    publication = approve(site)

    assert "drafted without a language model" in refused(to(at(2, 9)), publication)


def test_at_once_any_second_ahead_is_a_slot(site: Site) -> None:
    change(site, scheduling_mode=SchedulingMode.IMMEDIATE)
    publication = approve(site)

    do(to(at(5, 11, 17)), publication)

    assert slots([publication]) == [at(5, 11, 17)]


# off the schedule


def test_off_the_schedule_it_waits_for_a_person_whatever_else_happens(site: Site, desk: Desk, clock: Clock) -> None:
    publication, other = approve_many(site, 2)
    do(by_hand.unschedule, publication)
    assert reasons([publication]) == [WaitingReason.UNSCHEDULED]

    for values in ({"paused": True}, {"paused": False}, {"publish_time_slots": ["12:00"]}):
        change(site, **values)
        assert reasons([publication]) == [WaitingReason.UNSCHEDULED]
    clock.pass_(days=3)
    publish_due()
    schedule.schedule_all()

    assert reasons([publication]) == [WaitingReason.UNSCHEDULED]
    assert desk.taken == [other.article_id]


def test_scheduled_again_it_takes_the_next_free_slot_behind_those_that_wait(site: Site) -> None:
    change(site, queue_limit=1)
    approved = approve_many(site, 3)
    do(by_hand.unschedule, approved[0])
    assert slots(approved) == [None, at(1, 9), None]

    do(by_hand.release, approved[0])
    change(site, queue_limit=0)

    assert slots(approved) == [at(1, 18), at(1, 9), at(1, 14)]


def test_held_after_that_it_is_held_and_released_it_goes_on(site: Site) -> None:
    publication = do(by_hand.unschedule, approve(site))

    do(by_hand.hold, publication)
    assert reasons([publication]) == [WaitingReason.HELD]
    do(by_hand.release, publication)

    assert statuses([publication]) == ["scheduled"]


def test_what_nobody_keeps_back_cannot_be_released(site: Site) -> None:
    change(site, paused=True)

    assert "Nobody keeps" in refused(by_hand.release, approve(site))


# several at once


def test_several_are_held_and_released_in_the_order_of_the_queue(site: Site) -> None:
    approved = approve_many(site, 4)
    ids = [approved[2].id, approved[0].id]

    done = by_hand.hold.on_each(site.id, ids)
    db.session.commit()
    assert [one.id for one in done.done] == [approved[0].id, approved[2].id]
    assert statuses(approved) == ["waiting", "scheduled", "waiting", "scheduled"]

    by_hand.release.on_each(site.id, ids)
    db.session.commit()
    assert slots(approved) == [at(1, 9), at(1, 14), at(1, 18), at(2, 9)]
    assert_in_order(site)


def test_those_that_moved_on_meanwhile_are_left_and_named(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 3)
    title = approved[0].article.title
    clock.pass_(hours=3)
    publish_due()

    done = by_hand.unschedule.on_each(site.id, [one.id for one in approved])
    db.session.commit()

    assert [one.id for one in done.done] == [approved[1].id, approved[2].id]
    assert [str(one) for one in done.refused] == [
        f"“{title}” is published, so it cannot be taken off the schedule."
        " Nothing was changed: look at the queue as it is now."
    ]
    assert statuses(approved) == ["published", "waiting", "waiting"]


def test_several_published_now_take_a_second_each_up_to_the_limit(site: Site) -> None:
    change(site, queue_limit=2)
    approved = approve_many(site, 3)

    done = by_hand.publish_now.on_each(site.id, [one.id for one in approved])
    db.session.commit()

    assert (len(done.done), len(done.refused)) == (2, 1)
    assert slots(approved) == [at(1, 6), at(1, 6).replace(second=1), None]
    assert_in_order(site)


def test_several_that_failed_are_tried_again(site: Site) -> None:
    failed = [factories.publication(site, PublicationStatus.FAILED) for _ in range(2)]

    by_hand.retry.on_each(site.id, [one.id for one in failed])
    db.session.commit()

    assert slots(failed) == [at(1, 9), at(1, 14)]


def test_publications_of_other_sites_are_not_touched(site: Site) -> None:
    other = approve(factories.site())

    assert by_hand.hold.on_each(site.id, [other.id, 10**6]).done == []
    db.session.commit()

    assert statuses([other]) == ["scheduled"]


# at the same time


def test_two_who_choose_one_slot_do_not_both_get_it(app: Flask, site: Site) -> None:
    approved = approve_many(site, 6)
    told: list[str] = []

    def choose(id: int) -> None:
        with app.app_context():
            try:
                by_hand.to_slot(db.session.get_one(Publication, id), at(5, 9))
                db.session.commit()
            except Conflict as conflict:
                db.session.rollback()
                told.append(conflict.sentence)

    threads = [threading.Thread(target=choose, args=(one.id,)) for one in approved]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert told == ["Somebody else has that slot by now."] * 5
    assert [row.slot_at for row in rows(site)].count(at(5, 9)) == 1
    assert_in_order(site)


def test_moving_it_does_not_end_its_backoff(site: Site, desk: Desk, clock: Clock) -> None:
    """A peer's bug: whatever gave an article another time let it be tried again at once."""
    first, second = approve_many(site, 2)
    desk.answers = [TargetError("429", permanent=False, retry_after=20 * 3600)]
    clock.pass_(hours=3)
    publish_due()

    change(site, publish_time_slots=["10:00"])
    clock.pass_(hours=2)
    publish_due()

    assert desk.taken == []
    assert fresh(first).slot_at == at(1, 10)
    clock.pass_(hours=19)
    publish_due()
    assert desk.taken == [first.article_id]
    assert fresh(second).status is PublicationStatus.SCHEDULED
