"""Giving approved articles their slot, or the reason why they have none.

Whatever changes where a publication stands does so under its site's lock, and takes that before any other row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from webapp.accounts.switches import Switch, is_on
from webapp.core.clock import now
from webapp.core.db import change, db, reading
from webapp.core.errors import Conflict
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.places import (
    UNSETTLED,
    Place,
    deciding,
    in_order,
    line_up,
    places,
    reason_of_site,
    room,
    taken_slots,
    without_slots,
)
from webapp.sites.models import Site

LATE = timedelta(seconds=50)  # less than from one slot to the next, so that no two of a site are due at once


def schedule(site_id: int) -> int:
    """Promotes what waits, first in first out, and says of the rest why it waits. Answers how many got a slot.

    What may not stay scheduled waits again: everything once the site publishes nothing, and the last ones beyond the
    queue limit. While scheduling is switched off nothing is promoted. In the caller's transaction; the caller commits.
    """
    settings = lock(site_id)
    site = db.session.get_one(Site, site_id)
    scheduled = _take_back(settings)
    waiting = in_order(site_id, PublicationStatus.WAITING)
    if not is_on(Switch.NEW_SCHEDULING):
        return _stand(without_slots(waiting, settings, site))
    return _stand(places(waiting, settings, site, taken_slots(site_id), room(settings, scheduled)))


def schedule_all() -> int:
    """The same for every site where something waits or is scheduled, a transaction each."""
    unsettled = select(Publication.site_id).where(Publication.status.in_(UNSETTLED)).distinct()
    with reading():
        sites = db.session.scalars(unsettled).all()
        db.session.commit()
    promoted = 0
    for site_id in sites:
        promoted += schedule(site_id)
        db.session.commit()
    return promoted


def change_settings(site_id: int, values: Mapping[str, Any]) -> list[Place]:
    """Sets those fields of the site's publishing settings, and lets the queue follow. The caller commits.

    Answers the new places; none where no slot depends on what was changed: then nobody moves.
    """
    settings = lock(site_id)
    before = deciding(settings)
    for field, value in values.items():
        setattr(settings, field, value)
    db.session.flush()
    if deciding(settings) != before:
        return reslot(site_id)
    schedule(site_id)
    return []


def reslot(site_id: int) -> list[Place]:
    """Everything gets its place anew, under the settings as they are. Answers those places. The caller commits."""
    settings = lock(site_id)
    lined_up = line_up(db.session.get_one(Site, site_id), settings)
    number([place.publication for place in lined_up])
    _move(lined_up)
    return lined_up


def number(line: Sequence[Publication]) -> None:
    """Gives the line's own positions out anew in its order, so that this order outlives a pause."""
    least = 0
    for publication, position in zip(line, sorted(one.position for one in line), strict=True):
        publication.position = max(position, least)
        least = publication.position + 1


def push_back(site_id: int) -> None:
    """After an outage the first of those that are late keeps its slot; all behind it take the next ones.

    One that is late alone, or that waits for its next try, holds nobody up. The caller commits.
    """
    settings, moment = lock(site_id), now()
    scheduled = in_order(site_id, PublicationStatus.SCHEDULED)
    line = [one for one in scheduled if not one.is_at_once and not one.rests(moment)]
    due = [one.slot_at for one in line if one.slot_at is not None and one.slot_at <= moment]
    if len(due) < 2 or due[0] >= moment - LATE:
        return
    others = line[1:]
    taken = taken_slots(site_id) - {one.slot_at for one in others} | {moment}  # the first one goes out now
    _move(places(others, settings, db.session.get_one(Site, site_id), taken, None))


def lock(site_id: int) -> PublishingSettings:
    """Two that change a site's queue take turns: the first change of this row makes the second wait.

    Raises NoResultFound if the site is gone.
    """
    change(
        update(PublishingSettings)
        .where(PublishingSettings.site_id == site_id)
        .values(queue_limit=PublishingSettings.queue_limit)
    )
    return db.session.get_one(PublishingSettings, site_id, populate_existing=True)


def wait(publication: Publication, reason: WaitingReason) -> None:
    """Takes its slot away. Whoever asked for it at once has to ask again.

    What failed for a passing reason is tried no earlier for that: neither here nor by another slot its backoff ends.
    """
    publication.status, publication.reason = PublicationStatus.WAITING, reason
    publication.slot_at = None
    publication.position = max(publication.position, 0)


def put_now(publication: Publication) -> None:
    """Takes the first free second from now on; in a full queue the last one makes room when it is scheduled next.

    The caller holds the site's lock. Raises Conflict if everything in a full queue goes out before.
    """
    slot = now().replace(microsecond=0)
    taken = taken_slots(publication.site_id)
    while slot in taken:
        slot += timedelta(seconds=1)
    if not makes_room(publication, slot):
        raise Conflict(
            f"“{publication.article.title}” cannot go out now: as many as the queue limit allows are doing so already.",
            "Nothing was changed: try again in a moment, or raise the limit.",
        )
    publication.position, publication.next_attempt_at = Publication.AT_ONCE, None
    db.session.get_one(PublishingSettings, publication.site_id).target_rests_until = None  # a person wants it tried
    put(publication, slot)
    db.session.flush()


def makes_room(publication: Publication, slot: datetime) -> bool:
    """Whether it may be scheduled at that slot; in a full queue the last one makes room, if it is later."""
    limit = db.session.get_one(PublishingSettings, publication.site_id).queue_limit
    scheduled = in_order(publication.site_id, PublicationStatus.SCHEDULED)
    others = [one for one in scheduled if one.id != publication.id]
    return not limit or len(others) < limit or any(one.slot_at and one.slot_at > slot for one in others)


def put(publication: Publication, slot: datetime) -> None:
    publication.status, publication.reason, publication.slot_at = PublicationStatus.SCHEDULED, None, slot


def _take_back(settings: PublishingSettings) -> int:
    """Lets wait what may not stay scheduled. Answers how many stay."""
    reason, count = reason_of_site(settings), _count_scheduled(settings.site_id)
    stay = 0 if reason else settings.queue_limit or count
    if count <= stay:
        return count  # as nearly always: a long queue need not be read for each that joins it
    scheduled = in_order(settings.site_id, PublicationStatus.SCHEDULED)
    back = [one for one in scheduled[stay:] if not one.is_at_once]
    if back:
        number([*back, *in_order(settings.site_id, PublicationStatus.WAITING)])
    for publication in back:
        wait(publication, reason or WaitingReason.QUEUE_FULL)
    db.session.flush()
    return len(scheduled) - len(back)


def _count_scheduled(site_id: int) -> int:
    rows = select(func.count()).where(Publication.site_id == site_id, Publication.status == PublicationStatus.SCHEDULED)
    return db.session.scalar(rows) or 0


def _move(lined_up: Sequence[Place]) -> None:
    """Puts them where they belong: first all off their slots, so that they may take each other's."""
    for place in lined_up:
        wait(place.publication, WaitingReason.QUEUE_FULL)
    db.session.flush()
    _stand(lined_up)


def _stand(lined_up: Sequence[Place]) -> int:
    """Writes the places. Answers how many of them have a slot."""
    for place in lined_up:
        if place.slot is not None:
            put(place.publication, place.slot)
        elif place.reason is not None:
            place.publication.reason = place.reason
    db.session.flush()
    return sum(place.slot is not None for place in lined_up)
