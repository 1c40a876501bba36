"""Where each publication of a site belongs: at a slot, or waiting for a reason. Reads, and changes nothing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.accounts.switches import Switch, is_on
from webapp.content.models import Article
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.destinations import target_for
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.slots import MINUTE, SECOND, SchedulingMode, plan_slots
from webapp.sites.models import Site

UNSETTLED = (PublicationStatus.WAITING, PublicationStatus.SCHEDULED)


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
    scheduled, waiting = in_order(site.id, PublicationStatus.SCHEDULED), in_order(site.id, PublicationStatus.WAITING)
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
    """A slot for as many of the line as there is room for, in its order, and for each other one its reason."""
    reasons = _reasons(line, settings, site)
    ready = [one for one in line if one.id not in reasons]
    admitted = ready[:room]
    slots = plan_slots(settings.slots, site.zone, _start(settings, taken), taken, len(admitted)) if admitted else []
    slot_of = dict(zip((one.id for one in admitted), slots, strict=False))
    left = WaitingReason.NO_PUBLISHING_DAY if len(slots) < len(admitted) else WaitingReason.QUEUE_FULL
    return [
        Place(
            publication=one,
            before=one.slot_at if one.status is PublicationStatus.SCHEDULED else None,
            slot=slot_of.get(one.id),
            reason=None if one.id in slot_of else reasons.get(one.id, left),
        )
        for one in line
    ]


def stay(scheduled: Sequence[Publication], settings: PublishingSettings, site: Site, room: int | None) -> list[Place]:
    """Each keeps the slot that it has, as many as there is room for."""
    reasons = _reasons(scheduled, settings, site)
    kept = {one.id for one in [one for one in scheduled if one.id not in reasons][:room]}
    return [
        Place(one, one.slot_at, one.slot_at, None)
        if one.id in kept
        else Place(one, one.slot_at, None, reasons.get(one.id, WaitingReason.QUEUE_FULL))
        for one in scheduled
    ]


def without_slots(waiting: Sequence[Publication], settings: PublishingSettings, site: Site) -> list[Place]:
    """What keeps each of them from having a slot; where nothing else does, that scheduling is switched off."""
    reasons = _reasons(waiting, settings, site)
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
    """Now; at once means a minute after the last one, however many are approved within a second."""
    moment = now()
    if settings.scheduling_mode is SchedulingMode.IMMEDIATE and taken:
        return max(moment, max(taken) + MINUTE)
    return moment


def _reasons(line: Iterable[Publication], settings: PublishingSettings, site: Site) -> dict[int, WaitingReason]:
    """What keeps each of them from being scheduled, apart from room and time."""
    of_site = reason_of_site(settings)
    drafts = set() if of_site or target_for(site).accepts_drafts else _drafts(site.id)
    found = {}
    for one in line:
        of_its_own = WaitingReason.DRAFT_QUALITY if one.id in drafts else None
        reason = one.kept_back or of_site or of_its_own
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
