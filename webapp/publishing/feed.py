"""A site's publications as an iCalendar feed (RFC 5545), at an address that only its owners know."""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from webapp.core.errors import NotFound
from webapp.publishing.models import Publication, PublicationStatus
from webapp.publishing.schedule import lock
from webapp.sites.models import Site

if TYPE_CHECKING:
    from icalendar import Event

BYTES = 24  # of randomness in an address
LENGTH = timedelta(minutes=15)  # of an entry, so that calendars show it at all
ASK_AGAIN = timedelta(hours=1)


def new_token(site_id: int) -> str:
    """What makes the feed's address secret. The one before works no longer. The caller commits."""
    settings = lock(site_id)
    settings.calendar_token = secrets.token_urlsafe(BYTES)
    return settings.calendar_token


def check_token(kept: str | None, sent: str) -> None:
    """Raises NotFound unless it is the site's own."""
    if kept is None or not hmac.compare_digest(kept.encode(), sent.encode()):
        raise NotFound("There is no such calendar.", "Ask somebody of the site for its address: it may be a new one.")


def feed(site: Site, publications: Iterable[Publication], made_at: datetime) -> bytes:
    """The calendar of these publications; each needs a time."""
    from icalendar import Calendar  # takes a fifth of a second, which nobody else has to wait for

    calendar = Calendar()
    calendar.add("prodid", "-//Pressroom//Publishing queue//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{site.name}: publishing")
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for publication in publications:
        if publication.at is not None:
            calendar.add_component(_event(site, publication, publication.at, made_at))
    return bytes(calendar.to_ical())


def _event(site: Site, publication: Publication, at: datetime, made_at: datetime) -> "Event":
    from icalendar import Event

    is_out = publication.status is PublicationStatus.PUBLISHED
    event = Event()
    event.add("uid", f"publication-{publication.id}@{site.slug}.pressroom")
    event.add("dtstamp", made_at)
    event.add("dtstart", at.replace(microsecond=0))
    event.add("duration", LENGTH)
    event.add("summary", publication.article.title)
    event.add("description", f"{'Published' if is_out else 'Goes out'} on {site.name}.")
    event.add("status", "CONFIRMED" if is_out else "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    if publication.link and publication.link.startswith("http"):
        event.add("url", publication.link)
    return event
