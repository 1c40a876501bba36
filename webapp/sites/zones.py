"""The time zones that there are, and those that a person chooses from: places, by continent."""

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
def known_zones() -> frozenset[str]:
    """Names of all zones. To find them takes a walk through hundreds of files, so it is made once per process."""
    return frozenset(zoneinfo.available_timezones())


@functools.cache
def zones_by_continent() -> dict[str, list[str]]:
    """Names of zones in their order, grouped by continent, UTC first."""
    groups: dict[str, list[str]] = {"Everywhere": ["UTC"]} | {continent: [] for continent in CONTINENTS}
    for name in sorted(known_zones()):
        continent, slash, _ = name.partition("/")
        if slash and continent in groups:
            groups[continent].append(name)
    return groups
