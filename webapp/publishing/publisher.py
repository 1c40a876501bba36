"""Publishing what is due, once. The row decides: it is claimed by compare-and-set, worked on outside any transaction,
and finished under the same fence. Whatever is lost in between is found by the watch."""

import contextlib
import logging
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import NoResultFound, OperationalError

from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.core.settings import settings
from webapp.publishing import outage
from webapp.publishing.destinations import post_of, target_for
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings
from webapp.publishing.queries import due
from webapp.publishing.schedule import LATE, lock, push_back, schedule
from webapp.publishing.target import NeedsOwner, Post, Published, Target, TargetDown, TargetError
from webapp.sites.models import Site

log = logging.getLogger(__name__)

SLICE = 120.0  # seconds that one site is given at a time
TRIES = 8  # of one that fails for a passing reason
BACKOFF = 30.0  # seconds, doubled each time, with full jitter
LONGEST_BACKOFF = 3600.0
LOST = "Whatever published it was lost before it could say how it went."
BROKEN = "Something broke on our side ({}). Nothing of the article is lost; the whole error is in the log."


def sites_due() -> Sequence[int]:
    """The sites where something should go out now and nobody is at it, the one that waits longest first."""
    at_work = select(Publication.site_id).where(Publication.status == PublicationStatus.PUBLISHING)
    wanted = (
        select(Publication.site_id)
        .where(*due(now()), Publication.site_id.not_in(at_work))
        .group_by(Publication.site_id)
        .order_by(func.min(Publication.slot_at), Publication.site_id)
    )
    with reading():
        found = db.session.scalars(wanted).all()
        db.session.commit()
    return found


def publish_site(site_id: int, stopping: threading.Event) -> int:
    """Publishes what is due on the site, one after the other, until its slice is over or it is asked to stop.

    Answers how many went out. Commits, several times.
    """
    ends = time.monotonic() + SLICE
    _spread_overdue(site_id)
    went_out = 0
    while not stopping.is_set() and time.monotonic() < ends:
        publication_id = _next_due(site_id)
        if publication_id is None:
            break
        went_out += _publish(publication_id, site_id)
    return went_out


def _next_due(site_id: int) -> int | None:
    wanted = select(Publication.id).where(*due(now()), Publication.site_id == site_id)
    with reading():
        found = db.session.scalar(wanted.order_by(Publication.slot_at, Publication.id).limit(1))
        db.session.commit()
    return found


def _spread_overdue(site_id: int) -> None:
    """After an outage no site publishes all at once what it is behind with."""
    moment = now()
    late = select(Publication.id).where(
        *due(moment), Publication.slot_at < moment - LATE, Publication.site_id == site_id
    )
    with reading():
        is_late = db.session.scalar(late.limit(1)) is not None
        db.session.commit()
    if is_late:
        with contextlib.suppress(NoResultFound):  # the site was deleted meanwhile
            push_back(site_id)
        db.session.commit()


def _publish(publication_id: int, site_id: int) -> bool:
    """One publication, from claim to end. Answers whether it went out."""
    fence = _claim(publication_id, site_id)
    if fence is None:
        return False
    try:
        target, post = _made_ready(publication_id)
        with fence.beating(settings().heartbeat):
            published = target.publish(post, fence.still_ours)
    except TargetError as error:
        problem = error  # Python forgets `error` when the block ends
    except Exception as error:
        log.exception("publication %s: neither taken nor refused", publication_id)
        problem = TargetError(BROKEN.format(type(error).__name__), permanent=False)
    else:
        return fence.finish(lambda publication, settings: _finish(publication, settings, published))
    fence.finish(lambda publication, settings: _fail(publication, settings, problem))
    return False


def _claim(publication_id: int, site_id: int) -> "Fence | None":
    """scheduled → publishing, if it is still due: it may have been moved, held or taken meanwhile."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    try:
        target_epoch = lock(site_id).target_epoch
    except NoResultFound:  # the site was deleted, with all that was due
        db.session.rollback()
        return None
    epoch = db.session.scalar(
        update(Publication)
        .where(Publication.id == publication_id, *due(now()))
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
    db.session.commit()
    db.session.expunge_all()
    return None if epoch is None else Fence(publication_id, site_id, epoch, owner, target_epoch, db.engine)


def _made_ready(publication_id: int) -> tuple[Target, Post]:
    """All that publishing needs, so that nothing is read while it goes out. Raises TargetError."""
    db.session.rollback()
    with reading():
        publication = db.session.get_one(Publication, publication_id)
        target, post = target_for(db.session.get_one(Site, publication.site_id)), post_of(publication.article)
        db.session.rollback()
    db.session.expunge_all()
    return target, post


class Fence:
    """The right to finish a publication, until somebody else has taken it over."""

    def __init__(self, publication_id: int, site_id: int, epoch: int, owner: str, target_epoch: int, engine: Engine):
        self._ours = (Publication.id == publication_id, Publication.epoch == epoch, Publication.owner == owner)
        self._id, self._site_id, self._target_epoch = publication_id, site_id, target_epoch
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

    def still_ours(self) -> bool:
        """Whether nobody has taken it over. Whoever slept for longer than the lease asks before he acts."""
        with reading(), self._engine.connect() as connection:
            return connection.scalar(select(Publication.id).where(*self._ours)) is not None

    def finish(self, write: Callable[[Publication, PublishingSettings | None], None]) -> bool:
        """Writes how it ended and commits. Answers False where somebody else has taken it over.

        `write` is given the site's settings, unless the site was connected otherwise meanwhile: how it went at the
        old place says nothing of the new one.
        """
        db.session.rollback()
        try:
            settings = lock(self._site_id)
        except NoResultFound:  # the site was deleted, and its publication with it
            db.session.rollback()
            return False
        publication = db.session.scalar(select(Publication).where(*self._ours).with_for_update())
        if publication is None:
            db.session.rollback()
            return False
        is_same = settings.target_epoch == self._target_epoch
        _write_and_go_on(publication, lambda publication: write(publication, settings if is_same else None))
        return True


def _write_and_go_on(publication: Publication, write: Callable[[Publication], None]) -> None:
    """The caller holds the site's lock. Its slot is free now, so others are scheduled. Commits."""
    write(publication)
    db.session.flush()
    schedule(publication.site_id)
    db.session.commit()
    db.session.expunge_all()


def _finish(publication: Publication, settings: PublishingSettings | None, published: Published) -> None:
    publication.status, publication.owner = PublicationStatus.PUBLISHED, None
    publication.published_at, publication.next_attempt_at = now(), None
    publication.link, publication.remote_id = published.link, published.remote_id
    publication.remark, publication.error = published.remark or None, ""
    if settings is not None:
        outage.goes_on(settings)


def _fail(publication: Publication, settings: PublishingSettings | None, error: TargetError) -> None:
    """Back to its slot, to be tried again; at last, or if it will never do, failed with the target's own words."""
    publication.owner, publication.error = None, error.sentence
    match error:
        case _ if settings is None:
            publication.status, publication.attempts = PublicationStatus.SCHEDULED, publication.attempts - 1
        case NeedsOwner():
            outage.hold(settings, error)
            publication.status, publication.attempts = PublicationStatus.SCHEDULED, 0
            if publication.is_at_once:  # as it will be again; what has a turn is taken off with all behind it: schedule
                publication.status, publication.slot_at = PublicationStatus.WAITING, None
                publication.reason = settings.target_problem
        case TargetDown() if publication.attempts < TRIES or settings.target_failures:
            publication.status = PublicationStatus.SCHEDULED
            # Who meets an outage is not to blame for it; who has begun as many as are allowed may be.
            publication.attempts -= settings.target_failures > 0
            outage.rest(settings, error)
        case TargetError(permanent=False) if publication.attempts < TRIES:
            longest = min(LONGEST_BACKOFF, BACKOFF * 2 ** (publication.attempts - 1))
            seconds = max(min(error.retry_after, outage.LONGEST_REST), random.uniform(0, longest))
            publication.status = PublicationStatus.SCHEDULED
            publication.next_attempt_at = now() + timedelta(seconds=seconds)
        case _:
            publication.status, publication.next_attempt_at = PublicationStatus.FAILED, None


def _lose(publication: Publication) -> None:
    """Due again at once; failed if it was lost, or refused, as often as may be."""
    publication.owner, publication.epoch = None, publication.epoch + 1
    if publication.attempts >= TRIES:
        publication.status, publication.error = PublicationStatus.FAILED, LOST
    else:
        publication.status = PublicationStatus.SCHEDULED


class PublishingWatch:
    """Puts back what a lost process was publishing: the same epoch and heartbeat for the whole lease, on its clock."""

    def __init__(self, lease: float, monotonic: Callable[[], float] = time.monotonic):
        self._lease = lease
        self._monotonic = monotonic
        self._seen: dict[Any, float] = {}

    def observe(self) -> list[int]:
        """Looks once. Answers the numbers of the publications put back."""
        asked = self._monotonic()
        with reading():
            rows = db.session.execute(
                select(Publication.id, Publication.site_id, Publication.epoch, Publication.hb).where(
                    Publication.status == PublicationStatus.PUBLISHING
                )
            ).all()
            db.session.commit()
        answered = self._monotonic()
        self._seen = {tuple(row): self._seen.get(tuple(row), answered) for row in rows}
        still = [state for state, since in self._seen.items() if asked - since >= self._lease]
        try:
            return [state[0] for state in still if _put_back(*state)]
        except OperationalError:
            self._seen.clear()  # where we cannot write, nobody could beat either: each gets its whole lease again
            raise


def _put_back(publication_id: int, site_id: int, epoch: int, hb: int) -> bool:
    lock(site_id)
    publication = db.session.scalar(
        select(Publication)
        .where(
            Publication.id == publication_id,
            Publication.status == PublicationStatus.PUBLISHING,
            Publication.epoch == epoch,
            Publication.hb == hb,
        )
        .with_for_update()
    )
    if publication is None:
        db.session.rollback()
        return False
    _write_and_go_on(publication, _lose)
    return True
