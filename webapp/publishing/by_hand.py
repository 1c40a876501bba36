"""What people do with one publication. The caller commits."""

from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason
from webapp.publishing.schedule import lock, put_now, schedule, wait


def publish_now(publication: Publication) -> None:
    """Makes it due at once, whatever held it. Raises Conflict if it is on its way or out."""
    _take(
        publication,
        (PublicationStatus.WAITING, PublicationStatus.SCHEDULED, PublicationStatus.FAILED),
        "be published now",
    )
    put_now(publication)
    publication.held, publication.attempts, publication.error = False, 0, ""
    schedule(publication.site_id)


def hold(publication: Publication) -> None:
    """Keeps it from going out until it is released. Raises Conflict if it is on its way or out."""
    _take(publication, (PublicationStatus.WAITING, PublicationStatus.SCHEDULED), "be held")
    publication.held = True
    wait(publication, WaitingReason.HELD)
    schedule(publication.site_id)


def release(publication: Publication) -> None:
    """Lets a held one go on. Raises Conflict if it is not waiting."""
    _take(publication, (PublicationStatus.WAITING,), "be released")
    publication.held = False
    schedule(publication.site_id)


def retry(publication: Publication) -> None:
    """Gives a failed one another slot. Raises Conflict if it has not failed."""
    _take(publication, (PublicationStatus.FAILED,), "be tried again")
    publication.attempts, publication.error = 0, ""
    wait(publication, WaitingReason.QUEUE_FULL)
    schedule(publication.site_id)


def _take(publication: Publication, allowed: tuple[PublicationStatus, ...], what: str) -> None:
    """Looks again under the site's lock: it may have gone out since the page was drawn."""
    lock(publication.site_id)
    db.session.refresh(publication)
    if publication.status not in allowed:
        raise Conflict(
            f"“{publication.article.title}” is {publication.status.value} by now, so it cannot {what}.",
            "Nothing was changed: look at the queue as it is now.",
        )
