"""Making a site and changing what it is called, where it is and its language. The caller commits."""

import re
import unicodedata

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.accounts.models import Account
from webapp.ai.grouping.levels import Level
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.languages import LANGUAGES
from webapp.sites.models import Site
from webapp.sites.zones import known_zones

LONGEST_NAME = 120
LONGEST_SLUG = 60
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CLUSTER_LEVELS = (Level.TOPIC, Level.PAGE)
TAKEN_BY_PAGES = frozenset({"new"})


def make_site(account: Account, *, name: str, slug: str, time_zone: str, language: str) -> Site:
    """A site of the account, without its settings. Raises Invalid naming the field."""
    site = Site(
        account=account,
        account_id=account.id,
        name=checked_name(name),
        slug=checked_slug(slug),
        time_zone=checked_zone(time_zone),
        language=checked_language(language),
    )
    _save(site)
    return site


def change_site(site: Site, *, name: str, time_zone: str, language: str) -> None:
    """Raises Invalid naming the field, and changes nothing then. The slug stays: it is in addresses."""
    checked = checked_name(name), checked_zone(time_zone), checked_language(language)
    site.name, site.time_zone, site.language = checked


def checked_name(written: str) -> str:
    name = " ".join(written.split())
    if not name:
        raise Invalid("name", "The site has no name.", "Write what its readers call it.")
    if not name.isprintable():
        raise Invalid("name", "The name holds characters that cannot be shown.", "Type it instead of pasting it.")
    if len(name) > LONGEST_NAME:
        raise Invalid("name", f"The name is longer than {LONGEST_NAME} characters.", "Use a shorter one.")
    return name


def checked_slug(written: str) -> str:
    slug = written.strip()
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise Invalid(
            "slug",
            "The short name can hold only small letters, digits and single hyphens between them,"
            f" at most {LONGEST_SLUG}.",
            f"For example {slug_from(written) or 'my-site'}.",
        )
    if slug in TAKEN_BY_PAGES or db.session.scalar(select(Site.id).where(Site.slug == slug)) is not None:
        raise _taken(slug)
    return slug


def slug_from(name: str) -> str:
    """A short name made of a long one; empty if there is no letter or digit to make it from."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SLUG].strip("-")


def checked_zone(written: str) -> str:
    zone = written.strip()
    if zone not in known_zones():
        raise Invalid("time_zone", "There is no such time zone.", "Choose one like Europe/Berlin or UTC.")
    return zone


def checked_language(written: str) -> str:
    if written not in LANGUAGES:
        raise Invalid("language", "This is not a language that we know.", "Choose one of the list.")
    return written


def checked_level(written: str) -> Level:
    if written not in CLUSTER_LEVELS:
        raise Invalid("cluster_level", "A cluster holds a topic or a page.", "Choose one of the two.")
    return Level(written)


def _save(site: Site) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(site)
    except IntegrityError as error:  # somebody took the short name between our look and now
        raise _taken(site.slug) from error


def _taken(slug: str) -> Invalid:
    return Invalid("slug", f"The short name {slug} is taken.", "Choose another one.")
