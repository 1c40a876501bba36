"""How the place that a site publishes to takes what it is sent, where it does not: for pages of publishing."""

from dataclasses import dataclass
from datetime import datetime

from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.models import PublishingSettings
from webapp.publishing.reasons import WORDS
from webapp.sites.models import Site


@dataclass(frozen=True)
class Standing:
    """`said`: the destination's own words. `again_at`: when it is tried again by itself; None: a person must act."""

    title: str
    said: str
    remedy: str
    again_at: datetime | None = None


def standing(site: Site) -> Standing | None:
    """None where all is well, as far as anybody knows."""
    settings = db.session.get_one(PublishingSettings, site.id)
    if settings.target_problem is not None:
        words = WORDS[settings.target_problem]
        return Standing(words.title, settings.target_said or words.sentence, words.remedy)
    if settings.target_rests_until is not None and settings.target_rests_until > now():
        return Standing(
            "The site takes nothing right now",
            settings.target_said,
            "Nothing is lost: each article keeps its slot, and late ones then go out one after the other.",
            settings.target_rests_until,
        )
    return None
