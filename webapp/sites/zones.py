"""The time zones that a person chooses from: places, by continent."""

import functools
import zoneinfo

CONTINENTS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@functools.cache
def zones_by_continent() -> dict[str, list[str]]:
    """Names of zones in their order, grouped by continent, UTC first."""
    groups: dict[str, list[str]] = {"Everywhere": ["UTC"]} | {continent: [] for continent in CONTINENTS}
    for name in sorted(zoneinfo.available_timezones()):
        continent, slash, _ = name.partition("/")
        if slash and continent in groups:
            groups[continent].append(name)
    return groups
