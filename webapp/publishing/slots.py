"""When a schedule lets publications go out: arithmetic of times and zones, and nothing else. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import count as counting
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
MIDNIGHT = time()


class SchedulingMode(StrEnum):
    TIME_SLOTS = "time_slots"
    STAGGER = "stagger"
    IMMEDIATE = "immediate"


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> "Weekday":
        return list(cls)[day.weekday()]


@dataclass(frozen=True)
class SlotSettings:
    """When a site publishes. Times are local to the site's zone."""

    mode: SchedulingMode
    publish_days: frozenset[Weekday]
    publish_time_slots: tuple[time, ...]
    stagger_start_time: time
    stagger_end_time: time
    stagger_interval_minutes: int
    skip_dates: frozenset[date]


def plan_slots(
    settings: SlotSettings, zone: ZoneInfo, now: datetime, taken: Collection[datetime], count: int
) -> list[datetime]:
    """The next `count` free slots: aware, UTC, strictly increasing, whole seconds, none of them in `taken`.

    Goes on for as many days as it takes; with no day or no time to publish at it answers with none, at once.
    """
    moment, occupied = now.astimezone(UTC), {instant.astimezone(UTC) for instant in taken}
    slots: list[datetime] = []
    for instant in _instants(settings, zone, moment):
        if len(slots) >= count:
            break
        if instant not in occupied and (not slots or instant > slots[-1]):
            slots.append(instant)
    return slots


def _instants(settings: SlotSettings, zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    match settings.mode:
        case SchedulingMode.IMMEDIATE:
            yield from _every_minute(now)
        case SchedulingMode.TIME_SLOTS if settings.publish_time_slots:
            for day in _days(settings, zone, now):
                yield from (instant for instant in _times_of(settings, day, zone) if instant > now)
        case SchedulingMode.STAGGER if settings.stagger_interval_minutes > 0:
            for day in _days(settings, zone, now):
                yield from _grid_of(settings, day, zone, now)


def _every_minute(now: datetime) -> Iterator[datetime]:
    first = now.replace(microsecond=0)
    first += SECOND if now.microsecond else timedelta()
    try:
        for minutes in counting():
            yield first + minutes * MINUTE
    except OverflowError:
        return


def _days(settings: SlotSettings, zone: ZoneInfo, now: datetime) -> Iterator[date]:
    """The allowed local days from yesterday on: a window that began yesterday may reach past midnight."""
    if not settings.publish_days:
        return
    day = now.astimezone(zone).date() - DAY
    while day < date.max - 2 * DAY:
        if Weekday.of(day) in settings.publish_days and day not in settings.skip_dates:
            yield day
        day += DAY


def _times_of(settings: SlotSettings, day: date, zone: ZoneInfo) -> list[datetime]:
    """Asking a zone for its offset is most of the work: on a day without a change of clocks once does for all times."""
    offset = _offset(datetime.combine(day, MIDNIGHT, zone))
    if offset != _offset(datetime.combine(day + DAY, MIDNIGHT, zone)):
        return sorted(instant_of(day, at, zone) for at in settings.publish_time_slots)
    return sorted(_combined(day, at, UTC) - offset for at in settings.publish_time_slots)


def _grid_of(settings: SlotSettings, day: date, zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    """From the day's start every interval of elapsed time up to and including its end, strictly after `now`."""
    start, end = _window(settings, day, zone)
    interval = settings.stagger_interval_minutes * MINUTE
    passed = max(0, (now - start) // interval + 1)
    for number in range(passed, (end - start) // interval + 1):
        yield start + number * interval


def _window(settings: SlotSettings, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day's window as UTC. An end before the start is past midnight; an equal one makes a window of one slot."""
    start = instant_of(day, settings.stagger_start_time, zone)
    past_midnight = settings.stagger_end_time < settings.stagger_start_time
    return start, instant_of(day + DAY if past_midnight else day, settings.stagger_end_time, zone)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time as UTC: one that comes twice is its first occurrence, one that never comes the end of its gap."""
    first = _combined(day, at, zone)
    before, after = _offset(first), _offset(first.replace(fold=1))
    instant = first.replace(tzinfo=UTC) - before
    return _end_of_gap(instant, zone) if before < after else instant


def _combined(day: date, at: time, zone: tzinfo) -> datetime:
    """That local time; of one that comes twice the first, whatever `at` says of it."""
    return datetime.combine(day, at, zone).replace(microsecond=0, fold=0)


def _offset(local: datetime) -> timedelta:
    """Of its zone from UTC, at that local time."""
    return local.utcoffset() or timedelta()


def _end_of_gap(beyond: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the change that skipped a local time: `beyond` is after it, by less than a day and a half."""
    late, early = beyond, beyond - 1.5 * DAY
    offset = late.astimezone(zone).utcoffset()
    while late - early > SECOND:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)
