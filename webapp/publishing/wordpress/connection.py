"""Where a site publishes to: connecting it to a WordPress, and choosing the folder again. The caller commits."""

from dataclasses import asdict, dataclass

from sqlalchemy import delete

from webapp.content.models import ExistingPost
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import Invalid
from webapp.core.secrets import Secret, Unreadable
from webapp.publishing import outage
from webapp.publishing.models import PostStatus, WordPressConnection
from webapp.publishing.places import Place
from webapp.publishing.schedule import lock, reslot
from webapp.publishing.target import NotConnected
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.examine import Examined
from webapp.sites.models import Site, TargetKind

UNTESTED = "It was saved without a test that worked."


@dataclass(frozen=True)
class Wanted:
    """A connection as somebody wants it. `password` is empty where the one that is kept shall stay."""

    address: str
    username: str
    password: str
    default_category: str
    post_status: PostStatus


def credentials_of(connection: WordPressConnection) -> Credentials:
    """Raises Unreadable where SECRET_KEY has changed."""
    try:
        password = connection.password.reveal()
    except Unreadable:
        raise Unreadable("The password for WordPress") from None
    return Credentials(connection.address, connection.username, password)


def credentials_for(wanted: Wanted, kept: WordPressConnection | None) -> Credentials:
    """With the password that was written, or the one that is kept.

    The kept one goes to no other host and for no other user than it was entered for. Raises Invalid, Unreadable.
    """
    if wanted.password:
        return Credentials(wanted.address, wanted.username, wanted.password)
    if kept is None:
        raise Invalid("password", "The application password is missing.", "Make one in WordPress: Users → Profile.")
    if (wanted.address, wanted.username) != (kept.address, kept.username):
        raise Invalid(
            "password",
            "The password that is kept belongs to another address or user.",
            "Enter the application password of this one.",
        )
    return credentials_of(kept)


def connect(site: Site, wanted: Wanted, found: Examined | None) -> list[Place]:
    """From now on the site publishes there. Without a test that worked (`found`) its queue is held until one does.

    Answers where its articles stand then.
    """
    lock(site.id)
    connection = db.session.get(WordPressConnection, site.id, populate_existing=True)
    if connection is None:
        connection = WordPressConnection(site_id=site.id, address=wanted.address)
        db.session.add(connection)
    if connection.address != wanted.address:
        _forget_posts(connection)
    connection.address, connection.username = wanted.address, wanted.username
    connection.default_category, connection.post_status = wanted.default_category, wanted.post_status
    if wanted.password:
        connection.password, connection.password_set_at = Secret.of(wanted.password), now()
    connection.found = asdict(found) if found else None
    connection.tested_at = now() if found else None
    site.target = TargetKind.WORDPRESS
    settings = lock(site.id)
    outage.begins_anew(settings)
    if found is None:
        outage.hold(settings, NotConnected(UNTESTED))
    return reslot(site.id)  # whatever stood there before: another place takes other articles


def use_folder(site: Site) -> list[Place]:
    """From now on the site publishes to its folder; how it signs in to WordPress is kept."""
    outage.begins_anew(lock(site.id))
    site.target = TargetKind.FOLDER
    return reslot(site.id)


def forget(site: Site) -> None:
    """Deletes the password and all that was read there; the site publishes to its folder."""
    use_folder(site)
    change(delete(ExistingPost).where(ExistingPost.site_id == site.id))
    change(delete(WordPressConnection).where(WordPressConnection.site_id == site.id))
    db.session.expire_all()


def _forget_posts(connection: WordPressConnection) -> None:
    change(delete(ExistingPost).where(ExistingPost.site_id == connection.site_id))
    connection.posts_read_at, connection.posts_problem = None, ""
