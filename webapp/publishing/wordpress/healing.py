"""A WordPress that was out of reach is looked at again: a firewall, a name or a redirect may be mended by others."""

from webapp.core.db import db, reading
from webapp.core.secrets import Unreadable
from webapp.publishing.models import PublishingSettings, WaitingReason, WordPressConnection
from webapp.publishing.wordpress.connection import credentials_of
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.diagnosis import CannotConnect
from webapp.publishing.wordpress.examine import examine


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
