"""Why an article waits, step by step: what was asked and which times were tried, in words."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from webapp.core.clock import now
from webapp.core.db import db
from webapp.content.models import Article
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.places import obstacles
from webapp.publishing.reasons import WORDS
from webapp.publishing.tried import Candidate, PassedOver, tried
from webapp.sites.models import Site

MOST = 6  # times that are named; of the others only how many there are


class Search:
    """What the search for a slot meets on a site now. It reads once, for everything that waits there."""

    def __init__(self, site: Site):
        self._site = site
        self._settings = db.session.get_one(PublishingSettings, site.id)
        self._scheduled, taken = _scheduled(site.id)
        self._tried = tried(self._settings.slots, site.zone, now(), taken)

    def steps(self, publication: Publication) -> list[str]:
        """A sentence for each rejection, in their order; the last one says what would come next."""
        return [
            *(WORDS[reason].sentence for reason in obstacles(publication, self._settings, self._site)),
            *self._room(),
            *_passed_over(self._tried.passed_over, self._site.zone),
            self._end(),
        ]

    def _room(self) -> list[str]:
        limit = self._settings.queue_limit
        is_full = limit and self._scheduled >= limit
        return [f"The queue is full: {self._scheduled:,} of {limit:,} are scheduled."] if is_full else []

    def _end(self) -> str:
        if self._tried.free is None:
            return WORDS[WaitingReason.NO_PUBLISHING_DAY].sentence
        return f"{_named(self._tried.free, self._site.zone)} is free, and comes next."


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
    match candidate.why:
        case PassedOver.TAKEN:
            return f"{_named(candidate.slot or now(), zone)}: taken by “{candidate.by}”."
        case PassedOver.WEEKDAY_OFF:
            return f"{_day(candidate.day)}: {candidate.day:%A} is no publishing day."
        case PassedOver.SKIP_DATE:
            return f"{_day(candidate.day)}: a date that is skipped."


def _named(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{_day(local.date())}, {local:%H:%M}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
