"""Whatever people, workers and destinations do, in whatever order: no approved article is ever without a place."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.publishing.conftest import MONDAY, Clock
from tests.publishing.desk import Desk, approve, assert_in_order, change, do, rows, set_directly, use
from webapp.accounts import switches
from webapp.accounts.switches import Switch
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.publishing import by_hand, publisher, queries, schedule
from webapp.publishing.models import PublicationStatus
from webapp.publishing.slots import SchedulingMode
from webapp.publishing.target import CredentialsRefused, TargetError
from webapp.sites.models import Site

ACTS = {act.__name__: act for act in (by_hand.publish_now, by_hand.hold, by_hand.release, by_hand.retry)}
ANSWERS = {
    "passing": lambda: TargetError("503", permanent=False),
    "permanent": lambda: TargetError("400", permanent=True),
    "refused": lambda: CredentialsRefused("401"),
    "broken": lambda: ZeroDivisionError("oops"),
}
CHANGES = (
    {"paused": True}, {"paused": False}, {"auto_publish": False}, {"auto_publish": True},
    {"queue_limit": 1}, {"queue_limit": 2}, {"queue_limit": 0}, {"publish_days": []}, {"publish_days": ["mon", "thu"]},
    {"scheduling_mode": SchedulingMode.IMMEDIATE}, {"scheduling_mode": SchedulingMode.STAGGER},
    {"scheduling_mode": SchedulingMode.TIME_SLOTS},
)  # fmt: skip

steps = st.one_of(
    st.just(("approve",)),
    st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 9)),
    st.tuples(st.just("change"), st.sampled_from(CHANGES)),
    st.tuples(st.just("flip"), st.booleans()),
    st.tuples(st.just("answer"), st.sampled_from(sorted(ANSWERS))),
    st.tuples(st.just("pass"), st.integers(1, 100_000)),
    st.just(("publish",)),
    st.just(("lose",)),
    st.just(("recover",)),
    st.just(("schedule",)),
)


class Room:
    """One site, and what may happen to it."""

    def __init__(self, site: Site, clock: Clock, desk: Desk):
        self._site, self._clock, self._desk = site, clock, desk
        self._ticks = 0.0
        self._watch = publisher.PublishingWatch(20, lambda: self._ticks)

    def take(self, step: tuple) -> None:
        kind, *what = step
        if kind in ACTS:
            self._act(kind, what[0])
        else:
            getattr(self, f"_{kind}")(*what)

    def _act(self, name: str, number: int) -> None:
        found = rows(self._site)
        if not found:
            return
        publication = found[number % len(found)]
        before = publication.status
        try:
            do(ACTS[name], publication)
        except Conflict:
            db.session.rollback()
            assert rows(self._site)[number % len(found)].status is before

    def _approve(self) -> None:
        approve(self._site)

    def _change(self, values: dict) -> None:
        change(self._site, **values)

    def _flip(self, value: bool) -> None:
        """An operator switches scheduling."""
        switches.flip(Switch.NEW_SCHEDULING, value, "Olga")
        db.session.commit()

    def _answer(self, kind: str) -> None:
        self._desk.answers.append(ANSWERS[kind]())

    def _pass(self, seconds: int) -> None:
        self._clock.moment += timedelta(seconds=seconds)

    def _publish(self) -> None:
        publisher.publish_due()

    def _lose(self) -> None:
        """A worker claims what is due and is never heard of again."""
        for publication_id, site_id in publisher._due():
            publisher._claim(publication_id, site_id)

    def _recover(self) -> None:
        self._watch.observe()
        self._ticks += 20
        self._watch.observe()

    def _schedule(self) -> None:
        schedule.schedule_all()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=5, max_size=30))
def test_approved_is_waiting_and_scheduled_and_publishing_and_published_and_failed(
    app: Flask, clock: Clock, desk: Desk, taken: list[tuple]
) -> None:
    clock.moment, desk.answers = MONDAY, []
    site = factories.site()
    room = Room(site, clock, desk)
    for step in taken:
        room.take(step)
        assert_in_order(site)
    _all_of_it_goes_out(site, clock, desk, room)
    set_directly(site, paused=True)  # so that the next example is alone


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return use(monkeypatch, Desk())


def _all_of_it_goes_out(site: Site, clock: Clock, desk: Desk, room: Room) -> None:
    """Once nothing holds the site and nobody holds an article, the last of them is published."""
    desk.answers = []
    room.take(("recover",))
    room.take(("flip", True))
    change(site, paused=False, auto_publish=True, credentials_refused=False, publish_days=["mon"], queue_limit=3)
    for row in rows(site):
        if row.held:
            do(by_hand.release, row)
        if row.status is PublicationStatus.FAILED:
            do(by_hand.retry, row)
    for _ in range(2 * len(rows(site)) + 1):
        clock.pass_(days=7)
        publisher.publish_due()
        assert_in_order(site)
    found = queries.counts(site.id)
    db.session.commit()
    assert found.published == found.approved
