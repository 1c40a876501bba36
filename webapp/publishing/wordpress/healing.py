"""A WordPress that was out of reach is looked at again: a firewall, a name or a redirect may be mended by others."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from webapp.core.db import db, reading
from webapp.core.secrets import Unreadable
from webapp.publishing import outage
from webapp.publishing.models import PublishingSettings, WaitingReason, WordPressConnection
from webapp.publishing.schedule import lock, schedule
from webapp.publishing.wordpress.connection import credentials_of
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.diagnosis import CannotConnect
from webapp.publishing.wordpress.examine import examine


def out_of_reach() -> Sequence[int]:
    """The sites that are held because nobody reached them."""
    with reading():
        found = db.session.scalars(
            select(PublishingSettings.site_id).where(
                PublishingSettings.target_problem == WaitingReason.TARGET_OUT_OF_REACH
            )
        ).all()
        db.session.commit()
    return found


def heal(site_id: int) -> bool:
    """Lets a site go on that can be reached again. Answers whether it does. Commits."""
    with reading():
        wanted = select(PublishingSettings.target_epoch).where(PublishingSettings.site_id == site_id)
        epoch = db.session.scalar(wanted)
        db.session.commit()
    if not examine_again(site_id):
        return False
    try:
        settings = lock(site_id)
    except NoResultFound:  # the site was deleted meanwhile
        db.session.rollback()
        return False
    if (settings.target_epoch, settings.target_problem) != (epoch, WaitingReason.TARGET_OUT_OF_REACH):
        db.session.rollback()
        return False
    outage.goes_on(settings)
    schedule(site_id)
    db.session.commit()
    return True


def examine_again(site_id: int) -> bool:
    """Whether the site's WordPress, which was out of reach, can be published to now. Changes nothing.

    False for a site that is held for another reason: a password that was refused is never tried again by itself.
    """
    credentials = _credentials_of_one_out_of_reach(site_id)
    if credentials is None:
        return False
    try:
        examine(credentials)
    except CannotConnect:
        return False
    return True


def _credentials_of_one_out_of_reach(site_id: int) -> Credentials | None:
    with reading():
        settings = db.session.get(PublishingSettings, site_id, populate_existing=True)
        connection = db.session.get(WordPressConnection, site_id, populate_existing=True)
        db.session.commit()
    if settings is None or settings.target_problem is not WaitingReason.TARGET_OUT_OF_REACH or connection is None:
        return None
    try:
        return credentials_of(connection)
    except Unreadable:
        return None
