"""Which times were passed over on the way to the first free one: against the schedule itself, and in words."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from tests.publishing.desk import approve, approve_many, at, change, do, fresh, set_directly
from webapp.core.db import db
from webapp.publishing import by_hand, queries, why
from webapp.publishing.models import Publication
from webapp.publishing.slots import SchedulingMode, SlotSettings, Weekday, plan_slots
from webapp.publishing.tried import Candidate, PassedOver, tried
from webapp.publishing.why import Search
from webapp.sites.models import Site

MONDAY = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
USUAL = SlotSettings(
    mode=SchedulingMode.TIME_SLOTS,
    publish_days=frozenset({Weekday.MON, Weekday.TUE, Weekday.FRI}),
    publish_time_slots=(time(9), time(14)),
    stagger_start_time=time(9),
    stagger_end_time=time(10),
    stagger_interval_minutes=30,
    skip_dates=frozenset({date(2026, 6, 2)}),
)
ZONES = st.sampled_from([ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Tokyo", "America/New_York")])
some_settings = st.builds(
    SlotSettings,
    mode=st.sampled_from(SchedulingMode),
    publish_days=st.frozensets(st.sampled_from(Weekday)),
    publish_time_slots=st.lists(st.sampled_from([time(2, 30), time(9), time(14), time(23, 45)]), max_size=3).map(tuple),
    stagger_start_time=st.sampled_from([time(9), time(22)]),
    stagger_end_time=st.sampled_from([time(9), time(11), time(1)]),
    stagger_interval_minutes=st.sampled_from([15, 60]),
    skip_dates=st.frozensets(st.dates(date(2026, 10, 20), date(2026, 11, 5)), max_size=5),
)
moments = st.datetimes(datetime(2026, 10, 20), datetime(2026, 10, 30)).map(lambda one: one.replace(tzinfo=UTC))


def test_taken_slots_days_off_and_dates_that_are_skipped_in_their_order() -> None:
    slots = plan_slots(USUAL, ZoneInfo("UTC"), MONDAY, (), 3)

    found = tried(USUAL, ZoneInfo("UTC"), MONDAY, dict(zip(slots, "ABC", strict=True)))

    assert found.passed_over == (
        Candidate(date(2026, 6, 1), slots[0], PassedOver.TAKEN, "A"),
        Candidate(date(2026, 6, 1), slots[1], PassedOver.TAKEN, "B"),
        Candidate(date(2026, 6, 2), None, PassedOver.SKIP_DATE),
        Candidate(date(2026, 6, 3), None, PassedOver.WEEKDAY_OFF),
        Candidate(date(2026, 6, 4), None, PassedOver.WEEKDAY_OFF),
        Candidate(date(2026, 6, 5), slots[2], PassedOver.TAKEN, "C"),
    )
    assert found.free == datetime(2026, 6, 5, 14, tzinfo=UTC)


@given(some_settings, ZONES, moments, st.sets(st.integers(0, 30), max_size=20))
def test_it_passes_over_what_the_schedule_passes_over_and_nothing_else(
    settings: SlotSettings, zone: ZoneInfo, now: datetime, numbers: set[int]
) -> None:
    every = plan_slots(settings, zone, now, (), 31)
    taken = {every[number]: str(number) for number in numbers if number < len(every)}

    found = tried(settings, zone, now, taken)

    assert [found.free] == (plan_slots(settings, zone, now, taken, 1) or [None])
    if found.free is None:
        assert found.passed_over == ()
        return
    assert [one.slot for one in found.passed_over if one.slot] == [slot for slot in every if slot < found.free]
    assert all(taken[one.slot] == one.by for one in found.passed_over if one.slot)
    for one in found.passed_over:
        is_off = Weekday.of(one.day) not in settings.publish_days
        is_skipped = one.day in settings.skip_dates
        expected = {PassedOver.WEEKDAY_OFF: is_off, PassedOver.SKIP_DATE: is_skipped, PassedOver.TAKEN: True}
        assert expected[one.why]
    assert [one.day for one in found.passed_over] == sorted(one.day for one in found.passed_over)


def steps(site: Site, publication: Publication) -> list[str]:
    found = Search(site).steps(fresh(publication))
    db.session.commit()
    return found


def test_who_waits_for_room_is_told_of_each_slot_who_has_it(site: Site) -> None:
    change(site, queue_limit=2, publish_days=["mon", "wed"], publish_time_slots=["09:00"], skip_dates=["2026-06-03"])
    first, second, third = approve_many(site, 3)

    assert steps(site, third) == [
        "The queue is full: 2 of 2 are scheduled.",
        f"Mon 1 Jun, 09:00: taken by “{first.article.title}”.",
        "Tue 2 Jun: Tuesday is no publishing day.",
        "Wed 3 Jun: a date that is skipped.",
        "Thu 4 Jun: Thursday is no publishing day.",
        "Fri 5 Jun: Friday is no publishing day.",
        "Sat 6 Jun: Saturday is no publishing day.",
        "And 3 more.",
        "The next free slot is Wed 10 Jun, 09:00: it takes it as soon as that is over.",
    ]
    assert second.slot_at is not None


def test_of_many_it_names_the_first_and_says_how_many_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(why, "MOST", 2)
    change(site, queue_limit=5)
    last = approve_many(site, 6)[-1]

    found = steps(site, last)

    assert len(found) == 5
    assert found[3:] == ["And 3 more.", "The next free slot is Tue 2 Jun, 18:00: it takes it as soon as that is over."]


def test_who_is_not_the_first_to_wait_is_promised_nothing(site: Site) -> None:
    change(site, queue_limit=1)
    _, _, second, third = approve_many(site, 4)

    assert steps(site, second)[-1] == "The next free slot is Mon 1 Jun, 14:00: 1 that waits before it comes first."
    assert steps(site, third)[-1] == "The next free slot is Mon 1 Jun, 14:00: 2 that wait before it come first."


def test_whose_slot_was_chosen_is_told_of_that_one(site: Site) -> None:
    publication = approve(site)
    by_hand.to_slot(publication, at(5, 9))
    db.session.commit()
    change(site, paused=True)

    assert steps(site, publication)[-1] == (
        "Fri 5 Jun, 09:00 was chosen for it: it takes that as soon as that is over."
    )


@pytest.mark.parametrize("keep_back", [by_hand.hold, by_hand.unschedule])
def test_what_a_person_decided_comes_first_and_then_what_holds_the_site(site: Site, keep_back: by_hand.Act) -> None:
    publication = do(keep_back, approve(site))
    set_directly(site, paused=True)

    found = steps(site, publication)

    assert found[0].startswith("Somebody")
    assert found[1:] == [
        "Publishing is paused for this site.",
        "The next free slot is Mon 1 Jun, 09:00: it takes it as soon as that is over.",
    ]


def test_where_there_is_no_day_it_says_so(site: Site) -> None:
    change(site, publish_days=[])

    assert steps(site, approve(site)) == ["The schedule has no day or no time to publish at."]


def test_looking_takes_as_many_questions_for_many_as_for_one(site: Site) -> None:
    change(site, paused=True)
    approve_many(site, 5)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    found = queries.waiting(site.id, 100)
    search = Search(site)
    before = len(asked)
    assert all(search.steps(one) for one in found)
    db.session.commit()

    assert len(asked) == before
