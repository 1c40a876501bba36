"""Publish now, hold, release, retry: what people do with one publication."""

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
    settings_of,
    slots,
    statuses,
)
from webapp.content.models import ArticleStatus
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.publishing import by_hand
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason
from webapp.publishing.target import CredentialsRefused, TargetError
from webapp.sites.models import Site

ACTS = (by_hand.publish_now, by_hand.hold, by_hand.release, by_hand.retry)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"paused": True},
        {"auto_publish": False},
        {"publish_days": []},
        {"target_problem": WaitingReason.TARGET_REFUSES_CREDENTIALS},
    ],
)
def test_published_now_goes_out_whatever_holds_the_site(site: Site, desk: Desk, values: dict[str, object]) -> None:
    change(site, **values)
    publication, other = approve_many(site, 2)

    do(by_hand.publish_now, publication)
    publish_due()

    assert desk.taken == [publication.article_id]
    assert statuses([publication, other])[0] == "published"
    assert_in_order(site)


def test_published_now_goes_out_though_it_was_held(site: Site, desk: Desk) -> None:
    publication = approve(site)
    do(by_hand.hold, publication)

    do(by_hand.publish_now, publication)
    publish_due()

    assert fresh(publication).status is PublicationStatus.PUBLISHED
    assert not fresh(publication).held


def test_the_slot_that_it_leaves_is_given_to_the_next(site: Site) -> None:
    change(site, queue_limit=2)
    approved = approve_many(site, 3)

    do(by_hand.publish_now, approved[0])
    publish_due()

    assert slots(approved)[2] == at(1, 9)


def test_two_at_once_take_different_seconds(site: Site) -> None:
    approved = approve_many(site, 2)
    for publication in approved:
        do(by_hand.publish_now, publication)

    assert slots(approved) == [at(1, 6), at(1, 6).replace(second=1)]


def test_in_a_full_queue_the_last_one_makes_room(site: Site) -> None:
    change(site, queue_limit=2)
    approved = approve_many(site, 3)

    do(by_hand.publish_now, approved[2])

    assert slots(approved) == [at(1, 9), None, at(1, 6)]
    assert fresh(approved[1]).reason is WaitingReason.QUEUE_FULL
    assert_in_order(site)


def test_no_more_go_out_at_once_than_the_limit_allows(site: Site) -> None:
    change(site, queue_limit=1)
    first, second = approve_many(site, 2)
    do(by_hand.publish_now, first)

    with pytest.raises(Conflict, match="queue limit"):
        do(by_hand.publish_now, second)
    db.session.rollback()

    assert statuses([first, second]) == ["scheduled", "waiting"]


def test_a_passing_error_does_not_stop_what_a_person_wants_now(site: Site, desk: Desk, clock: Clock) -> None:
    change(site, paused=True)
    publication = approve(site)
    desk.answers = [TargetError("503", permanent=False)]
    do(by_hand.publish_now, publication)

    publish_due()
    assert fresh(publication).status is PublicationStatus.SCHEDULED
    clock.pass_(hours=1)
    publish_due()

    assert fresh(publication).status is PublicationStatus.PUBLISHED


def test_new_settings_leave_alone_what_a_person_wants_now(site: Site) -> None:
    publication = approve(site)
    do(by_hand.publish_now, publication)

    change(site, paused=True, queue_limit=5)

    assert fresh(publication).slot_at == at(1, 6)


def test_a_success_by_hand_shows_that_the_credentials_are_taken_again(site: Site, desk: Desk, clock: Clock) -> None:
    first, second = approve_many(site, 2)
    desk.answers = [CredentialsRefused("401 wrong password")]
    clock.pass_(hours=3)
    publish_due()
    assert [fresh(one).reason for one in (first, second)] == [WaitingReason.TARGET_REFUSES_CREDENTIALS] * 2

    do(by_hand.publish_now, first)
    publish_due()

    assert fresh(first).status is PublicationStatus.PUBLISHED
    assert fresh(second).status is PublicationStatus.SCHEDULED
    assert settings_of(site).target_problem is None


def test_held_it_stays_until_it_is_released(site: Site, desk: Desk, clock: Clock) -> None:
    publication = approve(site)
    do(by_hand.hold, publication)
    clock.pass_(days=3)
    assert publish_due() == 0
    assert fresh(publication).reason is WaitingReason.HELD

    do(by_hand.release, publication)

    assert slots([publication]) == [at(4, 9)]
    assert_in_order(site)


def test_released_it_waits_for_what_else_holds_it(site: Site) -> None:
    publication = approve(site)
    do(by_hand.hold, publication)
    change(site, paused=True)

    do(by_hand.release, publication)

    assert fresh(publication).reason is WaitingReason.QUEUE_PAUSED


def test_held_after_all_it_is_not_wanted_at_once_any_more(site: Site) -> None:
    publication = approve(site)
    for act in (by_hand.publish_now, by_hand.hold, by_hand.release):
        do(act, publication)

    change(site, paused=True)

    assert fresh(publication).reason is WaitingReason.QUEUE_PAUSED


def test_a_failed_one_that_is_tried_again_gets_a_slot_and_a_clean_slate(site: Site) -> None:
    article = factories.article(site, ArticleStatus.APPROVED)
    failed = factories.publication(site, PublicationStatus.FAILED, article_=article)

    do(by_hand.retry, failed)

    now = fresh(failed)
    assert (now.status, now.slot_at, now.attempts, now.error) == (PublicationStatus.SCHEDULED, at(1, 9), 0, "")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("status", [PublicationStatus.PUBLISHING, PublicationStatus.PUBLISHED])
def test_what_is_on_its_way_or_out_is_left_alone(
    site: Site, act: Callable[[Publication], None], status: PublicationStatus
) -> None:
    publication = factories.publication(site, status)

    with pytest.raises(Conflict, match=f"is {status.value}"):
        do(act, publication)
    db.session.rollback()

    assert fresh(publication).status is status


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (by_hand.hold, PublicationStatus.FAILED),
        (by_hand.release, PublicationStatus.SCHEDULED),
        (by_hand.retry, PublicationStatus.WAITING),
        (by_hand.retry, PublicationStatus.SCHEDULED),
    ],
)
def test_what_does_not_fit_the_status_is_refused(
    site: Site, act: Callable[[Publication], None], status: PublicationStatus
) -> None:
    publication = factories.publication(site, status)

    with pytest.raises(Conflict):
        do(act, publication)


def test_an_old_page_does_not_decide(site: Site, desk: Desk, clock: Clock) -> None:
    publication = approve(site)
    seen = db.session.get_one(Publication, publication.id)
    assert seen.status is PublicationStatus.SCHEDULED
    clock.pass_(hours=4)
    publish_due()
    db.session.add(seen)  # the row as this person's page still shows it

    with pytest.raises(Conflict, match="is published"):
        by_hand.hold(seen)
