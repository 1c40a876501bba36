"""What keeps a site's articles from going out by themselves, for the banners of its pages."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.models import PublishingSettings
from webapp.publishing.places import reason_for_new
from webapp.publishing.queries import counts
from webapp.publishing.reasons import WORDS, Remedy, Words
from webapp.sites.models import Site, TargetKind

PLACES: dict[Remedy, tuple[str, str] | None] = {
    Remedy.PUBLISHING_SETTINGS: ("publishing.show", "Settings"),
    Remedy.CONNECTION: ("connect.show", "Where to"),
    Remedy.RELEASE: None,
    Remedy.OPERATOR: None,
}


@dataclass(frozen=True)
class Standing:
    """`said`: why, in the destination's own words where it is at fault. `url`, `link_text`: where a person mends it.

    `again_at`: when it is tried again by itself; None: a person must act. `can_be_tested`: a test may end it.
    """

    title: str
    said: str
    remedy: str
    url: str
    link_text: str
    again_at: datetime | None = None
    can_be_tested: bool = False


def stop(site: Site) -> Standing | None:
    """What keeps everything of the site from going out by itself; None where all is well, as far as anybody knows."""
    reason = reason_for_new(_settings(site))
    if reason is None or reason is _settings(site).target_problem:
        return standing(site)
    words = WORDS[reason]
    return Standing(words.title, *words.of(counts(site.id).waiting), *place_of(words, site))


def standing(site: Site) -> Standing | None:
    """How the place that the site publishes to takes what it is sent; None where that is as it should be."""
    settings = _settings(site)
    can_be_tested = site.target is TargetKind.WORDPRESS
    if settings.target_problem is not None:
        words = WORDS[settings.target_problem]
        said = settings.target_said or words.sentence
        return Standing(words.title, said, words.remedy, *place_of(words, site), can_be_tested=can_be_tested)
    if settings.target_rests_until is not None and settings.target_rests_until > now():
        return Standing(
            "The site takes nothing right now",
            settings.target_said,
            "Nothing is lost: each article keeps its slot, and late ones then go out one after the other.",
            url_for("connect.show", slug=site.slug),
            "Where to",
            settings.target_rests_until,
            can_be_tested,
        )
    return None


def place_of(words: Words, site: Site) -> tuple[str, str]:
    """The address of the page on which that is mended, and what a link to it says. Empty where there is none."""
    place = PLACES[words.where]
    return (url_for(place[0], slug=site.slug), place[1]) if place else ("", "")


def _settings(site: Site) -> PublishingSettings:
    return db.session.get_one(PublishingSettings, site.id)
