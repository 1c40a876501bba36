"""What people do with publications: with one, or with several at once. The caller commits."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import update_wrapper

from sqlalchemy import func, select

from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.publishing.lines import line_of
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.places import Obstacles, is_slot, taken_slots
from webapp.publishing.reasons import WORDS
from webapp.publishing.schedule import lock, makes_room, put, put_now, schedule, wait
from webapp.sites.models import Site

WAITING, SCHEDULED, FAILED = PublicationStatus.WAITING, PublicationStatus.SCHEDULED, PublicationStatus.FAILED
FARTHEST = timedelta(days=400)  # that somebody may choose a slot ahead
LOOK_AGAIN = "Nothing was changed: look at the queue as it is now."
UNCHANGED = "Nothing was changed."


@dataclass(frozen=True)
class Done:
    """What became of several: those with which it was done, and of each other one why not."""

    done: list[Publication] = field(default_factory=list)
    refused: list[Conflict] = field(default_factory=list)


class Act:
    """Something that a person does with a publication, under the lock of its site: the queue follows at once."""

    def __init__(self, change: Callable[[Publication], None]):
        self._change = change
        update_wrapper(self, change)

    def __call__(self, publication: Publication) -> None:
        """Raises Conflict where it does not fit the publication any more."""
        lock(publication.site_id)
        db.session.refresh(publication)
        self._change(publication)
        schedule(publication.site_id)

    def on_each(self, site_id: int, ids: Collection[int]) -> Done:
        """The same with those of the site, in the order of its queue. What it does not fit is left as it is."""
        lock(site_id)
        result = Done()
        for publication in _chosen(site_id, ids):
            try:
                self._change(publication)
                result.done.append(publication)
            except Conflict as conflict:
                result.refused.append(conflict)
        schedule(site_id)
        return result


@Act
def publish_now(publication: Publication) -> None:
    """Makes it due at once, whatever held it. Raises Conflict if it is on its way or out."""
    _check(publication, (WAITING, SCHEDULED, FAILED), "be published now")
    put_now(publication)
    _begin_anew(publication)


@Act
def hold(publication: Publication) -> None:
    """Keeps it from going out until it is released. Raises Conflict if it is on its way or out."""
    _check(publication, (WAITING, SCHEDULED), "be held")
    publication.held = True
    wait(publication, WaitingReason.HELD)


@Act
def unschedule(publication: Publication) -> None:
    """Takes it out of the line, until a person schedules it again. Raises Conflict if it is on its way or out."""
    _check(publication, (WAITING, SCHEDULED), "be taken off the schedule")
    publication.held, publication.chosen_slot = False, None
    wait(publication, WaitingReason.UNSCHEDULED)
    publication.position = _last_position(publication.site_id) + 1


@Act
def release(publication: Publication) -> None:
    """Lets go on what a person holds or has taken off the schedule. Raises Conflict if it is not waiting."""
    _check(publication, (WAITING,), "be released")
    if publication.kept_back is None:
        raise Conflict(f"Nobody keeps “{publication.article.title}” back by now.", LOOK_AGAIN)
    publication.held, publication.reason = False, WaitingReason.QUEUE_FULL


@Act
def retry(publication: Publication) -> None:
    """Gives a failed one another slot. Raises Conflict if it has not failed."""
    _check(publication, (FAILED,), "be tried again")
    wait(publication, WaitingReason.QUEUE_FULL)
    _begin_anew(publication)


@Act
def move_up(publication: Publication) -> None:
    """Changes places with the one before. Raises Conflict if it is the first, or on its way or out."""
    line, at = _place_in_line(publication)
    if at == 0:
        raise Conflict(f"“{publication.article.title}” comes first already.", UNCHANGED)
    _exchange(line[at - 1], publication)


@Act
def move_down(publication: Publication) -> None:
    """Changes places with the one behind. Raises Conflict if it is the last, or on its way or out."""
    line, at = _place_in_line(publication)
    if at == len(line) - 1:
        raise Conflict(f"“{publication.article.title}” comes last already.", UNCHANGED)
    _exchange(publication, line[at + 1])


def to_slot(publication: Publication, slot: datetime) -> None:
    """Gives it that free slot of the schedule, whoever held it; in a full queue the last one makes room.

    Raises Conflict if it is on its way or out, if the slot is none or taken, or if something holds the site.
    """
    settings = lock(publication.site_id)
    site = db.session.get_one(Site, publication.site_id)
    db.session.refresh(publication)
    _check(publication, (WAITING, SCHEDULED, FAILED), "be moved")
    _check_slot(publication, settings, site, slot)
    _begin_anew(publication)
    publication.chosen_slot = slot
    put(publication, slot)
    publication.position = max(publication.position, 0)
    schedule(site.id)


def _check(publication: Publication, allowed: Collection[PublicationStatus], what: str) -> None:
    """It may have gone out since the page was drawn."""
    if publication.status not in allowed:
        raise Conflict(f"“{publication.article.title}” is {publication.status.value}, so it cannot {what}.", LOOK_AGAIN)


def _check_slot(publication: Publication, settings: PublishingSettings, site: Site, slot: datetime) -> None:
    obstacles = Obstacles(settings, site).of(publication)
    if obstacles:
        words = WORDS[obstacles[0]]
        raise Conflict(f"“{publication.article.title}” cannot be given a slot. {words.sentence}", words.remedy)
    moment = now()
    if not moment < slot <= moment + FARTHEST or not is_slot(site, settings, slot):
        raise Conflict("That is no slot of the schedule, or it has passed.", "Nothing was changed: choose another one.")
    if slot in taken_slots(site.id) - {publication.slot_at}:
        raise Conflict("Somebody else has that slot by now.", "Nothing was changed: choose another one.")
    if not makes_room(publication, slot):
        raise Conflict(
            "As many articles are scheduled before that slot as the queue limit allows.",
            "Nothing was changed: choose an earlier one, or raise the limit.",
        )


def _begin_anew(publication: Publication) -> None:
    """What a person wants out is not held back by what went before."""
    publication.held, publication.attempts, publication.error, publication.next_attempt_at = False, 0, "", None
    publication.chosen_slot = None


def _place_in_line(publication: Publication) -> tuple[list[Publication], int]:
    """The line in which it can be moved, and where it stands there. Raises Conflict if it is in none."""
    _check(publication, (WAITING, SCHEDULED), "be moved")
    line = line_of(publication)
    if publication not in line:
        raise Conflict(f"“{publication.article.title}” is due, so it cannot be moved.", LOOK_AGAIN)
    return line, line.index(publication)


def _exchange(one: Publication, other: Publication) -> None:
    """Each gets the other's place: first both off their slots, because no slot is booked twice even for a moment."""
    of_one, of_other = _place(one), _place(other)
    for publication in (one, other):
        wait(publication, WaitingReason.QUEUE_FULL)
        publication.chosen_slot = None
    db.session.flush()
    one.status, one.reason, one.slot_at, one.position = of_other
    other.status, other.reason, other.slot_at, other.position = of_one
    db.session.flush()


def _place(publication: Publication) -> tuple[PublicationStatus, WaitingReason | None, datetime | None, int]:
    return publication.status, publication.reason, publication.slot_at, publication.position


def _chosen(site_id: int, ids: Collection[int]) -> list[Publication]:
    """Those of the site, the next to go out first."""
    found = db.session.scalars(
        select(Publication)
        .where(Publication.site_id == site_id, Publication.id.in_(ids))
        .order_by(Publication.slot_at.is_(None), Publication.slot_at, Publication.position, Publication.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


def _last_position(site_id: int) -> int:
    return db.session.scalar(select(func.max(Publication.position)).where(Publication.site_id == site_id)) or 0
