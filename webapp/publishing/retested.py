"""A test of a connection that is kept already has worked: what waited for that goes on. The caller commits."""

from dataclasses import asdict

from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.secrets import Unreadable
from webapp.publishing.models import WordPressConnection
from webapp.publishing.places import Place
from webapp.publishing.schedule import lock
from webapp.publishing.wordpress.connection import Wanted, connect, credentials_of
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.examine import Examined
from webapp.sites.models import Site, TargetKind


def works(site: Site, credentials: Credentials, found: Examined) -> list[Place] | None:
    """Keeps what the test found; None if that was not how the site is connected by now, and nothing is changed.

    Where the site was held, or rested, it goes on. Answers where its articles stand then.
    """
    settings = lock(site.id)
    db.session.refresh(site)
    kept = db.session.get(WordPressConnection, site.id, populate_existing=True)
    if kept is None or site.target is not TargetKind.WORDPRESS or not _are_of(kept, credentials):
        return None
    if settings.target_problem is not None or settings.target_rests_until is not None:
        return connect(site, _as_it_is(kept), found)
    kept.found, kept.tested_at = asdict(found), now()
    return []


def _are_of(kept: WordPressConnection, credentials: Credentials) -> bool:
    try:
        return credentials_of(kept) == credentials
    except Unreadable:
        return False


def _as_it_is(kept: WordPressConnection) -> Wanted:
    return Wanted(kept.address, kept.username, "", kept.default_category, kept.post_status)
