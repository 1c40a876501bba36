"""Every zone of the world, around each change of its clocks from 2025 to 2030, with a slot every quarter of an hour."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.publishing.oracle import Oracle, chosen
from webapp.publishing.slots import SchedulingMode, SlotSettings, Weekday, plan_slots

DAY = timedelta(days=1)
QUARTERS = tuple(time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45))
AROUND = 3 * len(QUARTERS)  # slots: the day before a change, its own, the day after
YEARS = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))

MODES = {
    SchedulingMode.TIME_SLOTS: {"publish_time_slots": QUARTERS},
    SchedulingMode.STAGGER: {
        "stagger_start_time": time(0), "stagger_end_time": time(23, 45), "stagger_interval_minutes": 15,
    },
}  # fmt: skip


class Change(NamedTuple):
    """The first instant with another offset."""

    zone: ZoneInfo
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def kind(self) -> tuple[object, ...]:
        """Changes that look the same on every clock in the house."""
        local = self.at + self.before
        return local.time(), local.weekday(), self.before, self.after


def offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def changes_of(zone: ZoneInfo) -> Iterator[Change]:
    days = [YEARS[0] + number * DAY for number in range((YEARS[1] - YEARS[0]).days + 1)]
    for early, late in pairwise(days):
        before, after = offset(zone, early), offset(zone, late)
        if before != after:
            minutes = [early + timedelta(minutes=number) for number in range(1, 1441)]
            yield Change(zone, next(at for at in minutes if offset(zone, at) != before), before, after)


@pytest.fixture(scope="module")
def changes() -> list[Change]:
    found = [change for name in sorted(available_timezones()) for change in changes_of(ZoneInfo(name))]
    assert len({change.zone.key for change in found}) > 100
    return found


@pytest.mark.parametrize("mode", MODES)
def test_slots_increase_and_are_on_chosen_days(changes: list[Change], mode: SchedulingMode) -> None:
    """On all days but the one after the change; a time that is skipped at the end of a day is its next midnight."""
    for change in changes:
        day_after = list(Weekday)[(change.at.astimezone(change.zone) + DAY).weekday()]
        of = chosen(mode, publish_days=frozenset(Weekday) - {day_after}, **MODES[mode])

        found = plan_slots(of, change.zone, change.at - DAY, (), AROUND)

        assert len(found) == AROUND
        assert all(early < late for early, late in pairwise(found)), change
        assert all(slot.tzinfo is UTC and slot > change.at - DAY for slot in found)
        elsewhere = [slot for slot in found if list(Weekday)[slot.astimezone(change.zone).weekday()] == day_after]
        assert elsewhere in ([], [change.at]), change


@pytest.mark.parametrize("mode", MODES)
def test_slots_are_those_of_the_oracle_around_every_kind_of_change(changes: list[Change], mode: SchedulingMode) -> None:
    of: SlotSettings = chosen(mode, **MODES[mode])
    for change in {change.kind: change for change in changes}.values():
        start = change.at - DAY
        expected = Oracle(change.zone, start, days=5).slots(of, set())

        assert plan_slots(of, change.zone, start, (), AROUND) == expected[:AROUND], change
