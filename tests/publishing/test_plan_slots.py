"""Slots against an oracle that shares nothing with them, and what is promised of them by name."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.publishing.oracle import HORIZON, MINUTE, Oracle, chosen
from webapp.publishing.slots import SchedulingMode, SlotSettings, Weekday, instant_of, plan_slots

BERLIN = ZoneInfo("Europe/Berlin")

# instants around which clocks change: by an hour, by half of one, at midnight, by a whole day, and never
CHANGES = {
    "Europe/Berlin": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "America/St_Johns": ["2026-03-08T05:30", "2026-11-01T04:30"],
    "Africa/Cairo": ["2026-04-23T22:00", "2026-10-29T21:00"],
    "Pacific/Apia": ["2011-12-30T10:00"],
    "Asia/Kathmandu": ["2026-06-01T00:00"],
    "UTC": ["2026-02-28T12:00"],
}


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


clock_times = st.times().map(lambda at: at.replace(second=0, microsecond=0)) | st.sampled_from(
    [time(0), time(1, 30), time(2), time(2, 15), time(2, 30), time(3), time(23, 59)]
)
zones_and_moments = st.sampled_from([(zone, at) for zone, instants in CHANGES.items() for at in instants]).flatmap(
    lambda found: st.tuples(
        st.just(ZoneInfo(found[0])),
        st.integers(-2 * 86_400, 2 * 86_400).map(lambda seconds: utc(found[1]) + timedelta(seconds=seconds)),
    )
)


@st.composite
def wishes(draw: st.DrawFn) -> tuple[SlotSettings, ZoneInfo, datetime]:
    zone, now = draw(zones_and_moments)
    around = [now.date() + timedelta(days=number) for number in range(-1, 4)]
    of = chosen(
        draw(st.sampled_from([SchedulingMode.TIME_SLOTS, SchedulingMode.STAGGER])),
        publish_days=draw(st.frozensets(st.sampled_from(list(Weekday)), min_size=1)),
        publish_time_slots=tuple(draw(st.lists(clock_times, min_size=1, max_size=4))),
        stagger_start_time=draw(clock_times),
        stagger_end_time=draw(clock_times),
        stagger_interval_minutes=draw(st.sampled_from([7, 30, 45, 60, 90, 600, 1440])),
        skip_dates=draw(st.frozensets(st.sampled_from(around), max_size=2)),
    )
    return of, zone, now


@settings(max_examples=150, deadline=None)
@given(wishes(), st.integers(0, 12), st.data())
def test_slots_are_those_of_the_oracle(
    wish: tuple[SlotSettings, ZoneInfo, datetime], count: int, data: st.DataObject
) -> None:
    of, zone, now = wish
    oracle = Oracle(zone, now)
    free = oracle.slots(of, set())
    taken = set(data.draw(st.lists(st.sampled_from(free), max_size=4))) if free else set()

    found = plan_slots(of, zone, now, taken, count)

    end = datetime.combine(now.astimezone(zone).date() + timedelta(days=HORIZON - 2), time(), tzinfo=zone)
    expected = [slot for slot in oracle.slots(of, taken) if slot < end][:count]
    assert [slot for slot in found if slot < end] == expected
    assert len(found) == count
    assert found == sorted(set(found))
    assert all(slot.tzinfo is UTC and slot.microsecond == 0 and slot > now for slot in found)


@given(zones_and_moments, st.integers(0, 999_999), st.sets(st.integers(0, 10)), st.integers(0, 12))
def test_at_once_is_now_and_then_a_minute_apart(
    where: tuple[ZoneInfo, datetime], microsecond: int, taken: set[int], count: int
) -> None:
    zone, now = where[0], where[1].replace(microsecond=microsecond)
    first = now if microsecond == 0 else now.replace(microsecond=0) + timedelta(seconds=1)
    of = chosen(SchedulingMode.IMMEDIATE, publish_days=frozenset(), publish_time_slots=())

    found = plan_slots(of, zone, now, {first + number * MINUTE for number in taken}, count)

    assert found == [first + number * MINUTE for number in range(30) if number not in taken][:count]


def planned(of: SlotSettings, now: str, count: int) -> list[str]:
    return [f"{slot:%m-%dT%H:%M}" for slot in plan_slots(of, BERLIN, utc(now), (), count)]


def test_a_time_that_does_not_exist_is_the_first_that_does() -> None:
    of = chosen(publish_time_slots=(time(2, 30),))

    assert planned(of, "2026-03-27T12:00", 3) == ["03-28T01:30", "03-29T01:00", "03-30T00:30"]


def test_two_times_that_become_one_give_one_slot() -> None:
    of = chosen(publish_time_slots=(time(2, 15), time(2, 45), time(3)))

    assert planned(of, "2026-03-28T12:00", 2) == ["03-29T01:00", "03-30T00:15"]


def test_a_time_that_comes_twice_is_its_first_occurrence() -> None:
    of = chosen(publish_time_slots=(time(2, 30),))

    assert planned(of, "2026-10-24T12:00", 2) == ["10-25T00:30", "10-26T01:30"]
    assert planned(of, "2026-10-25T00:45", 1) == ["10-26T01:30"]  # the second half past two is none


def test_a_window_keeps_its_interval_while_clocks_go_back() -> None:
    of = chosen(
        SchedulingMode.STAGGER, stagger_start_time=time(1), stagger_end_time=time(4), stagger_interval_minutes=60
    )

    expected = ["10-24T23:00", "10-25T00:00", "10-25T01:00", "10-25T02:00", "10-25T03:00"]
    assert planned(of, "2026-10-24T12:00", 5) == expected


def test_a_window_loses_the_hour_that_clocks_skip() -> None:
    of = chosen(
        SchedulingMode.STAGGER, stagger_start_time=time(1), stagger_end_time=time(4), stagger_interval_minutes=60
    )

    assert planned(of, "2026-03-28T12:00", 4) == ["03-29T00:00", "03-29T01:00", "03-29T02:00", "03-29T23:00"]


def test_a_window_whose_end_comes_first_reaches_past_midnight() -> None:
    of = chosen(
        SchedulingMode.STAGGER,
        publish_days=frozenset({Weekday.FRI}),
        stagger_start_time=time(22),
        stagger_end_time=time(1),
        stagger_interval_minutes=60,
    )

    # ten past midnight of Saturday: Friday's window is still open
    assert planned(of, "2026-06-05T22:10", 3) == ["06-05T23:00", "06-12T20:00", "06-12T21:00"]


def test_a_window_of_no_length_is_one_slot() -> None:
    of = chosen(SchedulingMode.STAGGER, stagger_end_time=time(9))

    assert planned(of, "2026-06-01T00:00", 2) == ["06-01T07:00", "06-02T07:00"]


def test_a_time_that_is_now_has_passed() -> None:
    assert planned(chosen(), "2026-06-01T07:00", 2) == ["06-01T12:00", "06-02T07:00"]


def test_today_goes_on_at_the_next_point_of_its_grid() -> None:
    of = chosen(SchedulingMode.STAGGER)

    assert planned(of, "2026-06-01T07:10", 2) == ["06-01T07:30", "06-01T08:00"]
    assert planned(of, "2026-06-01T07:30", 1) == ["06-01T08:00"]  # strictly after now


@pytest.mark.parametrize(
    "of",
    [
        chosen(publish_days=frozenset()),
        chosen(publish_time_slots=()),
        chosen(SchedulingMode.STAGGER, publish_days=frozenset()),
        chosen(SchedulingMode.STAGGER, stagger_interval_minutes=0),
    ],
)
def test_with_no_day_or_no_time_there_is_none(of: SlotSettings) -> None:
    assert plan_slots(of, BERLIN, utc("2026-06-01T00:00"), (), 5) == []


def test_it_goes_on_for_as_many_days_as_it_takes() -> None:
    skipped = frozenset(date(2026, 6, 1) + timedelta(days=number) for number in range(3000))
    of = chosen(publish_time_slots=(time(9),), skip_dates=skipped)

    assert plan_slots(of, BERLIN, utc("2026-06-01T00:00"), (), 1) == [utc("2034-08-18T07:00")]


def test_a_time_that_is_marked_as_the_second_of_two_is_taken_as_the_first() -> None:
    cairo, day = ZoneInfo("Africa/Cairo"), date(2026, 4, 24)  # the clocks skip from 00:00 to 01:00

    assert instant_of(day, time(0, 0, fold=1), cairo) == instant_of(day, time(0, 0), cairo)


def test_a_time_in_the_last_hour_of_a_day_that_has_none_is_the_next_midnight() -> None:
    """Of the day that names it, though that one is over: as in Greenland, where clocks skip 23:00 to 24:00."""
    nuuk, of = (
        ZoneInfo("America/Nuuk"),
        chosen(publish_days=frozenset({Weekday.SAT}), publish_time_slots=(time(23, 30),)),
    )

    assert plan_slots(of, nuuk, utc("2026-03-28T12:00"), (), 2) == [utc("2026-03-29T01:00"), utc("2026-04-05T00:30")]


def test_who_asks_at_the_end_of_the_calendar_gets_what_is_left_of_it() -> None:
    for of in (chosen(), chosen(SchedulingMode.STAGGER), chosen(SchedulingMode.IMMEDIATE)):
        assert len(plan_slots(of, BERLIN, utc("9999-12-20T00:00"), (), 100_000)) < 100_000
