"""The posts that a WordPress has already, so that articles can link to them and are not written twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import NoResultFound

from webapp.content.models import ExistingPost
from webapp.core.clock import now
from webapp.core.db import change, db, reading
from webapp.core.errors import Conflict, NotFound
from webapp.core.outbound import Outbound
from webapp.publishing.models import WordPressConnection
from webapp.publishing.schedule import lock
from webapp.publishing.target import TargetError
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.connection import credentials_of
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.diagnosis import plain
from webapp.publishing.wordpress.refusals import Refusal

A_PAGE = 100  # the most that WordPress gives at once
MOST = 5000  # posts of one site; the latest changed count
LONGEST = 2000  # characters of an address
BEYOND_THE_LAST = "rest_post_invalid_page_number"
FIELDS = "id,link,title,slug,modified_gmt"


@dataclass(frozen=True)
class PostsRead:
    """How many there are now. `are_all`: not only the latest."""

    count: int
    are_all: bool

    @property
    def sentence(self) -> str:
        posts = f"{self.count:,} {'post' if self.count == 1 else 'posts'}"
        return f"Read: {posts}." if self.are_all else f"Read: the {posts} that were changed last; there are more."


def read_posts(site_id: int) -> PostsRead:
    """Replaces what is known of them by what is there now. Commits.

    Raises NotFound where the site has no connection, Conflict where its WordPress does not say.
    """
    with reading():
        connection = db.session.get(WordPressConnection, site_id)
        db.session.rollback()
    if connection is None:
        raise NotFound("The site is not connected to a WordPress.", "Connect it on its page “Where to”.")
    credentials = credentials_of(connection)
    posts = _fetch(credentials)
    _replace(site_id, credentials.address, posts[:MOST])
    return PostsRead(len(posts[:MOST]), are_all=len(posts) <= MOST)


def _fetch(credentials: Credentials) -> list[dict[str, Any]]:
    try:
        with Outbound() as outbound:
            rest = Rest(credentials, outbound, before_change=lambda: None)
            return list({row["remote_id"]: row for row in _rows(rest)}.values())
    except TargetError as error:
        raise Conflict(
            f"WordPress did not say which posts it has. {error.sentence}",
            "What was read before is kept. Test the connection, and read again.",
        ) from error


def _rows(rest: Rest) -> Iterator[dict[str, Any]]:
    """Page by page until one is not full, or one more than we keep."""
    for page in range(1, MOST // A_PAGE + 2):
        found = _page(rest, page)
        yield from (row for one in found if (row := _row(one)) is not None)
        if len(found) < A_PAGE:
            return


def _page(rest: Rest, page: int) -> list[dict[str, Any]]:
    """None where the page before was the last one, and full."""
    order = {"status": "publish", "orderby": "modified", "order": "desc"}
    try:
        return rest.list("/posts", per_page=A_PAGE, page=page, _fields=FIELDS, **order)
    except Refusal as refusal:
        if refusal.code != BEYOND_THE_LAST:
            raise
        return []


def _row(post: Mapping[str, Any]) -> dict[str, Any] | None:
    """A post as we keep it; None for what is none, or leads anywhere but to a web page."""
    link, title = str(post.get("link") or ""), post.get("title")
    try:
        remote_id = int(post["id"])
        modified = datetime.fromisoformat(str(post["modified_gmt"])).replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError):
        return None
    if not link.startswith(("https://", "http://")) or not link.isprintable() or len(link) > LONGEST:
        return None
    if not 0 < remote_id < 2**63:
        return None
    return {
        "remote_id": remote_id,
        "link": link,
        "title": plain(title.get("rendered") if isinstance(title, Mapping) else ""),
        "slug": plain(post.get("slug") or ""),
        "modified": modified,
    }


def _replace(site_id: int, address: str, posts: list[dict[str, Any]]) -> None:
    """Under the site's lock, and only if it is still connected to that address."""
    connection = _locked(site_id)
    if connection is None or connection.address != address:
        db.session.rollback()
        raise Conflict("The site was connected elsewhere meanwhile.", "Nothing was changed. Read again.")
    change(delete(ExistingPost).where(ExistingPost.site_id == site_id))
    if posts:
        db.session.execute(insert(ExistingPost), [{"site_id": site_id, **post} for post in posts])
    connection.posts_read_at, connection.posts_problem = now(), ""
    db.session.commit()


def keep_problem(site_id: int, problem: str) -> None:
    """Why they could not be read, for the site's page. Commits."""
    connection = _locked(site_id)
    if connection is not None:
        connection.posts_problem = problem
    db.session.commit()


def _locked(site_id: int) -> WordPressConnection | None:
    """None if the site, or its connection, is gone."""
    try:
        lock(site_id)
    except NoResultFound:
        return None
    wanted = select(WordPressConnection).where(WordPressConnection.site_id == site_id)
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def listed(site_id: int, limit: int) -> Sequence[ExistingPost]:
    """Those that are known, the last changed first."""
    wanted = select(ExistingPost).where(ExistingPost.site_id == site_id)
    order = ExistingPost.modified.desc(), ExistingPost.remote_id.desc()
    return db.session.scalars(wanted.order_by(*order).limit(limit)).all()


def count(site_id: int) -> int:
    """How many are known."""
    wanted = select(func.count()).select_from(ExistingPost).where(ExistingPost.site_id == site_id)
    return db.session.scalar(wanted) or 0
