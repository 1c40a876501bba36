"""Driving the publishing room in a test: approving, changing settings, and a destination that does as it is told."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from webapp.content.models import Article
from webapp.core.db import db
from webapp.publishing import approval, publisher, queries, schedule
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings
from webapp.publishing.target import Post, Published, StillOurs
from webapp.sites.models import Site


def approve(site: Site, article: Article | None = None) -> Publication:
    """An article, a new one unless it is named, approved by Ana."""
    publication = approval.approve(article or factories.article(site), "Ana")
    db.session.commit()
    return publication


def approve_many(site: Site, count: int) -> list[Publication]:
    return [approve(site) for _ in range(count)]


def settings_of(site: Site) -> PublishingSettings:
    return db.session.get_one(PublishingSettings, site.id)


def set_directly(site: Site, **values: Any) -> None:
    """Changes the row alone; the queue does not follow."""
    for field, value in values.items():
        setattr(settings_of(site), field, value)
    db.session.commit()


def change(site: Site, **values: Any) -> None:
    """Changes the settings as a person does."""
    schedule.change_settings(site.id, values)
    db.session.commit()


def do(act: Callable[[Publication], None], publication: Publication) -> Publication:
    """What a person does with one, committed."""
    fresh = db.session.get_one(Publication, publication.id)
    act(fresh)
    db.session.commit()
    return fresh


def publish_due() -> int:
    """What the timetable and the workers do together. Answers how many went out."""
    return sum(publisher.publish_site(site_id, threading.Event()) for site_id in publisher.sites_due())


def fresh(publication: Publication) -> Publication:
    """The row as it is now. Ends the transaction."""
    db.session.rollback()
    db.session.expire_all()
    found = db.session.get_one(Publication, publication.id)
    db.session.commit()
    return found


def statuses(publications: list[Publication]) -> list[str]:
    return [fresh(publication).status.value for publication in publications]


def slots(publications: list[Publication]) -> list[datetime | None]:
    return [fresh(publication).slot_at for publication in publications]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of June 2026, in UTC."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def rows(site: Site) -> list[Publication]:
    db.session.rollback()
    db.session.expire_all()
    found = list(db.session.scalars(select(Publication).where(Publication.site_id == site.id).order_by(Publication.id)))
    db.session.commit()
    return found


def assert_in_order(site: Site) -> None:
    """What is always true: no approved article is without a place, and no more are scheduled than may be."""
    found = queries.counts(site.id)
    limit = settings_of(site).queue_limit
    db.session.commit()
    assert found.conserved, found
    assert not limit or found.scheduled <= limit, found
    for row in rows(site):
        assert (row.status is PublicationStatus.WAITING) == (row.reason is not None)
        assert (row.slot_at is not None) or row.status in (PublicationStatus.WAITING, PublicationStatus.FAILED)
        assert row.error or row.status is not PublicationStatus.FAILED


def undisturbed() -> bool:
    """Nobody has taken over what is published."""
    return True


class Desk:
    """A destination. `answers`: what comes of the next posts, errors or None; after that it takes everything."""

    accepts_drafts = True

    def __init__(self) -> None:
        self.answers: list[Exception | None] = []
        self.taken: list[int] = []  # the articles, in their order
        self.meanwhile: Callable[[], None] = lambda: None

    def publish(self, post: Post, still_ours: StillOurs) -> Published:
        self.meanwhile()
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append(post.article_id)
        return Published(link=f"/published/herbs/{post.slug}/", remote_id=post.slug)


def use(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Desk:
    monkeypatch.setattr(publisher, "target_for", lambda site: desk)
    return desk
