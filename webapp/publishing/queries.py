"""Counts and lists of a site's publications: one definition each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from webapp.content.models import Article, ArticleStatus
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.models import Publication, PublicationStatus


@dataclass(frozen=True)
class Counts:
    """Approved articles, and where their publications are."""

    approved: int
    waiting: int
    scheduled: int
    publishing: int
    published: int
    failed: int

    @property
    def conserved(self) -> bool:
        """No approved article is ever without a publication."""
        return self.approved == self.waiting + self.scheduled + self.publishing + self.published + self.failed


def counts(site_id: int) -> Counts:
    approved = db.session.scalar(
        select(func.count()).where(Article.site_id == site_id, Article.status == ArticleStatus.APPROVED)
    )
    rows = select(Publication.status, func.count()).where(Publication.site_id == site_id).group_by(Publication.status)
    found = dict(db.session.execute(rows).all())
    return Counts(approved or 0, **{status.value: found.get(status, 0) for status in PublicationStatus})


def upcoming(site_id: int, limit: int) -> Sequence[Publication]:
    """The next to go out, with their articles."""
    return _listed(site_id, (PublicationStatus.SCHEDULED, PublicationStatus.PUBLISHING), Publication.slot_at, limit)


def waiting(site_id: int, limit: int) -> Sequence[Publication]:
    """Those without a slot, first in first out."""
    return _listed(site_id, (PublicationStatus.WAITING,), Publication.position, limit)


def failed(site_id: int, limit: int) -> Sequence[Publication]:
    return _listed(site_id, (PublicationStatus.FAILED,), Publication.position, limit)


def published(site_id: int, limit: int) -> Sequence[Publication]:
    """The latest first."""
    return _listed(site_id, (PublicationStatus.PUBLISHED,), Publication.published_at.desc(), limit)


def _listed(site_id: int, statuses: tuple[PublicationStatus, ...], order: object, limit: int) -> Sequence[Publication]:
    return db.session.scalars(
        select(Publication)
        .where(Publication.site_id == site_id, Publication.status.in_(statuses))
        .options(joinedload(Publication.article).selectinload(Article.images))
        .order_by(order, Publication.id)  # type: ignore[arg-type]
        .limit(limit)
    ).all()


def is_due(site_id: int) -> bool:
    """Whether something should be going out right now."""
    due = select(Publication.id).where(
        Publication.site_id == site_id,
        Publication.status == PublicationStatus.SCHEDULED,
        Publication.slot_at <= now(),
        Publication.next_attempt_at.is_(None),
    )
    return db.session.scalar(due.limit(1)) is not None


def version(site_id: int) -> str:
    """Changes with everything that the queue shows."""
    newest = db.session.execute(
        select(
            func.count(), func.max(Publication.id), func.sum(Publication.epoch), func.max(Publication.published_at)
        ).where(Publication.site_id == site_id)
    ).one()
    found = counts(site_id)
    shown = "-".join(str(part) for part in (*newest, found.waiting, found.scheduled, found.publishing, found.failed))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]
