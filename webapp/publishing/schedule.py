"""Giving approved articles their slot, or the reason why they have none.

Whatever changes where a publication stands does so under its site's lock, and takes that before any other row.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    Waiting,
    admitted,
    chosen_slots,
    deciding,
    in_order,
    line_up,
    places,
    pushed_back,
    reason_of_site,
    reasons_of,
    room,
    taken_slots,
    waiting_line,
)
from webapp.publishing.slots import plan_slots
from webapp.sites.models import Site

MOST_NAMED = 500  # rows in one statement
LATE = timedelta(seconds=50)  # less than from one slot to the next, so that no two of a site are due at once


def schedule(site_id: int) -> int:
    """Promotes what waits, first in first out, and says of the rest why it waits. Answers how many got a slot.

    What may not stay scheduled waits again: everything once the site publishes nothing, and the last ones beyond the
    queue limit. While scheduling is switched off nothing is promoted. In the caller's transaction; the caller commits.
    """
    settings = lock(site_id)
    site = db.session.get_one(Site, site_id)
    _send_on(settings)
    scheduled = _take_back(settings)
    waiting = waiting_line(site_id)
    reasons = reasons_of(waiting, settings, site)
    if not is_on(Switch.NEW_SCHEDULING):
        _explain(waiting, reasons, WaitingReason.SCHEDULING_OFF)
        return 0
    ready = [one for one in waiting if one.id not in reasons]
    taken = taken_slots(site_id)
    has_slots = bool(plan_slots(settings.slots, site.zone, now(), taken, 1)) if ready else True
    let_in = admitted(ready, chosen_slots(ready, settings, site, taken), room(settings, scheduled) if has_slots else 0)
    promoted = _stand(places(_read(let_in), settings, site, taken, None))
    names = {one.id for one in let_in}
    left = [one for one in waiting if one.id not in names]
    _explain(left, reasons, WaitingReason.QUEUE_FULL if has_slots else WaitingReason.NO_PUBLISHING_DAY)
    return promoted


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
    _send_on(settings)
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
    """After an outage the first of those that are late keeps its slot; those behind it make way as far as they must.

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
    _move(pushed_back(others, settings, db.session.get_one(Site, site_id), taken))


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
    """Takes its slot away. Whoever asked for it at once has to ask again; a slot that was chosen is kept in mind.

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
    stay = [one for one in scheduled if one.is_at_once or (one.slot_at and one.slot_at <= slot)]
    return not limit or sum(one.id != publication.id for one in stay) < limit


def put(publication: Publication, slot: datetime) -> None:
    publication.status, publication.reason, publication.slot_at = PublicationStatus.SCHEDULED, None, slot


def _send_on(settings: PublishingSettings) -> None:
    """What a person wanted at once, and the destination did not take, goes out as soon as nothing is said of that."""
    if settings.target_problem is not None:
        return
    wanted = select(Publication).where(
        Publication.site_id == settings.site_id,
        Publication.status == PublicationStatus.WAITING,
        Publication.position == Publication.AT_ONCE,
    )
    for publication in db.session.scalars(wanted.order_by(Publication.id)).all():
        try:
            put_now(publication)
        except Conflict:
            publication.position = 0  # in the line, then, and first


def _read(line: Sequence[Waiting]) -> list[Publication]:
    """The whole rows, in the order of the line."""
    found: dict[int, Publication] = {}
    for some in batched([one.id for one in line]):
        rows = select(Publication).where(Publication.id.in_(some)).execution_options(populate_existing=True)
        found |= {row.id: row for row in db.session.scalars(rows)}
    return [found[one.id] for one in line]


def _explain(line: Sequence[Waiting], reasons: Mapping[int, WaitingReason], otherwise: WaitingReason) -> None:
    """Writes why each of them waits, where that is not what it says already."""
    changed: dict[WaitingReason, list[int]] = {}
    for one in line:
        reason = reasons.get(one.id, otherwise)
        if one.reason is not reason:
            changed.setdefault(reason, []).append(one.id)
    for reason, ids in changed.items():
        for some in batched(ids):
            db.session.execute(update(Publication).where(Publication.id.in_(some)).values(reason=reason))


def batched(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many at a time as one statement may name."""
    return (ids[start : start + MOST_NAMED] for start in range(0, len(ids), MOST_NAMED))


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
