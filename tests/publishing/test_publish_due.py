"""What is due goes out once, whatever happens to who publishes it."""

import threading
from datetime import datetime, timedelta

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
    settings_of,
    slots,
    statuses,
)
from webapp.content.models import ImageStatus
from webapp.core.db import db
from webapp.core.settings import settings
from webapp.publishing import by_hand, publisher, schedule
from webapp.publishing.models import PostStatus, Publication, PublicationStatus, WaitingReason
from webapp.publishing.slots import SchedulingMode, plan_slots
from webapp.publishing.target import CredentialsRefused, TakenOver, TargetDown, TargetError
from webapp.publishing.wordpress import connection
from webapp.sites.models import Site

PASSING = TargetError("The site answers 503.", permanent=False)


@pytest.fixture
def longest_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher.random, "uniform", lambda least, most: most)


def test_only_what_is_due_goes_out(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 2)
    assert publish_due() == 0

    clock.moment = at(1, 9)
    assert publish_due() == 1

    published = fresh(approved[0])
    assert (published.status, published.published_at) == (PublicationStatus.PUBLISHED, at(1, 9))
    assert published.link and published.remote_id
    assert statuses(approved) == ["published", "scheduled"]
    assert_in_order(site)


def test_who_waited_gets_the_place_that_is_free_now(site: Site, desk: Desk, clock: Clock) -> None:
    change(site, queue_limit=1)
    approved = approve_many(site, 2)
    clock.moment = at(1, 9)

    publish_due()

    assert slots(approved)[1] == at(1, 14)


def test_several_workers_publish_each_article_once(app: Flask, site: Site, desk: Desk, clock: Clock) -> None:
    set_directly(site, queue_limit=0)
    approved = approve_many(site, 6)
    for publication in approved:
        do(by_hand.publish_now, publication)
    clock.pass_(minutes=1)
    together = threading.Barrier(3)
    problems: list[BaseException] = []

    def work() -> None:
        with app.app_context():
            try:
                together.wait(30)
                publish_due()
            except BaseException as error:
                problems.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert problems == []
    assert sorted(desk.taken) == sorted(publication.article_id for publication in approved)
    assert set(statuses(approved)) == {"published"}


def test_a_site_that_publishes_nothing_is_left_alone_even_before_the_queue_follows(
    site: Site, desk: Desk, clock: Clock
) -> None:
    approve(site)
    set_directly(site, paused=True)
    clock.pass_(days=1)

    assert publish_due() == 0


def test_what_was_moved_meanwhile_does_not_go_out(app: Flask, site: Site, desk: Desk, clock: Clock) -> None:
    other = factories.site()
    first, second = approve(site), approve(other)
    clock.moment = at(1, 9)

    def move_the_second() -> None:
        with app.app_context():
            schedule.change_settings(second.site_id, {"publish_time_slots": ["10:00"]})
            db.session.commit()

    desk.meanwhile = move_the_second

    assert publish_due() == 1
    assert statuses([first, second]) == ["published", "scheduled"]
    assert slots([second]) == [at(1, 10)]


# failures


def test_a_passing_error_is_tried_again_after_its_backoff(
    site: Site, desk: Desk, clock: Clock, longest_backoff: None
) -> None:
    publication = approve(site)
    desk.answers = [PASSING, PASSING]
    clock.moment = at(1, 9)

    publish_due()
    after_one = fresh(publication)
    assert after_one.next_attempt_at == at(1, 9) + timedelta(seconds=30)
    assert after_one.error == "The site answers 503."

    clock.pass_(seconds=29)
    assert publish_due() == 0
    assert fresh(publication).attempts == 1

    clock.pass_(seconds=1)
    publish_due()
    assert fresh(publication).next_attempt_at == clock.moment + timedelta(seconds=60)

    clock.pass_(seconds=60)
    assert publish_due() == 1
    assert fresh(publication).error == ""
    assert_in_order(site)


def test_a_destination_that_asks_for_more_time_gets_it(
    site: Site, desk: Desk, clock: Clock, longest_backoff: None
) -> None:
    publication = approve(site)
    desk.answers = [TargetError("429", permanent=False, retry_after=600)]
    clock.moment = at(1, 9)

    publish_due()

    assert fresh(publication).next_attempt_at == at(1, 9) + timedelta(seconds=600)


@pytest.mark.parametrize(("asked", "given"), [(10 * 3600, 10 * 3600), (366 * 86400, 86400)])
def test_a_destination_gets_up_to_a_day_however_its_settings_change_meanwhile(
    site: Site, desk: Desk, clock: Clock, asked: float, given: float
) -> None:
    publication = approve(site)
    desk.answers = [TargetError("503", permanent=False, retry_after=asked)]
    clock.moment = at(1, 9)
    publish_due()

    for seconds in (1, given - 1):
        clock.moment = at(1, 9) + timedelta(seconds=seconds)
        schedule.schedule_all()
        assert publish_due() == 0
        assert (fresh(publication).status, fresh(publication).attempts) == (PublicationStatus.SCHEDULED, 1)

    clock.moment = at(3, 9)
    publish_due()
    assert desk.taken == [publication.article_id]


def test_a_permanent_error_fails_it_in_the_destinations_own_words(site: Site, desk: Desk, clock: Clock) -> None:
    failing, other = approve_many(site, 2)
    desk.answers = [TargetError("400: the title is too long", permanent=True)]
    clock.moment = at(1, 9)

    publish_due()

    failed = fresh(failing)
    assert (failed.status, failed.error) == (PublicationStatus.FAILED, "400: the title is too long")
    assert slots([other]) == [at(1, 14)]
    assert_in_order(site)


def test_after_so_many_passing_errors_it_has_failed(site: Site, desk: Desk, clock: Clock) -> None:
    publication = approve(site)
    desk.answers = [PASSING] * publisher.TRIES
    clock.moment = at(1, 9)

    for _ in range(publisher.TRIES):
        assert fresh(publication).status is PublicationStatus.SCHEDULED
        publish_due()
        clock.pass_(hours=1)

    assert fresh(publication).status is PublicationStatus.FAILED
    assert fresh(publication).error == "The site answers 503."


def test_refused_credentials_hold_the_site_and_lose_nothing(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 2)
    elsewhere = approve(factories.site())
    desk.answers = [CredentialsRefused("401: wrong password")]
    clock.moment = at(1, 9)

    publish_due()

    refused = fresh(approved[0])
    assert (refused.reason, refused.error) == (WaitingReason.TARGET_REFUSES_CREDENTIALS, "401: wrong password")
    assert fresh(approved[1]).reason is WaitingReason.TARGET_REFUSES_CREDENTIALS
    assert settings_of(site).target_problem is WaitingReason.TARGET_REFUSES_CREDENTIALS
    assert fresh(elsewhere).status is PublicationStatus.PUBLISHED
    assert_in_order(site)


def test_an_error_that_nobody_foresaw_stops_neither_itself_nor_others(site: Site, desk: Desk, clock: Clock) -> None:
    broken, other = approve(site), approve(factories.site())
    desk.answers = [ZeroDivisionError("oops")]
    clock.moment = at(1, 9)

    assert publish_due() == 1

    assert fresh(broken).status is PublicationStatus.SCHEDULED
    assert "ZeroDivisionError" in fresh(broken).error and "oops" not in fresh(broken).error
    assert fresh(other).status is PublicationStatus.PUBLISHED


def test_a_picture_that_cannot_be_read_is_named_and_waited_for(site: Site, clock: Clock) -> None:
    article = factories.article(site)
    image = factories.image(article, ImageStatus.GENERATED, alt_text="Basil in the sun")
    publication = approve(site, article)
    other = approve(factories.site())
    clock.moment = at(1, 9)

    assert publish_due() == 1

    found = fresh(publication)
    assert found.status is PublicationStatus.SCHEDULED
    assert "Basil in the sun" in found.error and str(image.file) in found.error
    assert fresh(other).status is PublicationStatus.PUBLISHED


def test_a_pause_that_comes_while_it_fails_holds_it(app: Flask, site: Site, desk: Desk, clock: Clock) -> None:
    publication = approve(site)
    desk.answers = [PASSING]
    site_id = site.id

    def pause() -> None:
        with app.app_context():
            schedule.change_settings(site_id, {"paused": True})
            db.session.commit()

    desk.meanwhile = pause
    clock.moment = at(1, 9)

    publish_due()

    assert fresh(publication).reason is WaitingReason.QUEUE_PAUSED


# losses


def claimed(clock: Clock, publication: Publication) -> publisher.Fence:
    """As a worker has it that has begun and says no more."""
    clock.moment = at(1, 9)
    fence = publisher._claim(publication.id, publication.site_id)
    assert fence is not None
    return fence


class Ticks:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def watch(ticks: Ticks) -> publisher.PublishingWatch:
    return publisher.PublishingWatch(20, ticks)


def test_what_a_lost_worker_was_publishing_is_put_back_and_goes_out(
    site: Site, desk: Desk, clock: Clock, ticks: Ticks, watch: publisher.PublishingWatch
) -> None:
    publication = approve(site)
    claimed(clock, publication)
    assert publish_due() == 0  # somebody has it

    assert watch.observe() == []
    ticks.seconds = 19.9
    assert watch.observe() == []
    ticks.seconds = 20
    assert watch.observe() == [publication.id]

    assert publish_due() == 1
    assert_in_order(site)


def test_who_gives_signs_of_life_is_left_alone(
    site: Site, clock: Clock, ticks: Ticks, watch: publisher.PublishingWatch
) -> None:
    publication = approve(site)
    claimed(clock, publication)
    watch.observe()
    ticks.seconds = 15
    fresh(publication).hb += 1
    db.session.commit()
    watch.observe()

    ticks.seconds = 30
    assert watch.observe() == []
    assert fresh(publication).status is PublicationStatus.PUBLISHING


def test_a_sign_of_life_at_the_last_moment_counts(site: Site, clock: Clock) -> None:
    publication = approve(site)
    claimed(clock, publication)
    seen = fresh(publication)
    epoch, hb = seen.epoch, seen.hb
    seen.hb += 1
    db.session.commit()

    assert not publisher._put_back(publication.id, site.id, epoch, hb)
    assert fresh(publication).status is PublicationStatus.PUBLISHING


def test_a_publisher_beats_while_it_waits_for_the_destination(site: Site, desk: Desk, clock: Clock) -> None:
    publication = approve(site)
    clock.moment = at(1, 9)
    fence = claimed(clock, publication)

    with fence.beating(0.01):
        beaten = any(fresh(publication).hb >= 2 for _ in range(3000))

    assert beaten


def test_who_was_taken_over_cannot_finish(
    site: Site, desk: Desk, clock: Clock, ticks: Ticks, watch: publisher.PublishingWatch
) -> None:
    publication = approve(site)
    frozen = claimed(clock, publication)
    watch.observe()
    ticks.seconds = 20
    watch.observe()
    publish_due()
    link = fresh(publication).link

    assert not frozen.finish(lambda row: setattr(row, "link", "/somewhere/else/"))
    assert fresh(publication).link == link


def test_who_was_taken_over_writes_no_page(
    site: Site, clock: Clock, ticks: Ticks, watch: publisher.PublishingWatch
) -> None:
    publication = approve(site)
    frozen = claimed(clock, publication)
    target, post = publisher._made_ready(publication.id)
    assert frozen.still_ours()
    watch.observe()
    ticks.seconds = 20
    watch.observe()

    assert not frozen.still_ours()
    with pytest.raises(TakenOver):
        target.publish(post, frozen.still_ours)

    assert not list(settings().published.rglob("*.html"))


def test_what_is_lost_again_and_again_has_failed(site: Site, clock: Clock, ticks: Ticks) -> None:
    publication = approve(site)
    for _ in range(publisher.TRIES):
        claimed(clock, publication)
        watch = publisher.PublishingWatch(20, ticks)
        watch.observe()
        ticks.seconds += 20
        watch.observe()

    failed = fresh(publication)
    assert failed.status is PublicationStatus.FAILED
    assert failed.error == publisher.LOST
    assert_in_order(site)


def test_a_deleted_site_has_nothing_to_publish(site: Site, desk: Desk, clock: Clock) -> None:
    publication = approve(site)
    number, of_site = publication.id, site.id
    db.session.delete(db.session.get_one(Site, of_site))
    db.session.commit()
    clock.moment = at(1, 9)

    assert publisher._claim(number, of_site) is None


# after an outage


def test_after_an_outage_one_goes_out_and_the_others_follow_the_schedule(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 5)  # on the first and second of June
    clock.moment = at(3, 10)

    assert publish_due() == 1

    assert statuses(approved) == ["published", *["scheduled"] * 4]
    assert slots(approved)[1:] == [at(3, 14), at(3, 18), at(4, 9), at(4, 14)]
    assert publish_due() == 0
    assert_in_order(site)


def test_who_was_not_yet_due_stays_behind_who_was(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 4)  # 9:00, 14:00 and 18:00 of the first, 9:00 of the second
    clock.moment = at(1, 15)

    publish_due()

    assert slots(approved)[1:] == [at(1, 18), at(2, 9), at(2, 14)]


def test_one_that_is_late_alone_goes_out_and_moves_nobody(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 3)
    do(by_hand.hold, approved[1])  # so that there is a gap to move up into
    clock.moment = at(1, 11)

    assert publish_due() == 1
    assert slots(approved)[2] == at(1, 18)


def test_while_the_destination_is_away_they_do_not_gather_into_a_flood(
    site: Site, desk: Desk, clock: Clock, longest_backoff: None
) -> None:
    approve_many(site, 4)
    desk.answers = [PASSING] * 6
    clock.moment = at(1, 9)
    for _ in range(3 * 24):  # three days, a look each hour
        before = len(desk.taken)
        publish_due()
        assert len(desk.taken) - before <= 1
        clock.pass_(hours=1)

    assert len(desk.taken) == 4


def test_one_that_cannot_go_out_holds_nobody_up(
    site: Site, desk: Desk, clock: Clock, longest_backoff: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "BACKOFF", 12 * 3600.0)
    monkeypatch.setattr(publisher, "LONGEST_BACKOFF", 12 * 3600.0)
    approved = approve_many(site, 3)
    desk.answers = [PASSING]
    clock.moment = at(1, 9)
    publish_due()

    for hour in (14, 18):
        clock.moment = at(1, hour)
        assert publish_due() == 1

    assert statuses(approved) == ["scheduled", "published", "published"]


def test_held_and_waiting_ones_are_not_spread(site: Site, desk: Desk, clock: Clock) -> None:
    change(site, queue_limit=3)
    approved = approve_many(site, 4)
    do(by_hand.hold, approved[0])  # the fourth takes its slot
    clock.moment = at(3, 10)

    publish_due()

    assert statuses(approved) == ["waiting", "scheduled", "scheduled", "published"]
    assert_in_order(site)


def test_a_paused_site_is_behind_with_nothing(site: Site, desk: Desk, clock: Clock) -> None:
    approve_many(site, 3)
    set_directly(site, paused=True)
    clock.moment = at(5, 8)
    assert publish_due() == 0

    change(site, paused=False)

    assert [row.slot_at for row in rows(site)] == [at(5, 9), at(5, 14), at(5, 18)]


def test_scheduling_again_does_not_disturb_what_waits_for_its_next_try(site: Site, desk: Desk, clock: Clock) -> None:
    publication = approve(site)
    desk.answers = [PASSING]
    clock.moment = at(1, 9)
    publish_due()
    before = fresh(publication).next_attempt_at

    schedule.schedule_all()

    assert fresh(publication).next_attempt_at == before


SCHEDULES = {
    "set times": {},
    "every half an hour": {"scheduling_mode": SchedulingMode.STAGGER},
    "past midnight": {
        "scheduling_mode": SchedulingMode.STAGGER, "stagger_start_time": "22:00", "stagger_end_time": "02:00",
        "stagger_interval_minutes": 120,
    },
    "a minute apart": {"scheduling_mode": SchedulingMode.IMMEDIATE},
}  # fmt: skip


@pytest.mark.parametrize("of", SCHEDULES)
def test_after_two_days_without_anybody_all_go_out_once_and_one_for_each_slot(
    site: Site, desk: Desk, clock: Clock, of: str
) -> None:
    """Redis, which had forgotten everything, had no part in it; who looks, looks each ten minutes, or each minute."""
    change(site, **SCHEDULES[of])
    approved = approve_many(site, 8)
    clock.pass_(days=2, hours=1, minutes=7)
    start = clock.moment
    slots_after = plan_slots(settings_of(site).slots, site.zone, start, (), 8)
    db.session.commit()
    went_out: list[datetime] = []
    while len(went_out) < 8 and clock.moment < start + timedelta(days=9):
        out = publish_due()
        assert out <= 1
        went_out += [clock.moment] * out
        assert_in_order(site)
        clock.pass_(minutes=1 if of == "a minute apart" else 10)

    assert desk.taken == [one.article_id for one in approved]
    assert went_out[0] == start
    for number, at_slot in enumerate(slots_after, 1):
        assert sum(moment < at_slot for moment in went_out) <= number


@pytest.mark.parametrize("back", [3600, 48 * 3600])
def test_a_clock_that_is_set_back_repeats_nothing_and_loses_nothing(
    site: Site, desk: Desk, clock: Clock, back: int
) -> None:
    approved = approve_many(site, 4)
    clock.moment = at(1, 9)
    assert publish_due() == 1

    clock.pass_(seconds=-back)
    assert publish_due() == 0
    for _ in range(6 * 24):
        clock.pass_(hours=1)
        assert publish_due() <= 1

    assert desk.taken == [one.article_id for one in approved]


# one site at a time


def test_who_is_asked_to_stop_begins_no_other(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 3)
    change(site, scheduling_mode=SchedulingMode.IMMEDIATE)
    clock.moment = at(1, 9)
    stopping = threading.Event()
    desk.meanwhile = stopping.set

    assert publisher.publish_site(site.id, stopping) == 1
    assert statuses(approved).count("published") == 1
    assert publisher.publish_site(site.id, stopping) == 0


def test_a_site_where_somebody_is_at_work_is_not_handed_to_another(site: Site, clock: Clock) -> None:
    first, _second = approve_many(site, 2)
    elsewhere = approve(factories.site())
    claimed(clock, first)
    clock.moment = at(1, 15)

    assert list(publisher.sites_due()) == [elsewhere.site_id]


# connected otherwise meanwhile


@pytest.mark.parametrize(
    "answer", [CredentialsRefused("401"), TargetDown("Nobody answers."), TargetError("?", permanent=True)]
)
def test_what_the_old_place_said_is_not_held_against_the_new_one(
    app: Flask, site: Site, desk: Desk, clock: Clock, answer: TargetError
) -> None:
    publication = approve(site)
    site_id = site.id

    def connect_otherwise() -> None:
        desk.meanwhile = lambda: None
        with app.app_context():
            connection.use_folder(db.session.get_one(Site, site_id))
            db.session.commit()

    desk.answers, desk.meanwhile = [answer], connect_otherwise
    clock.moment = at(1, 9)
    assert publisher.publish_site(site.id, threading.Event()) == 1  # at the new place, at once

    assert (settings_of(site).target_problem, settings_of(site).target_rests_until) == (None, None)
    assert fresh(publication).status is PublicationStatus.PUBLISHED


def test_a_success_at_the_old_place_does_not_lift_the_hold_of_the_new_one(
    app: Flask, site: Site, desk: Desk, clock: Clock
) -> None:
    approved = approve_many(site, 2)
    site_id = site.id

    def save_without_a_test() -> None:
        wanted = connection.Wanted("https://new.example.com", "ana", "secret", "", PostStatus.PUBLISH)
        with app.app_context():
            connection.connect(db.session.get_one(Site, site_id), wanted, None)
            db.session.commit()

    desk.meanwhile = save_without_a_test
    clock.moment = at(1, 9)
    assert publisher.publish_site(site.id, threading.Event()) == 1

    assert settings_of(site).target_problem is WaitingReason.TARGET_NOT_CONNECTED
    assert statuses(approved) == ["published", "waiting"]
