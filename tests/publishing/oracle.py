"""What slots there are, found another way: it walks through every minute and looks at the clock there."""

import bisect
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webapp.publishing.slots import SchedulingMode, SlotSettings, Weekday

MINUTE = timedelta(minutes=1)
HORIZON = 9  # days that it looks ahead
EVERY_DAY = frozenset(Weekday)


def chosen(mode: SchedulingMode = SchedulingMode.TIME_SLOTS, **fields: object) -> SlotSettings:
    defaults = {
        "publish_days": EVERY_DAY,
        "publish_time_slots": (time(9), time(14)),
        "stagger_start_time": time(9),
        "stagger_end_time": time(18),
        "stagger_interval_minutes": 30,
        "skip_dates": frozenset(),
    }
    return SlotSettings(mode=mode, **(defaults | fields))  # type: ignore[arg-type]


class Oracle:
    """Finds local times by looking at each minute in turn: the first at which the clock has come so far."""

    def __init__(self, zone: ZoneInfo, now: datetime, days: int = HORIZON):
        self._today = now.astimezone(zone).date()
        start = now.replace(second=0, microsecond=0) - timedelta(days=4)
        self._minutes = [start + number * MINUTE for number in range((days + 8) * 1440)]
        self._furthest: list[datetime] = []
        for minute in self._minutes:
            local = minute.astimezone(zone).replace(tzinfo=None)
            self._furthest.append(max(local, self._furthest[-1]) if self._furthest else local)
        self._now, self._days = now, days

    def instant(self, day: date, at: time) -> datetime:
        return self._minutes[bisect.bisect_left(self._furthest, datetime.combine(day, at))]

    def slots(self, of: SlotSettings, taken: set[datetime]) -> list[datetime]:
        """All of the next days, in their order."""
        found: set[datetime] = set()
        for number in range(-2, self._days):
            day = self._today + timedelta(days=number)
            if list(Weekday)[day.weekday()] in of.publish_days and day not in of.skip_dates:
                found |= self._of_day(of, day)
        return sorted(slot for slot in found - taken if slot > self._now)

    def _of_day(self, of: SlotSettings, day: date) -> set[datetime]:
        if of.mode is SchedulingMode.TIME_SLOTS:
            return {self.instant(day, at) for at in of.publish_time_slots}
        last_day = day + timedelta(days=of.stagger_end_time < of.stagger_start_time)
        slot, end = self.instant(day, of.stagger_start_time), self.instant(last_day, of.stagger_end_time)
        found = set()
        while slot <= end:
            found.add(slot)
            slot += of.stagger_interval_minutes * MINUTE
        return found
