"""Where each publication of a site belongs: at a slot, or waiting for a reason. Reads, and changes nothing."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import select

from webapp.accounts.switches import Switch, is_on
from webapp.content.models import Article
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.destinations import target_for
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason, kept_back
from webapp.publishing.slots import MINUTE, SECOND, SchedulingMode, plan_slots
from webapp.sites.models import Site

UNSETTLED = (PublicationStatus.WAITING, PublicationStatus.SCHEDULED)


class Standing(Protocol):
    """What has to be known of a publication to say where it stands."""

    @property
    def id(self) -> int: ...
    @property
    def chosen_slot(self) -> datetime | None: ...
    @property
    def kept_back(self) -> WaitingReason | None: ...
    @property
    def is_at_once(self) -> bool: ...


AnyOne = TypeVar("AnyOne", bound=Standing)


@dataclass(frozen=True)
class Waiting:
    """A publication that waits, as far as its place depends on it."""

    id: int
    reason: WaitingReason | None
    held: bool
    position: int
    chosen_slot: datetime | None

    @property
    def kept_back(self) -> WaitingReason | None:
        return kept_back(self.held, self.reason)

    @property
    def is_at_once(self) -> bool:
        return self.position == Publication.AT_ONCE


@dataclass(frozen=True)
class Place:
    """A slot, or the reason why there is none. `before`: the slot that the publication had so far."""

    publication: Publication
    before: datetime | None
    slot: datetime | None
    reason: WaitingReason | None

    @property
    def moves(self) -> bool:
        return self.before != self.slot


def foresee(site: Site, stored: PublishingSettings, wanted: PublishingSettings) -> list[Place]:
    """Where everything would stand if one became the other. No place where that moves nobody."""
    return [] if deciding(stored) == deciding(wanted) else line_up(site, wanted)


def deciding(settings: PublishingSettings) -> tuple[object, ...]:
    """All of the settings that slots depend on. The others, such as targets, move nobody."""
    return (
        settings.slots,
        settings.queue_limit,
        settings.paused,
        settings.auto_publish,
        settings.target_problem,
    )


def line_up(site: Site, settings: PublishingSettings) -> list[Place]:
    """Where everything would stand under these settings: what is scheduled in its order, then what waits in its own.

    What went out, and what a person wants out at once, is not asked. While scheduling is switched off nobody gets
    another slot.
    """
    scheduled = in_order(site.id, PublicationStatus.SCHEDULED)
    waiting = [one for one in in_order(site.id, PublicationStatus.WAITING) if not one.is_at_once]
    moving = [one for one in scheduled if not one.is_at_once]
    free = room(settings, len(scheduled) - len(moving))
    if not is_on(Switch.NEW_SCHEDULING):
        return stay(moving, settings, site, free) + without_slots(waiting, settings, site)
    taken = taken_slots(site.id) - {one.slot_at for one in moving}
    return places([*moving, *waiting], settings, site, taken, free)


def places(
    line: Sequence[Publication],
    settings: PublishingSettings,
    site: Site,
    taken: Collection[datetime],
    room: int | None,
) -> list[Place]:
    """A slot for as many of the line as there is room for, in its order, and for each other one its reason.

    Who was given a slot by a person comes first, and gets that one.
    """
    reasons = reasons_of(line, settings, site)
    ready = [one for one in line if one.id not in reasons]
    chosen = chosen_slots(ready, settings, site, taken)
    let_in = admitted(ready, chosen, room)
    others = [one.id for one in let_in if one.id not in chosen]
    booked = {*taken, *(chosen[one.id] for one in let_in if one.id in chosen)}
    slots = plan_slots(settings.slots, site.zone, _start(settings, booked), booked, len(others)) if others else []
    slot_of = {one.id: chosen[one.id] for one in let_in if one.id in chosen} | dict(zip(others, slots, strict=False))
    left = WaitingReason.NO_PUBLISHING_DAY if len(slots) < len(others) else WaitingReason.QUEUE_FULL
    return [
        Place(
            publication=one,
            before=one.slot_at if one.status is PublicationStatus.SCHEDULED else None,
            slot=slot_of.get(one.id),
            reason=None if one.id in slot_of else reasons.get(one.id, left),
        )
        for one in line
    ]


def admitted(ready: Sequence[AnyOne], chosen: Collection[int], room: int | None) -> list[AnyOne]:
    """As many as there is room for: those with a slot that a person chose, then the others in their order."""
    return sorted(ready, key=lambda one: one.id not in chosen)[:room]


def chosen_slots(
    ready: Iterable["Standing"], settings: PublishingSettings, site: Site, taken: Collection[datetime]
) -> dict[int, datetime]:
    """The slots that people chose, by publication: those ahead that the schedule has and nobody else."""
    found: dict[int, datetime] = {}
    moment = now()
    for one in ready:
        slot = one.chosen_slot
        if slot is None or slot <= moment or slot in taken or slot in found.values():
            continue
        if is_slot(site, settings, slot):
            found[one.id] = slot
    return found


def pushed_back(
    line: Sequence[Publication], settings: PublishingSettings, site: Site, taken: Collection[datetime]
) -> list[Place]:
    """Each of a line in the order of its slots behind the one before it: no earlier than now, and no later than it
    has to be. A slot that a person chose stays."""
    last = now()
    ahead = {one.id: one.slot_at for one in line if one.slot_at is not None and one.slot_at > last}
    chosen = {one.id: ahead[one.id] for one in line if one.id in ahead and one.chosen_slot == one.slot_at}
    free = plan_slots(settings.slots, site.zone, last, {*taken, *chosen.values()}, len(line))
    found = []
    for one in line:
        slot = chosen.get(one.id) or (one.slot_at if ahead.get(one.id, last) > last else _after(free, last))
        reason = WaitingReason.NO_PUBLISHING_DAY if slot is None else None
        found.append(Place(one, one.slot_at, slot, reason))
        last = last if one.id in chosen or slot is None else slot
    return found


def _after(slots: Sequence[datetime], moment: datetime) -> datetime | None:
    """The first of these that is later."""
    at = bisect_right(slots, moment)
    return slots[at] if at < len(slots) else None


def stay(scheduled: Sequence[Publication], settings: PublishingSettings, site: Site, room: int | None) -> list[Place]:
    """Each keeps the slot that it has, as many as there is room for."""
    reasons = reasons_of(scheduled, settings, site)
    kept = {one.id for one in [one for one in scheduled if one.id not in reasons][:room]}
    return [
        Place(one, one.slot_at, one.slot_at, None)
        if one.id in kept
        else Place(one, one.slot_at, None, reasons.get(one.id, WaitingReason.QUEUE_FULL))
        for one in scheduled
    ]


def without_slots(waiting: Sequence[Publication], settings: PublishingSettings, site: Site) -> list[Place]:
    """What keeps each of them from having a slot; where nothing else does, that scheduling is switched off."""
    reasons = reasons_of(waiting, settings, site)
    return [Place(one, None, None, reasons.get(one.id, WaitingReason.SCHEDULING_OFF)) for one in waiting]


def in_order(site_id: int, status: PublicationStatus) -> Sequence[Publication]:
    """Those of the site in that status, the next one first."""
    first = Publication.slot_at if status is PublicationStatus.SCHEDULED else Publication.position
    return db.session.scalars(
        select(Publication)
        .where(Publication.site_id == site_id, Publication.status == status)
        .order_by(first, Publication.id)
        .execution_options(populate_existing=True)
    ).all()


def waiting_line(site_id: int) -> list["Waiting"]:
    """All that wait on the site, the next one first, without reading more of them than that."""
    rows = db.session.execute(
        select(Publication.id, Publication.reason, Publication.held, Publication.position, Publication.chosen_slot)
        .where(Publication.site_id == site_id, Publication.status == PublicationStatus.WAITING)
        .order_by(Publication.position, Publication.id)
    )
    return [Waiting(*row) for row in rows]


def taken_slots(site_id: int) -> set[datetime]:
    rows = select(Publication.slot_at).where(
        Publication.site_id == site_id, Publication.status.in_(Publication.LIVE), Publication.slot_at.is_not(None)
    )
    return {slot for slot in db.session.scalars(rows) if slot is not None}


def free_slots(site: Site, settings: PublishingSettings, after: datetime, count: int) -> list[datetime]:
    """The next slots after that moment that nobody has."""
    return plan_slots(settings.slots, site.zone, after, taken_slots(site.id), count)


def room(settings: PublishingSettings, scheduled: int) -> int | None:
    """How many more may be scheduled beside so many; None: as many as there are."""
    return max(0, settings.queue_limit - scheduled) if settings.queue_limit else None


def is_slot(site: Site, settings: PublishingSettings, instant: datetime) -> bool:
    """Whether the schedule lets something go out then."""
    return plan_slots(settings.slots, site.zone, instant - SECOND / 2, (), 1) == [instant]


def reason_of_site(settings: PublishingSettings) -> WaitingReason | None:
    """What keeps everything of the site from going out by itself."""
    if not settings.auto_publish:
        return WaitingReason.AUTO_PUBLISH_OFF
    if settings.paused:
        return WaitingReason.QUEUE_PAUSED
    return settings.target_problem


def reason_for_new(settings: PublishingSettings) -> WaitingReason | None:
    """What keeps everything that is approved now from getting a slot."""
    of_site = reason_of_site(settings)
    if of_site is None and not is_on(Switch.NEW_SCHEDULING):
        return WaitingReason.SCHEDULING_OFF
    return of_site


class Obstacles:
    """What keeps publications of a site from having a slot, apart from room and time. It looks once, for all."""

    def __init__(self, settings: PublishingSettings, site: Site):
        self._of_site = reason_of_site(settings)
        self._takes_drafts = target_for(site).accepts_drafts
        self._is_off = not is_on(Switch.NEW_SCHEDULING)

    def of(self, publication: Publication) -> list[WaitingReason]:
        """All of them, what counts first first; what a person decided about this one is not among them."""
        is_draft = not self._takes_drafts and publication.article.is_draft_quality
        found = [
            self._of_site,
            WaitingReason.DRAFT_QUALITY if is_draft else None,
            WaitingReason.SCHEDULING_OFF if self._is_off else None,
        ]
        return [reason for reason in found if reason is not None]


def _start(settings: PublishingSettings, taken: Collection[datetime]) -> datetime:
    """Now; at once means a minute after those before it, however many are approved within a second."""
    start = now()
    if settings.scheduling_mode is SchedulingMode.IMMEDIATE:
        for slot in sorted(taken):
            if slot - start >= MINUTE:
                break  # there is room before it
            if start - slot < MINUTE:
                start = slot + MINUTE
    return start


def reasons_of(line: Iterable["Standing"], settings: PublishingSettings, site: Site) -> dict[int, WaitingReason]:
    """What keeps each of them from being scheduled, apart from room and time."""
    of_site = reason_of_site(settings)
    drafts = set() if of_site or target_for(site).accepts_drafts else _drafts(site.id)
    found = {}
    for one in line:
        of_its_own = WaitingReason.DRAFT_QUALITY if one.id in drafts else None
        reason = settings.target_problem if one.is_at_once else one.kept_back or of_site or of_its_own
        if reason is not None:
            found[one.id] = reason
    return found


def _drafts(site_id: int) -> set[int]:
    """Publications of what was written without a language model."""
    drafts = (
        select(Publication.id)
        .join(Article, Article.id == Publication.article_id)
        .where(Publication.site_id == site_id, Publication.status.in_(UNSETTLED), Article.is_draft_quality)
    )
    return set(db.session.scalars(drafts))
