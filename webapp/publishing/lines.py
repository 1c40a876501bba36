"""In which order publications wait for each other: what stands before one, and what behind it."""

from collections.abc import Iterable
from datetime import datetime

from webapp.core.clock import now
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason
from webapp.publishing.places import in_order


def lines(scheduled: Iterable[Publication], waiting: Iterable[Publication]) -> list[list[Publication]]:
    """Those that may change places with each other, in their order: what has a slot and what waits only for room
    behind it are one line; what waits for another reason stands in a line of its own.

    What is due, or wanted at once, is in none: it does not change places any more.
    """
    moment = now()
    with_slots = [one for one in scheduled if _can_move(one, moment)]
    of_reason: dict[WaitingReason | None, list[Publication]] = {WaitingReason.QUEUE_FULL: with_slots}
    for one in waiting:
        of_reason.setdefault(one.reason, []).append(one)
    return list(of_reason.values())


def _can_move(one: Publication, moment: datetime) -> bool:
    is_ahead = one.slot_at is not None and one.slot_at > moment
    return one.status is PublicationStatus.SCHEDULED and is_ahead and not one.is_at_once


def line_of(publication: Publication) -> list[Publication]:
    """The line in which it stands; empty if it is in none."""
    scheduled = in_order(publication.site_id, PublicationStatus.SCHEDULED)
    waiting = in_order(publication.site_id, PublicationStatus.WAITING)
    return next((line for line in lines(scheduled, waiting) if publication in line), [])
