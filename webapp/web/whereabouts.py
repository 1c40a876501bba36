"""Where one publication is on its way, in a sentence."""

from webapp.core.clock import now
from webapp.publishing.models import Publication
from webapp.publishing.reasons import WORDS
from webapp.publishing.why import is_retrying, trouble
from webapp.sites.models import Site


def whereabouts(publication: Publication, site: Site) -> str:
    """When it goes out, or why it waits."""
    if publication.slot_at is not None:
        local = publication.slot_at.astimezone(site.zone)
        return f"It goes out on {local:%a} {local.day} {local:%b} at {local:%H:%M} ({site.time_zone})."
    return WORDS[publication.reason].sentence if publication.reason else ""


def in_the_way(publication: Publication, site: Site) -> str:
    """What keeps it from going out, and what to do; empty where nothing does."""
    if publication.reason is not None:
        words = WORDS[publication.reason]
        return f"{words.sentence} {words.remedy}"
    said = trouble(publication, now())
    if not is_retrying(publication, now()):
        return said
    assert publication.next_attempt_at is not None, "what is tried again has a time for that"
    return f"{said} It is tried again by itself from {publication.next_attempt_at.astimezone(site.zone):%H:%M} on."
