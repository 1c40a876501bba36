"""What the page of the publishing queue shows: days with what goes out and what is free, what waits and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing import queries
from webapp.publishing.lines import lines
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.places import Obstacles, free_slots, reason_for_new
from webapp.publishing.reasons import WORDS, Words
from webapp.publishing.slots import DAY, MINUTE, SchedulingMode
from webapp.publishing.why import Search, is_retrying, trouble
from webapp.sites.models import Site
from webapp.web.destination import Destination
from webapp.web.standing import place_of, stop

MOST = 100  # of each kind on the page
MOST_FREE = 1000  # free slots that are looked at
IN_A_ROW = 3  # free slots one after the other that are shown; of more only how many there are
CHOICES = 90  # free slots to choose from
MOVING, STANDING = 2, 30  # seconds between two looks, while something goes out and while it will


@dataclass(frozen=True)
class Explained:
    """Why something stands still, what to do about it, and where."""

    title: str
    sentence: str
    remedy: str
    url: str
    link_text: str


@dataclass(frozen=True)
class Row:
    """A time of a day: what goes out then, or nobody yet. `more`: how many free slots follow that are not shown."""

    at: datetime
    publication: Publication | None = None
    more: int = 0


def version(site: Site) -> str:
    """Changes with all that the page shows, the passing of a free slot included."""
    settings = _settings(site)
    free = free_slots(site, settings, now(), 1)
    return f"{queries.version(site.id, MOST)}-{_today(site)}-{int(free[0].timestamp()) if free else ''}"


def queue(site: Site) -> dict[str, Any]:
    counts = queries.counts(site.id)
    upcoming, waiting = queries.upcoming(site.id, MOST), queries.waiting(site.id, MOST)
    settings, moment = _settings(site), now()
    lined_up = lines(upcoming, waiting)
    free = _free(site, settings, upcoming) if counts.approved and not reason_for_new(settings) else []
    return {
        "site": site,
        "destination": Destination(site),
        "counts": counts,
        "most": MOST,
        "stopped": stop(site),
        "days": _days(upcoming, free, site),
        "free_until": free[-1] if len(free) == MOST_FREE else None,
        "waiting": _by_reason(waiting, site),
        "steps": Search(site).steps if waiting else None,
        "can_go_up": {one.id for line in lined_up for one in line[1:]},
        "can_go_down": {one.id for line in lined_up for one in line[:-1]},
        "failed": queries.failed(site.id, MOST),
        "published": queries.published(site.id, MOST),
        "seconds": _seconds(site, counts),
        "can_choose": _chooser(site, settings),
        "trouble": lambda one: trouble(one, moment),
        "is_retrying": lambda one: is_retrying(one, moment),
        "at_work": PublicationStatus.PUBLISHING,
        "picture": _picture,
    }


def slots_for(publication: Publication, site: Site) -> dict[str, Any]:
    """The free slots that it may be given, by the names of their days; or what keeps it from having one."""
    settings = _settings(site)
    obstacles = Obstacles(settings, site).of(publication)
    slots = [] if obstacles else free_slots(site, settings, now() + MINUTE, CHOICES)
    by_day = groupby(slots, key=lambda slot: slot.astimezone(site.zone).date())
    return {
        "site": site,
        "one": publication,
        "stopped": _explained(WORDS[obstacles[0]], site) if obstacles else None,
        "slots": {_named(day, site): [_choice(slot, site) for slot in some] for day, some in by_day},
        "movable": publication.status not in (PublicationStatus.PUBLISHING, PublicationStatus.PUBLISHED),
        "can_be_taken_off": publication.status in (PublicationStatus.WAITING, PublicationStatus.SCHEDULED)
        and publication.reason is not WaitingReason.UNSCHEDULED,
        "why": WORDS[publication.reason] if publication.reason else None,
    }


def _chooser(site: Site, settings: PublishingSettings) -> Callable[[Publication], bool]:
    """Whether there is any slot that a publication could be given."""
    has_slots, obstacles = bool(free_slots(site, settings, now(), 1)), Obstacles(settings, site)
    return lambda one: has_slots and not obstacles.of(one)


def _settings(site: Site) -> PublishingSettings:
    return db.session.get_one(PublishingSettings, site.id)


def _seconds(site: Site, counts: queries.Counts) -> int | None:
    """How often the page looks again; None: nothing will happen by itself."""
    if queries.is_moving(site.id):
        return MOVING
    return STANDING if counts.scheduled or counts.waiting else None


def _free(site: Site, settings: PublishingSettings, upcoming: Sequence[Publication]) -> list[datetime]:
    """The free slots until tomorrow, or the last day on which something goes out, is over."""
    if settings.scheduling_mode is SchedulingMode.IMMEDIATE:  # where every minute is one
        return []
    last = max([_today(site) + DAY, *(_day(one.slot_at, site) for one in upcoming if one.slot_at)])
    return [slot for slot in free_slots(site, settings, now(), MOST_FREE) if _day(slot, site) <= last]


def _days(upcoming: Iterable[Publication], free: Iterable[datetime], site: Site) -> list[tuple[str, list[Row]]]:
    rows = [Row(one.slot_at, one) for one in upcoming if one.slot_at] + [Row(slot) for slot in free]
    rows.sort(key=lambda row: row.at)
    by_day = groupby(rows, key=lambda row: _day(row.at, site))
    return [(_named(day, site), _shortened(some)) for day, some in by_day]


def _shortened(rows: Iterable[Row]) -> list[Row]:
    """Of many free slots in a row only the first, and how many follow."""
    shown: list[Row] = []
    for is_free, some in groupby(rows, key=lambda row: row.publication is None):
        run = list(some)
        beyond = len(run) - IN_A_ROW
        if is_free and beyond > 0:
            run = [*run[:IN_A_ROW], Row(run[IN_A_ROW].at, more=beyond)]
        shown += run
    return shown


def _by_reason(waiting: Iterable[Publication], site: Site) -> list[tuple[Explained, WaitingReason, list[Publication]]]:
    """Those that wait, in their order, under what each reason means."""
    groups: dict[WaitingReason, list[Publication]] = {}
    for publication in waiting:
        assert publication.reason is not None, "what waits has a reason"
        groups.setdefault(publication.reason, []).append(publication)
    return [(_explained(WORDS[reason], site, len(some)), reason, some) for reason, some in groups.items()]


def _explained(words: Words, site: Site, count: int = 1) -> Explained:
    """Of so many articles."""
    return Explained(words.title, *words.of(count), *place_of(words, site))


def _choice(slot: datetime, site: Site) -> tuple[str, str]:
    local = slot.astimezone(site.zone)
    return slot.isoformat(), f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def _day(instant: datetime, site: Site) -> date:
    return instant.astimezone(site.zone).date()


def _named(day: date, site: Site) -> str:
    today = _today(site)
    names = {today: "Today, ", today + DAY: "Tomorrow, "}
    return f"{names.get(day, '')}{day:%a} {day.day} {day:%b}"


def _today(site: Site) -> date:
    return _day(now(), site)


def _picture(publication: Publication) -> str | None:
    """The file of the article's first picture."""
    return next((image.file for image in publication.article.images if image.file), None)
