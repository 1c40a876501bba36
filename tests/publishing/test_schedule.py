"""Every approved article has a slot or a reason, first in first out."""

import threading

import pytest
from flask import Flask

from tests import factories
from tests.publishing.conftest import Clock
from tests.publishing.desk import (
    approve,
    approve_many,
    assert_in_order,
    at,
    change,
    do,
    fresh,
    rows,
    set_directly,
    settings_of,
    slots,
    statuses,
)
from webapp.content.models import Article, ArticleStatus
from webapp.core.db import db
from webapp.publishing import approval, by_hand, places, schedule
from webapp.publishing.folder import FolderTarget
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.slots import SchedulingMode
from webapp.sites.models import Site


def reasons(publications: list[Publication]) -> list[WaitingReason | None]:
    return [fresh(publication).reason for publication in publications]


def unsaved(site: Site, **values: object) -> PublishingSettings:
    saved = settings_of(site)
    return PublishingSettings(**{column.key: getattr(saved, column.key) for column in saved.__table__.columns} | values)


def test_what_is_approved_first_goes_out_first(site: Site) -> None:
    approved = approve_many(site, 4)

    assert slots(approved) == [at(1, 9), at(1, 14), at(1, 18), at(2, 9)]
    assert_in_order(site)


def test_a_full_queue_lets_the_next_wait_and_takes_it_when_there_is_room(site: Site) -> None:
    change(site, queue_limit=2)
    approved = approve_many(site, 4)
    assert reasons(approved) == [None, None, WaitingReason.QUEUE_FULL, WaitingReason.QUEUE_FULL]

    do(by_hand.hold, approved[0])

    assert reasons(approved) == [WaitingReason.HELD, None, None, WaitingReason.QUEUE_FULL]
    assert slots(approved)[1:3] == [at(1, 14), at(1, 9)]  # who was promised a time keeps it
    assert_in_order(site)


def test_a_limit_of_zero_is_none(site: Site) -> None:
    change(site, queue_limit=0)

    assert set(statuses(approve_many(site, 5))) == {"scheduled"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"paused": True}, WaitingReason.QUEUE_PAUSED),
        ({"auto_publish": False}, WaitingReason.AUTO_PUBLISH_OFF),
        ({"target_problem": WaitingReason.TARGET_REFUSES_CREDENTIALS}, WaitingReason.TARGET_REFUSES_CREDENTIALS),
        ({"publish_days": []}, WaitingReason.NO_PUBLISHING_DAY),
        ({"publish_time_slots": []}, WaitingReason.NO_PUBLISHING_DAY),
    ],
)
def test_what_holds_the_site_is_the_reason_until_it_goes(
    site: Site, values: dict[str, object], reason: WaitingReason
) -> None:
    usual = {"paused": False, "auto_publish": True, "target_problem": None}
    usual |= {"publish_days": ["mon"], "publish_time_slots": ["09:00"]}
    set_directly(site, **values)
    approved = approve_many(site, 2)
    assert reasons(approved) == [reason, reason]

    set_directly(site, **usual)
    assert schedule.schedule_all() == 2

    assert slots(approved) == [at(1, 9), at(8, 9)]
    assert_in_order(site)


def test_the_queue_is_not_called_full_where_there_is_no_day(site: Site) -> None:
    change(site, queue_limit=1, publish_days=[])

    assert reasons(approve_many(site, 3)) == [WaitingReason.NO_PUBLISHING_DAY] * 3


def test_a_draft_waits_where_the_destination_takes_none(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FolderTarget, "accepts_drafts", False)
    draft = factories.article(site, is_draft_quality=True)
    written = factories.article(site, is_draft_quality=False)
    approved = [approval.approve(article, "Ana") for article in (draft, written)]
    db.session.commit()

    assert reasons(approved) == [WaitingReason.DRAFT_QUALITY, None]


@pytest.mark.parametrize("values", [{"paused": True}, {"auto_publish": False}])
def test_what_is_scheduled_waits_in_its_order_while_the_site_publishes_nothing(
    site: Site, values: dict[str, bool], clock: Clock
) -> None:
    first, second, third = approved = approve_many(site, 3)
    do(by_hand.hold, first)
    fourth = approve(site)  # takes the slot of the first
    do(by_hand.release, first)
    approved.append(fourth)
    order = [fourth, second, third, first]
    assert slots(order) == [at(1, 9), at(1, 14), at(1, 18), at(2, 9)]

    change(site, **values)
    assert set(statuses(approved)) == {"waiting"}
    assert_in_order(site)

    clock.pass_(days=7)
    change(site, **{name: not value for name, value in values.items()})
    assert slots(order) == [at(8, 9), at(8, 14), at(8, 18), at(9, 9)]


def test_new_settings_give_new_slots_in_the_order_of_the_old(site: Site) -> None:
    approved = approve_many(site, 3)

    change(site, scheduling_mode=SchedulingMode.STAGGER, stagger_start_time="10:00", stagger_interval_minutes=45)

    assert slots(approved) == [at(1, 10), at(1, 10, 45), at(1, 11, 30)]


def test_at_once_is_a_minute_apart_however_fast_they_are_approved(site: Site, clock: Clock) -> None:
    change(site, scheduling_mode=SchedulingMode.IMMEDIATE)
    approved = [approve(site)]
    for _ in range(2):
        clock.pass_(seconds=5)
        approved.append(approve(site))

    assert slots(approved) == [at(1, 6, minute) for minute in (0, 1, 2)]


def test_slots_change_hands_without_a_clash(site: Site) -> None:
    approved = approve_many(site, 3)

    change(site, publish_time_slots=["14:00", "18:00"])  # the first takes the slot of the second, and so on

    assert slots(approved) == [at(1, 14), at(1, 18), at(2, 14)]


def test_what_went_out_does_not_move(site: Site) -> None:
    gone = factories.publication(site, PublicationStatus.PUBLISHED, slot_at=at(1, 5), published_at=at(1, 5))

    change(site, publish_time_slots=["11:00"])

    assert fresh(gone).slot_at == at(1, 5)


def test_a_lower_limit_takes_the_last_ones_back_and_a_higher_one_admits_them(site: Site) -> None:
    approved = approve_many(site, 3)

    change(site, queue_limit=1)
    assert statuses(approved) == ["scheduled", "waiting", "waiting"]
    assert_in_order(site)

    change(site, queue_limit=3)
    assert slots(approved) == [at(1, 9), at(1, 14), at(1, 18)]


def test_a_pause_that_came_another_way_is_followed_at_the_next_look(site: Site) -> None:
    approved = approve_many(site, 2)
    set_directly(site, paused=True)

    schedule.schedule_all()

    assert reasons(approved) == [WaitingReason.QUEUE_PAUSED] * 2


def test_one_that_is_held_is_passed_over(site: Site) -> None:
    change(site, paused=True)
    approved = approve_many(site, 3)
    do(by_hand.hold, approved[1])

    change(site, paused=False)

    assert slots(approved) == [at(1, 9), None, at(1, 14)]


def test_lining_up_shows_what_would_move_and_changes_nothing(site: Site) -> None:
    approved = approve_many(site, 3)

    lined_up = places.line_up(site, unsaved(site, queue_limit=2, publish_time_slots=["09:00", "12:00"]))
    db.session.rollback()

    assert [(place.before, place.slot) for place in lined_up] == [
        (at(1, 9), at(1, 9)),
        (at(1, 14), at(1, 12)),
        (at(1, 18), None),
    ]
    assert [place.moves for place in lined_up] == [False, True, True]
    assert lined_up[2].reason is WaitingReason.QUEUE_FULL
    assert slots(approved) == [at(1, 9), at(1, 14), at(1, 18)]


def test_two_who_approve_at_once_never_book_one_slot(app: Flask, site: Site) -> None:
    articles = [factories.article(site).id for _ in range(12)]
    problems: list[BaseException] = []

    def approve_some(mine: list[int]) -> None:
        with app.app_context():
            try:
                for number in mine:
                    approval.approve(db.session.get_one(Article, number), "Ana")
                    db.session.commit()
            except BaseException as error:
                problems.append(error)

    threads = [threading.Thread(target=approve_some, args=(articles[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert problems == []
    taken = [row.slot_at for row in rows(site)]
    assert len(set(taken)) == 12
    assert_in_order(site)


def test_who_schedules_waits_for_who_is_at_it(app: Flask, site: Site) -> None:
    set_directly(site, paused=True)
    first, second = approve_many(site, 2)
    set_directly(site, paused=False)

    def schedule_all() -> None:
        with app.app_context():
            schedule.schedule_all()

    schedule.lock(site.id)
    other = threading.Thread(target=schedule_all)
    other.start()
    other.join(0.5)
    row = db.session.get_one(Publication, second.id)
    row.status, row.reason, row.slot_at = PublicationStatus.SCHEDULED, None, at(1, 9)
    db.session.commit()
    other.join(60)

    assert slots([first, second]) == [at(1, 14), at(1, 9)]


def test_slots_of_different_sites_do_not_meet(site: Site) -> None:
    other = factories.site()

    assert slots([approve(site), approve(other)]) == [at(1, 9), at(1, 9)]


def test_the_zone_of_the_site_decides(clock: Clock, app: Flask) -> None:
    tokyo = factories.site(time_zone="Asia/Tokyo")

    assert slots([approve(tokyo)]) == [at(1, 9)]  # it is three in the afternoon there, so the next is at 18:00


def test_nothing_is_scheduled_before_it_is_approved(site: Site) -> None:
    factories.article(site, ArticleStatus.REVIEW)

    assert schedule.schedule(site.id) == 0
    db.session.commit()
    assert rows(site) == []
