"""What publishing settings come to before anybody saves them: the next slots, the pace, and who would move."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing import queries
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.places import Place, foresee, reason_for_new, taken_slots
from webapp.publishing.reasons import WORDS, Words
from webapp.publishing.slots import SchedulingMode, SlotSettings, plan_slots
from webapp.sites.models import Site

SLOTS = 10  # shown ahead
MOVES = 50  # shown of what new settings would move
MINUTES_A_DAY = 24 * 60
OFF_THE_SCHEDULE = (WaitingReason.HELD, WaitingReason.UNSCHEDULED, WaitingReason.DRAFT_QUALITY)
TARGETS = {"daily_target": 1, "weekly_target": 7, "monthly_target": 30}  # the days that each is for


@dataclass(frozen=True)
class Slot:
    """`is_moved`: the time that was asked for does not exist on that day."""

    at: datetime
    publication: Publication | None
    is_moved: bool


@dataclass(frozen=True)
class Foretold:
    """What templates/publishing/_foretold.html takes."""

    slots: list[Slot]
    held: Words | None  # what keeps everything from going out, whatever the slots
    to_go: int  # articles that have a slot, or wait for nothing but one
    last: datetime | None  # the slot of the last of them
    off: int  # articles that get none, whatever the schedule
    window: str
    paces: dict[str, str]  # by the target's field
    told: str
    told_in_short: str  # empty where nobody moves
    moves: list[tuple[Place, Words | None]]
    more_moves: int


def foretell(site: Site, stored: PublishingSettings, wanted: PublishingSettings) -> Foretold:
    """Reads, and changes nothing."""
    counts, lined_up, reason = queries.counts(site.id), foresee(site, stored, wanted), reason_for_new(wanted)
    off = _off_the_schedule(site)
    to_go = counts.waiting + counts.scheduled - off
    moves = [place for place in lined_up if place.moves]
    return Foretold(
        slots=_next_slots(site, wanted, lined_up),
        held=WORDS[reason] if reason else None,
        to_go=to_go,
        last=_last_slot(site, wanted, lined_up, counts.waiting - off) if to_go else None,
        off=off,
        window=window_in_words(wanted.slots),
        paces={name: _pace(to_go, getattr(wanted, name), days) for name, days in TARGETS.items()},
        told=told_of_moves(moves),
        told_in_short=told_in_short(moves),
        moves=[(place, WORDS[place.reason] if place.reason else None) for place in moves[:MOVES]],
        more_moves=max(0, len(moves) - MOVES),
    )


def told_of_moves(places: Sequence[Place]) -> str:
    """ "14 articles move, 3 lose their slot because the queue is full." """
    lost = Counter(place.reason for place in places if place.slot is None and place.reason)
    told = _listed([*_moved(places), *((count, *_told_of_loss(reason)) for reason, count in lost.most_common())])
    return f"{told}." if told else "No article would get another time."


def told_in_short(places: Sequence[Place]) -> str:
    """ "14 articles move, 3 lose their slot"; empty where nobody moves."""
    lost = sum(place.slot is None for place in places)
    return _listed([*_moved(places), (lost, "loses its slot", "lose their slot")])


Part = tuple[int, str, str]  # how many, and what becomes of one and of many


def _moved(places: Sequence[Place]) -> list[Part]:
    moved = sum(place.before is not None and place.slot is not None for place in places)
    gained = sum(place.before is None for place in places)
    return [(moved, "moves", "move"), (gained, "gets a slot", "get a slot")]


def _listed(parts: Sequence[Part]) -> str:
    some = [part for part in parts if part[0]]
    told = [f"{count:,} {one if count == 1 else many}" for count, one, many in some[1:]]
    return ", ".join([_articles(*some[0]), *told]) if some else ""


def told_of_saved(places: Sequence[Place]) -> str:
    """What became of the queue."""
    given = sum(place.slot is not None and place.moves for place in places)
    lost = sum(place.slot is None and place.moves for place in places)
    told = [_articles(given, "has a new time.", "have a new time.")] if given else []
    if lost:
        told.append(_articles(lost, "waits now.", "wait now."))
    return " ".join(told) or "No article moved."


def _told_of_loss(reason: WaitingReason) -> tuple[str, str]:
    """Of one, and of many."""
    words = WORDS[reason]
    return f"loses its slot {_because(words.of(1)[0])}", f"lose their slot {_because(words.of(2)[0])}"


def _because(sentence: str) -> str:
    return f"because {sentence[0].lower()}{sentence[1:].rstrip('.')}"


def _articles(count: int, one: str, many: str) -> str:
    return f"{count:,} article {one}" if count == 1 else f"{count:,} articles {many}"


def _pace(to_go: int, target: int, days: int) -> str:
    """ "At this pace 23 articles take 8 days." """
    if not target:
        return "No target."
    if not to_go:
        return "No article is on the schedule now."
    takes = -(-to_go * days // target)
    return f"At this pace {_articles(to_go, 'takes', 'take')} {takes:,} day{'s' if takes > 1 else ''}."


def window_in_words(settings: SlotSettings) -> str:
    """How many slots a day the window holds, and that it reaches past midnight where it does."""
    start, end = settings.stagger_start_time, settings.stagger_end_time
    if start == end:
        return f"One slot a day, at {start:%H:%M}: the window ends as it begins."
    length = (_minutes(end) - _minutes(start)) % MINUTES_A_DAY
    slots = length // settings.stagger_interval_minutes + 1
    counted = f"{slots:,} slot{'s' if slots > 1 else ''} a day"
    if end < start:
        return f"{counted}, from {start:%H:%M} past midnight to {end:%H:%M} of the next day."
    return f"{counted}, from {start:%H:%M} to {end:%H:%M}."


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _next_slots(site: Site, wanted: PublishingSettings, lined_up: Sequence[Place]) -> list[Slot]:
    """Each with who would go out at it."""
    settings = wanted.slots
    moved = {place.slot: place.publication for place in lined_up if place.slot}
    taken = moved if lined_up else _scheduled(site)
    return [
        Slot(at, taken.get(at), _is_moved(at, site, settings))
        for at in plan_slots(settings, site.zone, now(), (), SLOTS)
    ]


def _scheduled(site: Site) -> dict[datetime, Publication]:
    found = db.session.scalars(
        select(Publication)
        .where(Publication.site_id == site.id, Publication.status.in_(Publication.LIVE), Publication.slot_at > now())
        .options(joinedload(Publication.article))
        .order_by(Publication.slot_at)
        .limit(SLOTS)
    )
    return {one.slot_at: one for one in found if one.slot_at is not None}


def _is_moved(at: datetime, site: Site, settings: SlotSettings) -> bool:
    of_clock = at.astimezone(site.zone).time()
    return settings.mode is SchedulingMode.TIME_SLOTS and of_clock not in settings.publish_time_slots


def _last_slot(site: Site, wanted: PublishingSettings, lined_up: Sequence[Place], waiting: int) -> datetime | None:
    """Of all that is on the schedule, when those `waiting` for room have followed; None where there are too few."""
    taken = taken_slots(site.id)
    if lined_up:
        taken = {place.slot for place in lined_up if place.slot}
        waiting = sum(place.reason is WaitingReason.QUEUE_FULL for place in lined_up)
    slots = plan_slots(wanted.slots, site.zone, now(), taken, waiting)
    return max([*taken, *slots], default=None) if len(slots) == waiting else None


def _off_the_schedule(site: Site) -> int:
    waiting = Publication.site_id == site.id, Publication.status == PublicationStatus.WAITING
    return db.session.scalar(select(func.count()).where(*waiting, Publication.reason.in_(OFF_THE_SCHEDULE))) or 0
