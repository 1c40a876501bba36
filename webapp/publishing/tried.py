"""Which times were passed over on the way to the first free one, and why. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from webapp.publishing.slots import DAY, SchedulingMode, SlotSettings, Weekday, plan_slots


class PassedOver(StrEnum):
    TAKEN = "taken"
    WEEKDAY_OFF = "weekday_off"
    SKIP_DATE = "skip_date"


@dataclass(frozen=True)
class Candidate:
    """A slot, or a whole local day (`slot` is None), and why nothing can go out then. `by`: what has the slot."""

    day: date
    slot: datetime | None
    why: PassedOver
    by: str = ""


@dataclass(frozen=True)
class Tried:
    """What was passed over, in its order, and the first slot that is free (UTC): None where there will be none."""

    passed_over: tuple[Candidate, ...]
    free: datetime | None


def tried(settings: SlotSettings, zone: ZoneInfo, now: datetime, taken: Mapping[datetime, str]) -> Tried:
    """Looks for a slot strictly after `now` the way `plan_slots` does. `taken`: who has each slot that is not free."""
    free = next(iter(plan_slots(settings, zone, now, taken, 1)), None)
    if free is None:
        return Tried((), None)
    found = [*_taken(settings, zone, now, taken, free), *_days_off(settings, zone, now, free)]
    return Tried(tuple(sorted(found, key=lambda one: (one.day, one.slot or now))), free)


def _taken(
    settings: SlotSettings, zone: ZoneInfo, now: datetime, taken: Mapping[datetime, str], free: datetime
) -> Iterator[Candidate]:
    """Every slot before the first free one is taken, so there are no more of them than taken ones."""
    for slot in plan_slots(settings, zone, now, (), len(taken)):
        if slot < free:
            yield Candidate(slot.astimezone(zone).date(), slot, PassedOver.TAKEN, taken[slot])


def _days_off(settings: SlotSettings, zone: ZoneInfo, now: datetime, free: datetime) -> Iterator[Candidate]:
    if settings.mode is SchedulingMode.IMMEDIATE:  # whatever the day
        return
    day = now.astimezone(zone).date()
    while day < free.astimezone(zone).date():
        if Weekday.of(day) not in settings.publish_days:
            yield Candidate(day, None, PassedOver.WEEKDAY_OFF)
        elif day in settings.skip_dates:
            yield Candidate(day, None, PassedOver.SKIP_DATE)
        day += DAY
