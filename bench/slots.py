"""How long planning many slots takes, in each mode, in a zone whose clocks change.

.venv/bin/python -m bench.slots [--count 10000] [--zone Europe/Berlin]
"""

import argparse
import time
from datetime import UTC, datetime
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from webapp.publishing.slots import SchedulingMode, SlotSettings, Weekday, plan_slots

NOW = datetime(2026, 10, 24, 22, tzinfo=UTC)
TRIES = 7  # the quickest of them counts: the others were disturbed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="how many slots (default: 10000)")
    parser.add_argument("--zone", type=ZoneInfo, default="Europe/Berlin", help="default: Europe/Berlin")
    options = parser.parse_args()
    for mode in SchedulingMode:
        free = seconds(mode, options.zone, options.count, taken=0)
        between = seconds(mode, options.zone, options.count, taken=options.count)
        print(
            f"{mode.value}: {options.count:,} slots in {free * 1000:.1f} ms,"
            f" and in {between * 1000:.1f} ms behind as many that are taken"
        )


def seconds(mode: SchedulingMode, zone: ZoneInfo, count: int, taken: int) -> float:
    """What planning takes where the first `taken` slots are gone."""
    settings = settings_of(mode)
    gone = plan_slots(settings, zone, NOW, (), taken)
    return min(_once(settings, zone, gone, count) for _ in range(TRIES))


def _once(settings: SlotSettings, zone: ZoneInfo, gone: list[datetime], count: int) -> float:
    began = time.perf_counter()
    found = plan_slots(settings, zone, NOW, gone, count)
    took = time.perf_counter() - began
    assert len(found) == count
    return took


def settings_of(mode: SchedulingMode) -> SlotSettings:
    """Three times a day, or every half an hour of the day, on working days."""
    return SlotSettings(
        mode=mode,
        publish_days=frozenset(Weekday) - {Weekday.SAT, Weekday.SUN},
        publish_time_slots=(clock_time(9), clock_time(14), clock_time(18)),
        stagger_start_time=clock_time(9),
        stagger_end_time=clock_time(18),
        stagger_interval_minutes=30,
        skip_dates=frozenset(),
    )


if __name__ == "__main__":
    main()
