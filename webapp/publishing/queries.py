"""Counts and lists of a site's publications: one definition each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from webapp.accounts.switches import Switch, is_on
from webapp.content.models import Article, ArticleStatus, Image
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings


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


UPCOMING = (PublicationStatus.SCHEDULED, PublicationStatus.PUBLISHING)
WAITING = (PublicationStatus.WAITING,)
FAILED = (PublicationStatus.FAILED,)
PUBLISHED = (PublicationStatus.PUBLISHED,)

ORDERS: dict[tuple[PublicationStatus, ...], Any] = {
    UPCOMING: Publication.slot_at,
    WAITING: Publication.position,
    FAILED: Publication.position,
    PUBLISHED: Publication.published_at.desc(),
}


def upcoming(site_id: int, limit: int) -> Sequence[Publication]:
    """The next to go out, with their articles."""
    return _listed(site_id, UPCOMING, limit)


def waiting(site_id: int, limit: int) -> Sequence[Publication]:
    """Those without a slot, first in first out."""
    return _listed(site_id, WAITING, limit)


def failed(site_id: int, limit: int) -> Sequence[Publication]:
    return _listed(site_id, FAILED, limit)


def published(site_id: int, limit: int) -> Sequence[Publication]:
    """The latest first."""
    return _listed(site_id, PUBLISHED, limit)


def _listed(site_id: int, statuses: tuple[PublicationStatus, ...], limit: int) -> Sequence[Publication]:
    with_article = joinedload(Publication.article)
    return db.session.scalars(
        select(Publication)
        .where(Publication.site_id == site_id, Publication.status.in_(statuses))
        .options(
            with_article.load_only(Article.title, Article.is_draft_quality),
            with_article.selectinload(Article.images).load_only(Image.file),
        )
        .order_by(ORDERS[statuses], Publication.id)
        .limit(limit)
    ).all()


def due(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """What makes a publication go out at that moment: its time has come, its destination does not rest, and nothing
    holds its site or a person wants it at once."""
    publishing = select(PublishingSettings.site_id).where(
        PublishingSettings.auto_publish,
        PublishingSettings.paused.is_(False),
        PublishingSettings.target_problem.is_(None),
    )
    approved = select(Article.id).where(Article.status == ArticleStatus.APPROVED)
    return (
        Publication.status == PublicationStatus.SCHEDULED,
        Publication.slot_at <= moment,
        or_(Publication.next_attempt_at.is_(None), Publication.next_attempt_at <= moment),
        or_(Publication.position == Publication.AT_ONCE, Publication.site_id.in_(publishing)),
        Publication.site_id.not_in(resting(moment)),
        Publication.article_id.in_(approved),
    )


def resting(moment: datetime) -> Select[int]:
    """The sites whose destination is left alone at that moment."""
    return select(PublishingSettings.site_id).where(PublishingSettings.target_rests_until > moment)


def is_moving(site_id: int) -> bool:
    """Whether something is going out right now, or should be."""
    at_work = Publication.status == PublicationStatus.PUBLISHING
    found = select(Publication.id).where(Publication.site_id == site_id, or_(at_work, and_(*due(now()))))
    return db.session.scalar(found.limit(1)) is not None


def version(site_id: int, most: int) -> str:
    """Changes with all that the queue shows: the counts, and the first `most` of each kind."""
    shown: list[object] = [counts(site_id), is_moving(site_id)]
    for statuses, order in ORDERS.items():
        rows = (
            select(
                Publication.id,
                Publication.status,
                Publication.reason,
                Publication.held,
                Publication.slot_at,
                Publication.next_attempt_at,
                Publication.epoch,
            )
            .where(Publication.site_id == site_id, Publication.status.in_(statuses))
            .order_by(order, Publication.id)
            .limit(most)
        )
        shown += [tuple(row) for row in db.session.execute(rows)]
    settings = db.session.get_one(PublishingSettings, site_id)
    shown += [getattr(settings, column.key) for column in PublishingSettings.__table__.columns]
    shown += [is_on(Switch.NEW_SCHEDULING)]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def by_status() -> dict[PublicationStatus, int]:
    """How many publications of the installation are in each status."""
    found = db.session.execute(select(Publication.status, func.count()).group_by(Publication.status))
    return dict.fromkeys(PublicationStatus, 0) | dict(found.all())


def overdue(moment: datetime) -> tuple[int, float]:
    """How many publications should have gone out by that moment, and by how many seconds the most overdue is late."""
    wanted = select(func.count(), func.min(Publication.slot_at)).where(*due(moment))
    count, since = db.session.execute(wanted).one()
    return count, 0.0 if since is None else max(0.0, (moment - since).total_seconds())
