"""A queue under everything that can happen to it, in random order.

People approve, hold, release, move and take off the schedule, one by one and several at once; settings change,
operators switch, articles are deleted; destinations fail, workers are lost, time passes. After each step every article
has its place, no slot is booked twice, nothing that went out has moved or goes out again, every reason is true, and
nobody's turn has changed but by a person's will.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from tests import factories
from tests.publishing.conftest import MONDAY, Clock
from tests.publishing.desk import Desk, approve, assert_in_order, change, do, publish_due, rows, settings_of
from webapp.accounts import switches
from webapp.accounts.switches import Switch, is_on
from webapp.content.models import Article
from webapp.core import db as database
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.publishing import by_hand, publisher, queries, schedule
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.places import free_slots
from webapp.publishing.slots import SchedulingMode
from webapp.publishing.target import CredentialsRefused, TargetError
from webapp.sites.models import Site

WAITING, SCHEDULED = PublicationStatus.WAITING, PublicationStatus.SCHEDULED
PUBLISHING, PUBLISHED = PublicationStatus.PUBLISHING, PublicationStatus.PUBLISHED
FAILED = PublicationStatus.FAILED

ACTS = {
    act.__name__: act for act in (by_hand.publish_now, by_hand.hold, by_hand.release, by_hand.unschedule, by_hand.retry)
}
MOVES = {"up": by_hand.move_up, "down": by_hand.move_down}
ANSWERS = {
    "passing": lambda: TargetError("503", permanent=False),
    "later": lambda: TargetError("429", permanent=False, retry_after=7200),
    "permanent": lambda: TargetError("400", permanent=True),
    "refused": lambda: CredentialsRefused("401"),
    "broken": lambda: ZeroDivisionError("oops"),
}
CHANGES = (
    {"paused": True}, {"paused": False}, {"auto_publish": False}, {"auto_publish": True},
    {"queue_limit": 1}, {"queue_limit": 2}, {"queue_limit": 0}, {"publish_days": []}, {"publish_days": ["mon", "thu"]},
    {"skip_dates": ["2026-06-01", "2026-06-08"]}, {"target_problem": None},
    {"scheduling_mode": SchedulingMode.IMMEDIATE}, {"scheduling_mode": SchedulingMode.STAGGER},
    {"scheduling_mode": SchedulingMode.TIME_SLOTS},
)  # fmt: skip
MOST = 7  # articles: enough for each to be before, behind and beside others

HOURS, DAYS = 3600, 24 * 3600

any_one = st.integers(0, MOST - 1)
some_time = st.sampled_from((0, 60, 3 * HOURS, 3 * HOURS, 5 * HOURS, DAYS, 3 * DAYS, 30 * DAYS)) | st.integers(1, DAYS)
some = st.lists(any_one, min_size=1, max_size=4, unique=True)


@dataclass(frozen=True)
class Seen:
    """A publication as it was when somebody looked."""

    id: int
    article_id: int
    status: PublicationStatus
    slot_at: datetime | None
    published_at: datetime | None
    position: int
    reason: WaitingReason | None
    attempts: int
    next_attempt_at: datetime | None
    chosen_slot: datetime | None

    @property
    def has_turn(self) -> bool:
        """Whether it has a slot that the schedule gave it."""
        return self.can_move and self.chosen_slot is None

    @property
    def can_move(self) -> bool:
        return self.status is SCHEDULED and self.position != Publication.AT_ONCE


def look(site: Site) -> dict[int, Seen]:
    return {row.id: Seen(**{name: getattr(row, name) for name in Seen.__annotations__}) for row in rows(site)}


def by_slot(seen: Iterable[Seen]) -> list[Seen]:
    return sorted(seen, key=lambda one: (one.slot_at, one.id))


def by_position(seen: Iterable[Seen]) -> list[Seen]:
    return sorted(seen, key=lambda one: (one.position, one.id))


def line(seen: Iterable[Seen], moment: datetime) -> list[int]:
    """Those that may change places: with a slot ahead, and behind them those that wait for room."""
    seen = list(seen)
    with_slot = [one for one in seen if one.can_move and one.slot_at is not None and one.slot_at > moment]
    for_room = [one for one in seen if one.reason is WaitingReason.QUEUE_FULL]
    return [one.id for one in by_slot(with_slot) + by_position(for_room)]


class Queue(RuleBasedStateMachine):
    def __init__(self, clock: Clock, desk: Desk):
        super().__init__()
        self._clock, self._desk = clock, desk

    @initialize(count=st.integers(2, MOST))
    def found_site(self, count: int) -> None:
        database.change(delete(Site))  # of the example before
        db.session.commit()
        db.session.expunge_all()
        self._clock.moment, self._desk.answers, self._desk.taken = MONDAY, [], []
        self._ticks = 0.0
        self._watch = publisher.PublishingWatch(20, lambda: self._ticks)
        self._off: set[int] = set()  # what a person took off the schedule
        self._deleted: set[int] = set()  # articles
        self._out: dict[int, tuple[Any, ...]] = {}
        self._is_sound = True
        self._flip(True)
        self._site = factories.site()
        for _ in range(count):
            approve(self._site)
        self._now = look(self._site)

    # people

    @rule()
    def approve(self) -> None:
        if len(self._now) < MOST:
            self._take(lambda: approve(self._site), ())

    @rule(name=st.sampled_from(sorted(ACTS)), number=any_one)
    def act(self, name: str, number: int) -> None:
        if one := self._one(number):
            self._take(lambda: self._remember(name, [self._do(ACTS[name], one)]), [one])

    @rule(name=st.sampled_from(sorted(ACTS)), numbers=some)
    def act_on_several(self, name: str, numbers: list[int]) -> None:
        chosen = {one for number in numbers if (one := self._one(number))}

        def on_each() -> None:
            done = ACTS[name].on_each(self._site.id, chosen).done
            db.session.commit()
            self._remember(name, [one.id for one in done])

        self._take(on_each, chosen)

    @rule(direction=st.sampled_from(sorted(MOVES)), number=any_one)
    def move(self, direction: str, number: int) -> None:
        """Exactly two change places, or nobody does."""
        one = self._one(number)
        if one is None:
            return
        before = line(self._now.values(), self._clock.moment)
        moved = self._take(lambda: self._do(MOVES[direction], one), self._now) is not None
        at = before.index(one) if one in before else -1
        other = at - 1 if direction == "up" else at + 1
        if at >= 0 and moved:
            before[at], before[other] = before[other], before[at]
        if at >= 0 or not moved:
            self._hold(line(self._now.values(), self._clock.moment) == before, "two change places, nobody else")

    @rule(number=any_one, which=st.integers(0, 12))
    def to_slot(self, number: int, which: int) -> None:
        one = self._one(number)
        free = free_slots(self._site, settings_of(self._site), self._clock.moment + timedelta(minutes=1), which + 1)
        db.session.commit()
        if one is None or len(free) <= which:
            return
        done = self._take(lambda: self._do(lambda row: by_hand.to_slot(row, free[which]), one), [one])
        if done is not None:
            self._off.discard(one)
            self._hold(self._now[one].slot_at == free[which], "it goes where it was put")

    @rule(values=st.sampled_from(CHANGES))
    def change(self, values: dict[str, Any]) -> None:
        self._take(lambda: change(self._site, **values), ())

    @rule(number=any_one)
    def delete_article(self, number: int) -> None:
        one = self._one(number)
        if one is not None:
            self._deleted.add(self._now[one].article_id)
            self._take(lambda: self._delete(self._now[one].article_id), [one])

    @rule(value=st.booleans())
    def flip(self, value: bool) -> None:
        """An operator switches scheduling, and the clock's next tick follows."""
        self._take(lambda: self._flip(value), ())

    # the world

    @rule(after=some_time, answers=st.lists(st.sampled_from(sorted(ANSWERS)), max_size=2))
    def publish(self, after: int, answers: list[str]) -> None:
        """However many are late, one of them goes out; and none before its backoff is over."""
        self._clock.pass_(seconds=after)
        self._desk.answers = [ANSWERS[kind]() for kind in answers]
        before, moment = self._now, self._clock.moment
        self._take(publish_due, ())
        tried = [one for one in before.values() if self._was_tried(one)]
        late = [one for one in tried if one.has_turn and one.slot_at and one.slot_at < moment - schedule.LATE]
        self._hold(len(late) <= 1, f"no flood: {late}")
        early = [one for one in tried if one.next_attempt_at and one.next_attempt_at > moment]
        self._hold(not early, f"each keeps to its backoff: {early}")

    def _was_tried(self, before: Seen) -> bool:
        after = self._now.get(before.id)
        return before.status is SCHEDULED and after is not None and (
            after.status in (PUBLISHED, FAILED) or after.attempts > before.attempts
        )  # fmt: skip

    @rule(after=some_time)
    def lose(self, after: int) -> None:
        """A worker claims what is due and is never heard of again."""
        self._clock.pass_(seconds=after)

        def claim() -> None:
            for site_id in publisher.sites_due():
                publication_id = publisher._next_due(site_id)
                assert publication_id is not None
                publisher._claim(publication_id, site_id)

        self._take(claim, ())

    @rule()
    def recover(self) -> None:
        self._take(self._recover, ())
        self._hold(all(one.status is not PUBLISHING for one in self._now.values()), "nothing is stuck")

    @rule()
    def tick(self) -> None:
        self._take(schedule.schedule_all, ())

    # what is always so

    @invariant()
    def everything_has_its_place(self) -> None:
        if self._is_sound:
            assert_in_order(self._site)

    @invariant()
    def no_slot_is_booked_twice(self) -> None:
        live = [one.slot_at for one in self._now.values() if one.status in (SCHEDULED, PUBLISHING)]
        self._hold(len(set(live)) == len(live), "no slot twice")

    @invariant()
    def what_went_out_stays_as_it_is(self) -> None:
        for one in self._now.values():
            if one.status is PUBLISHED:
                is_as = (one.published_at, one.slot_at, one.article_id)
                self._hold(self._out.setdefault(one.id, is_as) == is_as, "what went out does not move")
        gone = [self._now[id] for id in self._out if id in self._now and self._now[id].status is not PUBLISHED]
        self._hold(not gone, "what is out is out")

    @invariant()
    def nothing_goes_out_twice_or_after_it_was_deleted(self) -> None:
        taken = self._desk.taken
        self._hold(len(set(taken)) == len(taken), "nothing goes out twice")

    @invariant()
    def every_reason_is_true(self) -> None:
        found = settings_of(self._site)
        true = {
            WaitingReason.AUTO_PUBLISH_OFF: not found.auto_publish,
            WaitingReason.QUEUE_PAUSED: found.paused,
            WaitingReason.TARGET_REFUSES_CREDENTIALS: found.target_problem is not None,
            WaitingReason.SCHEDULING_OFF: not is_on(Switch.NEW_SCHEDULING),
            WaitingReason.NO_PUBLISHING_DAY: not free_slots(self._site, found, self._clock.moment, 1),
            WaitingReason.QUEUE_FULL: self._is_full(found),
        }
        db.session.commit()
        held = {row.id for row in rows(self._site) if row.held}
        for one in self._now.values():
            if one.status is WAITING:
                own = [WaitingReason.HELD] if one.id in held else []
                own += [WaitingReason.UNSCHEDULED] if one.id in self._off else []
                expected = own or [reason for reason, is_so in true.items() if is_so]
                self._hold(one.reason in expected, f"{one.reason} is one of {expected}")

    def _is_full(self, found: PublishingSettings) -> bool:
        """What is going out keeps its room until it is out."""
        live = sum(one.status in (SCHEDULED, PUBLISHING) for one in self._now.values())
        return bool(found.queue_limit) and live >= found.queue_limit

    # how steps are taken

    def _take(self, step: Callable[[], Any], touched: Collection[int]) -> Any:
        """Takes it, and looks whether anybody's turn changed but that of those it was about.

        Answers None where it was refused.
        """
        before, published = self._now, len(self._desk.taken)
        try:
            done = step() or True
        except Conflict:
            db.session.rollback()
            done = None
        self._now = look(self._site)
        self._hold(done is not None or self._now == before, "what is refused changes nothing")
        self._hold(not self._deleted & set(self._desk.taken[published:]), "what was deleted does not go out")
        self._check_turns({id: one for id, one in before.items() if id not in touched})
        return done

    def _check_turns(self, before: dict[int, Seen]) -> None:
        pairs = [(one, self._now[one.id]) for one in before.values() if one.id in self._now]
        stayed = [after for one, after in by_old_slot(pairs) if after.has_turn]
        lost = [after for one, after in by_old_slot(pairs) if after.status is WAITING]
        waited = sorted((pair for pair in pairs if pair[0].status is WAITING), key=lambda pair: _turn(pair[0]))
        still = [after for _, after in waited if after.status is WAITING]
        given = [after for _, after in waited if after.has_turn]
        self._hold(stayed == by_slot(stayed), "slots in the order that they had")
        self._hold(given == by_slot(given), "slots in the order in which they waited")
        self._hold([*lost, *still] == by_position([*lost, *still]), "who had a slot comes before who waits, in order")

    def _remember(self, name: str, ids: Iterable[int]) -> None:
        for id in ids:
            (self._off.add if name == "unschedule" else self._off.discard)(id)

    def _do(self, act: Callable[[Publication], None], id: int) -> int:
        return do(act, db.session.get_one(Publication, id)).id

    def _one(self, number: int) -> int | None:
        ids = sorted(self._now)
        return ids[number % len(ids)] if ids else None

    def _delete(self, article_id: int) -> None:
        database.change(delete(Article).where(Article.id == article_id))
        db.session.commit()
        db.session.expunge_all()
        schedule.schedule_all()

    def _flip(self, value: bool) -> None:
        switches.flip(Switch.NEW_SCHEDULING, value, "Olga")
        db.session.commit()
        schedule.schedule_all()

    def _recover(self) -> None:
        self._watch.observe()
        self._ticks += 20
        self._watch.observe()

    def _hold(self, is_so: bool, what: str) -> None:
        if not is_so:
            self._is_sound = False
        assert is_so, what

    def teardown(self) -> None:
        """Once nothing holds the site and nobody an article, the last of them goes out."""
        if not hasattr(self, "_site") or not self._is_sound:
            return
        self._desk.answers = []
        self._recover()
        self._flip(True)
        change(self._site, paused=False, auto_publish=True, target_problem=None, publish_days=["mon"])
        change(self._site, queue_limit=3)
        for row in rows(self._site):
            if row.kept_back:
                do(by_hand.release, row)
            if row.status is FAILED:
                do(by_hand.retry, row)
        for _ in range(2 * len(self._now) + 1):
            self._clock.pass_(days=7)
            publish_due()
            assert_in_order(self._site)
        found = queries.counts(self._site.id)
        db.session.commit()
        assert found.published == found.approved


def by_old_slot(pairs: Iterable[tuple[Seen, Seen]]) -> list[tuple[Seen, Seen]]:
    had = [pair for pair in pairs if pair[0].has_turn]
    return sorted(had, key=lambda pair: (pair[0].slot_at, pair[0].id))


def _turn(one: Seen) -> tuple[int, int]:
    return one.position, one.id


SHORT = {"max_examples": 50, "stateful_step_count": 20, "derandomize": True}
LONG = {"max_examples": 1000, "stateful_step_count": 40, "derandomize": False}


@pytest.mark.timeout(3600)  # a failure is made small before it is told, which may take long
def test_whatever_happens_to_a_queue(app: Flask, clock: Clock, desk: Desk, request: pytest.FixtureRequest) -> None:
    run_state_machine_as_test(
        lambda: Queue(clock, desk),
        settings=settings(
            **LONG if request.config.getoption("--faults") else SHORT,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
