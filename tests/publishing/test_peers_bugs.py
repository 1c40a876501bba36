"""What went wrong in other queues of this kind and must not here; beside those that stand where their action is tested.

Two workers booking one slot, a retry that posts twice, an item stuck in “publishing”: test_schedule, test_publish_due.
A published post moved by a reorder, a retry that ignores its backoff: test_move_by_hand. A flood after an outage:
test_publish_due.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import delete

from tests import factories
from tests.publishing.conftest import Clock
from tests.publishing.desk import Desk, approve_many, change, do, publish_due, rows, set_directly, settings_of
from webapp.content.models import Article
from webapp.core import db as database
from webapp.core.db import db
from webapp.publishing import by_hand, publisher, schedule
from webapp.publishing.places import free_slots
from webapp.sites.models import Site


@pytest.fixture
def berlin(app: Flask, clock: Clock) -> Site:
    """Publishes at nine each day. The clocks there go back on the 25th of October."""
    clock.moment = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
    site = factories.site(time_zone="Europe/Berlin")
    change(site, publish_time_slots=["09:00"])
    return site


def delete_article(number: int) -> None:
    database.change(delete(Article).where(Article.id == number))
    db.session.commit()
    db.session.expunge_all()


def assert_at_nine(site: Site) -> None:
    local = [row.slot_at.astimezone(site.zone) for row in rows(site) if row.slot_at]
    assert len({one.date() for one in local}) == len(local) == 10
    assert {one.strftime("%H:%M") for one in local} == {"09:00"}


def test_slots_stay_at_their_hour_when_the_clocks_change(berlin: Site) -> None:
    approve_many(berlin, 10)

    assert_at_nine(berlin)


@pytest.mark.parametrize("what", ["pause", "new settings", "reorder", "outage", "a slot by hand"])
def test_and_whatever_moves_them_over_the_change(berlin: Site, clock: Clock, desk: Desk, what: str) -> None:
    approved = approve_many(berlin, 10)

    if what == "pause":
        change(berlin, paused=True)
        clock.pass_(days=3)
        change(berlin, paused=False)
    elif what == "new settings":
        change(berlin, skip_dates=["2026-10-23", "2026-10-26"])
    elif what == "reorder":
        for publication in approved[1:8]:
            do(by_hand.move_up, publication)
    elif what == "outage":
        clock.pass_(days=4)
        schedule.push_back(berlin.id)
        db.session.commit()
    else:
        slot = free_slots(berlin, settings_of(berlin), clock.moment, 3)[2]
        do(lambda publication: by_hand.to_slot(publication, slot), approved[0])

    assert_at_nine(berlin)


def test_a_deleted_article_does_not_go_out(site: Site, desk: Desk, clock: Clock) -> None:
    approved = approve_many(site, 2)
    numbers = [one.article_id for one in approved]
    delete_article(numbers[0])

    clock.pass_(hours=9)
    publish_due()

    assert desk.taken == numbers[1:]
    assert [row.article_id for row in rows(site)] == numbers[1:]


def test_nor_one_that_is_deleted_after_it_was_claimed(
    site: Site, desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (publication,) = approve_many(site, 1)
    number, usual = publication.article_id, publisher._made_ready

    def deleted_first(publication_id: int) -> object:
        delete_article(number)
        return usual(publication_id)

    monkeypatch.setattr(publisher, "_made_ready", deleted_first)
    clock.pass_(hours=3)
    publish_due()

    assert desk.taken == []
    assert rows(site) == []


def test_one_that_is_deleted_while_it_goes_out_is_not_there_afterwards(site: Site, desk: Desk, clock: Clock) -> None:
    first, second = approve_many(site, 2)
    number, other = first.article_id, second.article_id
    desk.meanwhile = lambda: delete_article(number)
    clock.pass_(hours=3)
    publish_due()
    desk.meanwhile = lambda: None

    clock.pass_(days=1)
    publish_due()

    assert [row.article_id for row in rows(site)] == [other]
    assert desk.taken == [number, other]  # it was too late for the first; the next is not held up


def test_its_slot_is_given_to_the_next(site: Site, clock: Clock) -> None:
    change(site, queue_limit=1)
    first, second = approve_many(site, 2)
    slot, id = first.slot_at, second.id
    delete_article(first.article_id)

    schedule.schedule_all()

    assert [(row.id, row.slot_at) for row in rows(site)] == [(id, slot)]


def test_days_of_nobody_publishing_are_no_flood(site: Site, desk: Desk, clock: Clock) -> None:
    """The machine was off for two days, with every kind of article in the queue."""
    approved = approve_many(site, 6)
    do(by_hand.move_up, approved[5])
    set_directly(site, queue_limit=4)
    schedule.schedule_all()
    clock.pass_(days=2)

    times = []
    for _ in range(7 * 24 * 12):
        before = len(desk.taken)
        publish_due()
        times += [clock.moment] * (len(desk.taken) - before)
        clock.pass_(minutes=5)

    assert len(desk.taken) == 6
    assert min(later - earlier for earlier, later in pairwise(times)) >= timedelta(hours=3)
