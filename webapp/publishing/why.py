"""Why an article is not out yet, in words: what was asked and which times were tried, or what its destination said."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from webapp.content.models import Article
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.places import Obstacles, waiting_line
from webapp.publishing.reasons import WORDS
from webapp.publishing.tried import Candidate, PassedOver, tried
from webapp.sites.models import Site

MOST = 6  # times that are named; of the others only how many there are


def trouble(publication: Publication, moment: datetime) -> str:
    """The destination's own words, where they are why it is not out: it has failed, or is tried again by itself.

    What was said before anything else happened to it explains nothing any more.
    """
    has_failed = publication.status is PublicationStatus.FAILED
    return publication.error if has_failed or is_retrying(publication, moment) else ""


def is_retrying(publication: Publication, moment: datetime) -> bool:
    return publication.status is PublicationStatus.SCHEDULED and publication.rests(moment)


class Search:
    """What the search for a slot meets on a site now. It reads once, for everything that waits there."""

    def __init__(self, site: Site):
        self._site = site
        settings = db.session.get_one(PublishingSettings, site.id)
        self._limit = settings.queue_limit
        self._obstacles = Obstacles(settings, site)
        self._scheduled, taken = _scheduled(site.id)
        self._moment = now()
        self._tried = tried(settings.slots, site.zone, self._moment, taken)
        self._before = _before(site.id)

    def steps(self, publication: Publication) -> list[str]:
        """A sentence for each rejection, in their order; the last one says which slot it takes then."""
        kept_back = [publication.kept_back] if publication.kept_back else []
        return [
            *(WORDS[reason].sentence for reason in kept_back + self._obstacles.of(publication)),
            *self._room(),
            *_passed_over(self._tried.passed_over, self._site.zone),
            self._end(publication),
        ]

    def _room(self) -> list[str]:
        is_full = self._limit and self._scheduled >= self._limit
        return [f"The queue is full: {self._scheduled:,} of {self._limit:,} are scheduled."] if is_full else []

    def _end(self, publication: Publication) -> str:
        chosen = publication.chosen_slot
        if chosen is not None and chosen > self._moment:
            return f"{self._named(chosen)} was chosen for it: it takes that as soon as that is over."
        if self._tried.free is None:
            return WORDS[WaitingReason.NO_PUBLISHING_DAY].sentence
        before = 0 if publication.kept_back else self._before.get(publication.id, 0)
        return f"The next free slot is {self._named(self._tried.free)}: {_taken_by(before)}"

    def _named(self, instant: datetime) -> str:
        return _named(instant, self._site.zone)


def _taken_by(before: int) -> str:
    """Where so many of the same line stand before it."""
    if not before:
        return "it takes it as soon as that is over."
    return f"{before:,} that {'waits before it comes' if before == 1 else 'wait before it come'} first."


def _before(site_id: int) -> dict[int, int]:
    """Of each that waits, by its number, how many come before it that wait for the same reason."""
    seen: Counter[WaitingReason | None] = Counter()
    found = {}
    for one in waiting_line(site_id):
        found[one.id] = seen[one.reason]
        seen[one.reason] += 1
    return found


def _scheduled(site_id: int) -> tuple[int, dict[datetime, str]]:
    """How many are scheduled, and what has each slot."""
    rows = db.session.execute(
        select(Publication.status, Publication.slot_at, Article.title)
        .join(Article, Article.id == Publication.article_id)
        .where(Publication.site_id == site_id, Publication.status.in_(Publication.LIVE))
    ).all()
    count = sum(row.status is PublicationStatus.SCHEDULED for row in rows)
    return count, {row.slot_at: row.title for row in rows}


def _passed_over(candidates: Sequence[Candidate], zone: ZoneInfo) -> list[str]:
    told = [_sentence(candidate, zone) for candidate in candidates[:MOST]]
    more = len(candidates) - len(told)
    return [*told, f"And {more:,} more."] if more else told


def _sentence(candidate: Candidate, zone: ZoneInfo) -> str:
    when = _named(candidate.slot, zone) if candidate.slot else _day(candidate.day)
    match candidate.why:
        case PassedOver.TAKEN:
            return f"{when}: taken by “{candidate.by}”."
        case PassedOver.WEEKDAY_OFF:
            return f"{when}: {candidate.day:%A} is no publishing day."
        case PassedOver.SKIP_DATE:
            return f"{when}: a date that is skipped."


def _named(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{_day(local.date())}, {local:%H:%M}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
