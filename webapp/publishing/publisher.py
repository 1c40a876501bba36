"""Publishing what is due, once. The row decides: it is claimed by compare-and-set, worked on outside any transaction,
and finished under the same fence. Whatever is lost in between is found by the watch."""

import logging
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from webapp.content.models import Article, ArticleStatus
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import Conflict
from webapp.core.settings import settings
from webapp.publishing.destinations import post_of, target_for
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.schedule import lock, put_now, schedule
from webapp.publishing.slots import plan_slots
from webapp.publishing.target import CredentialsRefused, Post, Published, Target, TargetError
from webapp.sites.models import Site

log = logging.getLogger(__name__)

BATCH = 100  # due publications looked at in one go
TRIES = 8  # of one that fails for a passing reason
BACKOFF = 30.0  # seconds, doubled each time, with full jitter
LONGEST_BACKOFF = 3600.0
LATE = timedelta(minutes=5)  # overdue by more than this means that nobody published for a while


def publish_due() -> int:
    """Publishes what is due on every site. Answers how many went out. Commits, several times."""
    spread_overdue()
    published = 0
    for publication_id in _due():
        published += _publish(publication_id)
    return published


def _due() -> list[int]:
    moment = now()
    ids = db.session.scalars(
        select(Publication.id)
        .join(PublishingSettings, PublishingSettings.site_id == Publication.site_id)
        .where(
            Publication.status == PublicationStatus.SCHEDULED,
            Publication.slot_at <= moment,
            (Publication.next_attempt_at.is_(None)) | (Publication.next_attempt_at <= moment),
            PublishingSettings.paused.is_(False),
            PublishingSettings.credentials_refused.is_(False),
        )
        .order_by(Publication.slot_at, Publication.id)
        .limit(BATCH)
    ).all()
    db.session.commit()
    return list(ids)


def spread_overdue() -> None:
    """After an outage the first overdue one of a site goes out now, and the others take the next free slots."""
    overdue = (
        select(Publication.site_id)
        .where(
            Publication.status == PublicationStatus.SCHEDULED,
            Publication.slot_at < now() - LATE,
            Publication.next_attempt_at.is_(None),
        )
        .distinct()
    )
    sites = db.session.scalars(overdue).all()
    db.session.commit()
    for site_id in sites:
        _spread(site_id)
        db.session.commit()


def _spread(site_id: int) -> None:
    chosen, moment = lock(site_id), now()
    scheduled = db.session.scalars(
        select(Publication)
        .where(Publication.site_id == site_id, Publication.status == PublicationStatus.SCHEDULED)
        .order_by(Publication.slot_at, Publication.id)
    ).all()
    overdue = [one for one in scheduled if one.slot_at is not None and one.slot_at < moment and not one.next_attempt_at]
    if len(overdue) < 2:
        return
    _, *others = overdue
    ahead = [one for one in scheduled if one not in overdue]
    moving = others + ahead  # the order stays: who was late goes first
    slots = plan_slots(chosen.slots, db.session.get_one(Site, site_id).zone, moment, set(), len(moving))
    for one in moving:
        one.slot_at, one.status, one.reason = None, PublicationStatus.WAITING, WaitingReason.NO_PUBLISHING_DAY
    db.session.flush()
    for one, slot in zip(moving, slots, strict=False):
        one.slot_at, one.status, one.reason = slot, PublicationStatus.SCHEDULED, None
    db.session.flush()


# one publication, from claim to end


def _publish(publication_id: int) -> int:
    claimed = _claim(publication_id)
    if claimed is None:
        return 0
    fence, target, post = claimed
    try:
        with fence.beating(settings().heartbeat):
            published = target.publish(post)
    except TargetError as error:
        refusal = error  # Python forgets `error` when the block ends
        fence.finish(lambda publication: _fail(publication, refusal))
        return 0
    return int(fence.finish(lambda publication: _finish(publication, published)))


def _claim(publication_id: int) -> "tuple[Fence, Target, Post] | None":
    """scheduled → publishing, if it still is. What it needs is read here, so that nothing is read while it goes out."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    epoch = db.session.scalar(
        update(Publication)
        .where(
            Publication.id == publication_id,
            Publication.status == PublicationStatus.SCHEDULED,
            Publication.article_id.in_(select(Article.id).where(Article.status == ArticleStatus.APPROVED)),
        )
        .values(
            status=PublicationStatus.PUBLISHING,
            owner=owner,
            epoch=Publication.epoch + 1,
            hb=0,
            attempts=Publication.attempts + 1,
        )
        .returning(Publication.epoch)
        .execution_options(synchronize_session=False)
    )
    if epoch is None:
        db.session.rollback()
        return None
    publication = db.session.scalars(
        select(Publication).where(Publication.id == publication_id).options(joinedload(Publication.article))
    ).one()
    site = db.session.get_one(Site, publication.site_id)
    target, post = target_for(site), post_of(publication.article)
    db.session.commit()
    db.session.expunge_all()
    return Fence(publication_id, epoch, owner, db.engine), target, post


class Fence:
    """The right to finish a publication, until somebody else has taken it over."""

    def __init__(self, publication_id: int, epoch: int, owner: str, engine: Engine):
        self._ours = (Publication.id == publication_id, Publication.epoch == epoch, Publication.owner == owner)
        self._id = publication_id
        self._engine = engine
        self._ended = threading.Event()

    @contextmanager
    def beating(self, every: float) -> Iterator[None]:
        thread = threading.Thread(target=self._beat_until_ended, args=(every,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _beat_until_ended(self, every: float) -> None:
        while not self._ended.wait(every):
            try:
                with self._engine.begin() as connection:
                    connection.execute(update(Publication).where(*self._ours).values(hb=Publication.hb + 1))
            except OperationalError as error:
                log.warning("publication %s: no heartbeat (%s), trying again", self._id, error.orig)

    def finish(self, write: Callable[[Publication], None]) -> bool:
        """Writes how it ended and commits. Answers False where somebody else has taken it over."""
        publication = db.session.scalar(select(Publication).where(*self._ours).with_for_update())
        if publication is None:
            db.session.rollback()
            return False
        write(publication)
        db.session.flush()
        schedule(publication.site_id)  # a slot is free
        db.session.commit()
        db.session.expunge_all()
        return True


def _finish(publication: Publication, published: Published) -> None:
    publication.status, publication.owner = PublicationStatus.PUBLISHED, None
    publication.published_at, publication.next_attempt_at = now(), None
    publication.link, publication.remote_id, publication.error = published.link, published.remote_id, ""


def _fail(publication: Publication, error: TargetError) -> None:
    """Back to its slot with a backoff; at last, or if it will never do, failed with the target's own words."""
    publication.owner, publication.error = None, error.sentence
    if isinstance(error, CredentialsRefused):
        lock(publication.site_id).credentials_refused = True
        publication.status = PublicationStatus.SCHEDULED
    elif error.permanent or publication.attempts >= TRIES:
        publication.status, publication.next_attempt_at = PublicationStatus.FAILED, None
    else:
        longest = min(LONGEST_BACKOFF, BACKOFF * 2 ** (publication.attempts - 1))
        publication.status = PublicationStatus.SCHEDULED
        publication.next_attempt_at = now() + timedelta(seconds=random.uniform(0, longest))


class PublishingWatch:
    """Puts back what a lost process was publishing: the same epoch and heartbeat for the whole lease, on its clock."""

    def __init__(self, lease: float, monotonic: Callable[[], float] = time.monotonic):
        self._lease = lease
        self._monotonic = monotonic
        self._seen: dict[Any, float] = {}

    def observe(self) -> list[int]:
        """Looks once. Answers the numbers of the publications put back."""
        moment = self._monotonic()
        rows = db.session.execute(
            select(Publication.id, Publication.epoch, Publication.hb).where(
                Publication.status == PublicationStatus.PUBLISHING
            )
        ).all()
        db.session.commit()
        self._seen = {tuple(row): self._seen.get(tuple(row), moment) for row in rows}
        still = [state for state, since in self._seen.items() if moment - since >= self._lease]
        return [id for id, epoch, hb in still if _put_back(id, epoch, hb)]


def _put_back(publication_id: int, epoch: int, hb: int) -> bool:
    put_back = change(
        update(Publication)
        .where(
            Publication.id == publication_id,
            Publication.epoch == epoch,
            Publication.hb == hb,
            Publication.status == PublicationStatus.PUBLISHING,
        )
        .values(status=PublicationStatus.SCHEDULED, owner=None, epoch=Publication.epoch + 1)
    )
    db.session.commit()
    return put_back == 1


# what people do with one. The caller commits.


def publish_now(publication: Publication) -> None:
    """Makes it due at once, whatever held it. Raises Conflict if it is on its way or out."""
    lock(publication.site_id)
    _still(
        publication,
        (PublicationStatus.WAITING, PublicationStatus.SCHEDULED, PublicationStatus.FAILED),
        "be published now",
    )
    publication.held, publication.attempts, publication.error = False, 0, ""
    put_now(publication)


def hold(publication: Publication) -> None:
    """Keeps it from going out until it is released. Raises Conflict if it is on its way or out."""
    lock(publication.site_id)
    _still(publication, (PublicationStatus.WAITING, PublicationStatus.SCHEDULED), "be held")
    publication.held = True
    _wait(publication, WaitingReason.HELD)
    schedule(publication.site_id)


def release(publication: Publication) -> None:
    """Lets a held one go on. Raises Conflict if it is not waiting."""
    lock(publication.site_id)
    _still(publication, (PublicationStatus.WAITING,), "be released")
    publication.held = False
    schedule(publication.site_id)


def retry(publication: Publication) -> None:
    """Gives a failed one another slot. Raises Conflict if it has not failed."""
    lock(publication.site_id)
    _still(publication, (PublicationStatus.FAILED,), "be tried again")
    publication.attempts, publication.error = 0, ""
    _wait(publication, WaitingReason.QUEUE_FULL)
    schedule(publication.site_id)


def _wait(publication: Publication, reason: WaitingReason) -> None:
    publication.status, publication.reason = PublicationStatus.WAITING, reason
    publication.slot_at = publication.next_attempt_at = None
    db.session.flush()


def _still(publication: Publication, allowed: tuple[PublicationStatus, ...], what: str) -> None:
    """Looks again under the site's lock: it may have gone out since the page was drawn."""
    db.session.refresh(publication)
    claimed = change(
        update(Publication)
        .where(Publication.id == publication.id, Publication.status.in_(allowed))
        .values(epoch=Publication.epoch + 1)
    )
    db.session.refresh(publication)
    if claimed != 1:
        raise Conflict(
            f"“{publication.article.title}” is {publication.status.value} by now, so it cannot {what}.",
            "Nothing was changed: look at the queue as it is now.",
        )
