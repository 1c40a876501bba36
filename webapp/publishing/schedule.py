"""Giving approved articles their slot, or the reason why they have none. The one function that does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.publishing.destinations import target_for
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.slots import plan_slots
from webapp.sites.models import Site


def schedule(site_id: int) -> int:
    """Promotes what waits, first in first out, and says of the rest why it waits. Answers how many got a slot.

    In the caller's transaction; the caller commits.
    """
    settings = lock(site_id)
    site = db.session.get_one(Site, site_id)
    waiting = _in_order(site_id, PublicationStatus.WAITING)
    ready = []
    for publication in waiting:
        reason = _standing_in_the_way(publication, settings, site)
        if reason is None:
            ready.append(publication)
        else:
            publication.reason = reason
    return _give_slots(ready, settings, site)


def schedule_all() -> int:
    """The same for every site where something waits, a transaction each. Answers how many got a slot."""
    sites = db.session.scalars(
        select(Publication.site_id).where(Publication.status == PublicationStatus.WAITING).distinct()
    ).all()
    db.session.commit()
    promoted = 0
    for site_id in sites:
        promoted += schedule(site_id)
        db.session.commit()
    return promoted


def reslot(site_id: int) -> None:
    """After a change of the settings: what is scheduled gets new slots in its order. What went out never moves."""
    lock(site_id)
    for publication in _in_order(site_id, PublicationStatus.SCHEDULED):
        publication.status, publication.reason = PublicationStatus.WAITING, WaitingReason.QUEUE_FULL
        publication.slot_at = publication.next_attempt_at = None
    db.session.flush()
    schedule(site_id)


def lock(site_id: int) -> PublishingSettings:
    """Two that schedule for one site take turns: the first change of this row makes the second wait."""
    change(
        update(PublishingSettings)
        .where(PublishingSettings.site_id == site_id)
        .values(queue_limit=PublishingSettings.queue_limit)
    )
    return db.session.get_one(PublishingSettings, site_id, populate_existing=True)


def _in_order(site_id: int, status: PublicationStatus) -> Sequence[Publication]:
    order = (
        (Publication.slot_at, Publication.id)
        if status is PublicationStatus.SCHEDULED
        else (Publication.position, Publication.id)
    )
    return db.session.scalars(
        select(Publication)
        .where(Publication.site_id == site_id, Publication.status == status)
        .order_by(*order)
        .execution_options(populate_existing=True)
    ).all()


def _standing_in_the_way(publication: Publication, settings: PublishingSettings, site: Site) -> WaitingReason | None:
    """What keeps this one from being scheduled, apart from room and time."""
    if publication.held:
        return WaitingReason.HELD
    if not settings.auto_publish:
        return WaitingReason.AUTO_PUBLISH_OFF
    if settings.paused:
        return WaitingReason.QUEUE_PAUSED
    if settings.credentials_refused:
        return WaitingReason.TARGET_REFUSES_CREDENTIALS
    if publication.article.is_draft_quality and not target_for(site).accepts_drafts:
        return WaitingReason.DRAFT_QUALITY
    return None


def _give_slots(ready: list[Publication], settings: PublishingSettings, site: Site) -> int:
    room = _room(settings)
    admitted = ready if room is None else ready[:room]
    for publication in ready[len(admitted) :]:
        publication.reason = WaitingReason.QUEUE_FULL
    slots = plan_slots(settings.slots, site.zone, now(), taken_slots(site.id), len(admitted)) if admitted else []
    for publication in admitted[len(slots) :]:
        publication.reason = WaitingReason.NO_PUBLISHING_DAY
    for publication, slot in zip(admitted, slots, strict=False):
        _put(publication, slot)
    db.session.flush()
    return len(slots)


def _room(settings: PublishingSettings) -> int | None:
    """How many more may be scheduled at once; None: as many as there are."""
    if settings.queue_limit == 0:
        return None
    scheduled = db.session.scalar(
        select(func.count()).where(
            Publication.site_id == settings.site_id, Publication.status == PublicationStatus.SCHEDULED
        )
    )
    return max(0, settings.queue_limit - (scheduled or 0))


def taken_slots(site_id: int) -> set[datetime]:
    rows = select(Publication.slot_at).where(
        Publication.site_id == site_id, Publication.status.in_(Publication.LIVE), Publication.slot_at.is_not(None)
    )
    return {slot for slot in db.session.scalars(rows) if slot is not None}


def _put(publication: Publication, slot: datetime) -> None:
    publication.status, publication.reason = PublicationStatus.SCHEDULED, None
    publication.slot_at, publication.next_attempt_at = slot, None


def put_now(publication: Publication) -> None:
    """Takes the first free second from now on. The caller holds the site's lock."""
    taken, slot = taken_slots(publication.site_id), now().replace(microsecond=0)
    while slot in taken:
        slot += timedelta(seconds=1)
    _put(publication, slot)
    db.session.flush()
