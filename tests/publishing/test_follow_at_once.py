"""Whatever frees a place or takes one, the queue follows in the same transaction: no commit shows it half done."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, event, func, select

from tests import factories
from tests.publishing.conftest import Clock
from tests.publishing.desk import Desk, approve, at, change, do, fresh, publish_due
from webapp.core.db import db, reading
from webapp.publishing import approval, by_hand, publisher, schedule
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.target import CredentialsRefused, TargetError
from webapp.sites.models import Site

Act = Callable[[Publication], None]


@pytest.fixture
def half_done(app: Flask, site: Site) -> Iterator[list[str]]:
    """What somebody else saw after any commit: one that waits for room though there is some, and nobody is at it."""
    seen: list[str] = []
    engine, session, site_id = db.engine, db.session, site.id

    def look(_session: object) -> None:
        seen.extend(_waits_for_nothing(engine, site_id))

    event.listen(session, "after_commit", look)
    yield seen
    event.remove(session, "after_commit", look)


def _waits_for_nothing(engine: Engine, site_id: int) -> list[str]:
    table, settings = Publication.__table__, PublishingSettings.__table__
    with reading(), engine.connect() as other:
        counts = dict(
            other.execute(
                select(table.c.status, func.count()).where(table.c.site_id == site_id).group_by(table.c.status)
            ).all()
        )
        full = other.scalar(
            select(func.count()).where(table.c.site_id == site_id, table.c.reason == WaitingReason.QUEUE_FULL)
        )
        limit = other.scalar(select(settings.c.queue_limit).where(settings.c.site_id == site_id))
    room = counts.get(PublicationStatus.SCHEDULED, 0) < (limit or 0)
    at_work = counts.get(PublicationStatus.PUBLISHING, 0)
    return [f"{full} wait for room with {counts}"] if full and room and not at_work else []


def _publish(desk: Desk, clock: Clock, answer: Exception | None) -> None:
    desk.answers = [answer]
    clock.moment = at(1, 9)
    publish_due()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (None, PublicationStatus.PUBLISHED),
        (TargetError("400", permanent=True), PublicationStatus.FAILED),
    ],
)
def test_who_waits_follows_a_publication_and_a_failure(
    site: Site, desk: Desk, clock: Clock, half_done: list[str], answer: Exception | None, status: PublicationStatus
) -> None:
    change(site, queue_limit=1)
    first, second = approve(site), approve(site)

    _publish(desk, clock, answer)

    assert fresh(first).status is status
    assert fresh(second).slot_at == at(1, 14)
    assert half_done == []


def test_refused_credentials_are_the_reason_of_all_at_once(
    site: Site, desk: Desk, clock: Clock, half_done: list[str]
) -> None:
    change(site, queue_limit=2)
    approved = [approve(site) for _ in range(3)]

    _publish(desk, clock, CredentialsRefused("401"))

    assert {fresh(one).reason for one in approved} == {WaitingReason.TARGET_REFUSES_CREDENTIALS}
    assert half_done == []


def test_who_waits_follows_what_was_lost_for_good(site: Site, desk: Desk, clock: Clock, half_done: list[str]) -> None:
    change(site, queue_limit=1)
    first, second = approve(site), approve(site)
    clock.moment = at(1, 9)
    row = db.session.get_one(Publication, first.id)
    row.attempts = publisher.TRIES - 1
    db.session.commit()
    publisher._claim(first.id, site.id)
    ticks = iter((0.0, 0.0, 30.0, 30.0))
    watch = publisher.PublishingWatch(20, lambda: next(ticks))

    assert (watch.observe(), watch.observe()) == ([], [first.id])

    assert fresh(first).status is PublicationStatus.FAILED
    assert fresh(second).slot_at == at(1, 14)
    assert half_done == []


@pytest.mark.parametrize(
    ("act", "before"),
    [
        (by_hand.hold, "scheduled"),
        (by_hand.retry, "failed"),
        (by_hand.release, "held"),
    ],
)
def test_an_act_by_hand_and_what_follows_from_it_are_one_transaction(
    site: Site, half_done: list[str], act: Act, before: str
) -> None:
    change(site, queue_limit=1)
    first = approve(site)
    if before == "failed":
        row = db.session.get_one(Publication, first.id)
        row.status, row.slot_at, row.error = PublicationStatus.FAILED, None, "400"
        db.session.commit()
    if before == "held":
        do(by_hand.hold, first)
    second = approve(site)
    standing = [(row.status, row.slot_at, row.reason) for row in (fresh(first), fresh(second))]

    act(db.session.get_one(Publication, first.id))
    db.session.flush()
    db.session.rollback()
    assert [(row.status, row.slot_at, row.reason) for row in (fresh(first), fresh(second))] == standing

    do(act, first)
    assert sum(fresh(one).status is PublicationStatus.SCHEDULED for one in (first, second)) == 1
    assert half_done == []


def test_approval_and_slot_are_one_transaction(site: Site, half_done: list[str]) -> None:
    article = factories.article(site)

    publication = approval.approve(article, "Ana")
    assert publication.slot_at == at(1, 9)
    db.session.rollback()
    assert db.session.scalar(select(func.count(Publication.id))) == 0
    db.session.commit()

    assert approve(site, db.session.get_one(type(article), article.id)).slot_at == at(1, 9)
    assert half_done == []


def test_settings_and_what_they_move_are_one_transaction(site: Site, half_done: list[str]) -> None:
    change(site, queue_limit=1)
    first, second = approve(site), approve(site)

    schedule.change_settings(site.id, {"queue_limit": 2})
    db.session.rollback()
    assert fresh(second).reason is WaitingReason.QUEUE_FULL

    change(site, queue_limit=2)
    assert (fresh(first).slot_at, fresh(second).slot_at) == (at(1, 9), at(1, 14))
    assert half_done == []


def test_settings_that_no_slot_depends_on_move_nobody(site: Site) -> None:
    first, second = approve(site), approve(site)
    do(by_hand.hold, first)

    change(site, daily_target=9, auto_approve=False)
    assert fresh(second).slot_at == at(1, 14)

    change(site, queue_limit=50)
    assert fresh(second).slot_at == at(1, 9)


def test_where_nothing_is_to_move_a_change_of_settings_still_promotes_who_may(site: Site) -> None:
    change(site, queue_limit=1)
    _, second = approve(site), approve(site)
    row = db.session.get_one(PublishingSettings, site.id)
    row.queue_limit = 5
    db.session.commit()

    change(site, daily_target=9)

    assert fresh(second).slot_at == at(1, 14)
