"""Drafts that arrived in a WordPress so late that nobody swept them."""

from webapp.core.db import db, reading
from webapp.core.errors import Conflict, NotFound
from webapp.core.outbound import Outbound
from webapp.publishing.models import WordPressConnection
from webapp.publishing.target import TargetError
from webapp.publishing.wordpress import sweep
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.journal import Journal
from webapp.publishing.wordpress.target import WordPressTarget


def tidy(site_id: int) -> int:
    """Puts untouched drafts of articles that have a post of their own there into the trash. Answers how many.

    Raises NotFound where the site has no connection, Conflict where its WordPress refuses.
    """
    with reading():
        connection = db.session.get(WordPressConnection, site_id)
        db.session.commit()
    if connection is None:
        raise NotFound("The site is not connected to a WordPress.", "Connect it on its page *Where to*.")
    journal = Journal(site_id, connection.address)
    try:
        with Outbound() as outbound:
            rest = Rest(WordPressTarget(site_id, connection).credentials(), outbound, lambda: None)
            return sum(sweep.drafts_of(rest, kept) for kept in journal.sent_more_than_once())
    except TargetError as error:
        raise Conflict(error.sentence, "What is public is untouched. Test the connection, and try again.") from error
