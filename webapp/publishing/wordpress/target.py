"""WordPress as a destination: five steps, each of which can be repeated, and each result kept before the next.

Whatever becomes of an answer on its way, there is one public post of an article: it is made as a draft, and only a
post whose number we know is put out. Drafts that were made twice are swept away.
"""

import logging
from collections.abc import Sequence

from webapp.core.guard import UnknownName
from webapp.core.outbound import Outbound
from webapp.core.secrets import Unreadable
from webapp.publishing.models import PostStatus, WordPressConnection, WordPressPost
from webapp.publishing.target import (
    CredentialsRefused,
    NeedsOwner,
    NotConnected,
    OutOfReach,
    Post,
    Published,
    StillOurs,
    TakenOver,
    TargetDown,
    TargetError,
)
from webapp.publishing.wordpress import diagnosis, finding, sweep
from webapp.publishing.wordpress.api import Rest, is_up
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.hung import Hung
from webapp.publishing.wordpress.journal import Journal
from webapp.publishing.wordpress.markup import content_of, escaped, mark
from webapp.publishing.wordpress.pictures import hang
from webapp.publishing.wordpress.refusals import Json, NotTheirs, Refusal, number_in
from webapp.publishing.wordpress.terms import NoTerm, Taxonomy, term_named

log = logging.getLogger(__name__)

NO_SUCH_POST = "rest_post_invalid_id"
LOOKED_AT = "id,status,link,slug,categories,tags,featured_media"
LONGEST_LINK = 500  # characters
PUBLIC = ("publish", "private", "future")  # statuses in which a slug is in use


class WordPressTarget:
    """The WordPress that a site is connected to; None where it is not."""

    accepts_drafts = False

    def __init__(self, site_id: int, connection: WordPressConnection | None):
        self._site_id = site_id
        if connection is not None:
            self._address, self._username = connection.address, connection.username
            self._secret, self._category = connection.password, connection.default_category
            self._status = connection.post_status
        self._connected = connection is not None

    def publish(self, post: Post, still_ours: StillOurs) -> Published:
        def before_change() -> None:
            if not still_ours():
                raise TakenOver()

        credentials = self.credentials()
        _refuse_plain_http(credentials)
        try:
            with Outbound() as outbound:
                rest = Rest(credentials, outbound, before_change)
                work = _Publishing(rest, Journal(self._site_id, self._address), post, self._status, self._category)
                return work.whole()
        except TargetError as error:
            if _may_be_the_site(error) and not is_up(credentials):
                raise TargetDown(error.sentence, retry_after=error.retry_after) from error
            raise

    def credentials(self) -> Credentials:
        """Raises NeedsOwner where there are none that can be used."""
        if not self._connected:
            raise NotConnected("The site is not connected to a WordPress.")
        try:
            password = self._secret.reveal()
        except Unreadable:
            raise CredentialsRefused(str(Unreadable("The password for WordPress"))) from None
        return Credentials(self._address, self._username, password)


def _refuse_plain_http(credentials: Credentials) -> None:
    """A private name may have become a public one since the connection was tested."""
    try:
        diagnosis.refuse_plain_http(credentials.address)
    except diagnosis.CannotConnect as problem:
        may_pass = isinstance(problem.__cause__, UnknownName)  # just now
        raise (TargetDown if may_pass else OutOfReach)(problem.sentence) from problem


def _may_be_the_site(error: TargetError) -> bool:
    """Whether the article itself is perhaps not to blame: nobody has said so yet."""
    return not error.permanent and not isinstance(error, NeedsOwner | TargetDown | TakenOver)


class _Publishing:
    """One post on its way."""

    def __init__(self, rest: Rest, journal: Journal, post: Post, status: PostStatus, category: str):
        self._rest, self._journal, self._post = rest, journal, post
        self._status, self._category = status, category
        self._remarks: list[str] = []

    def whole(self) -> Published:
        try:
            return self._through_all_steps()
        except Refusal as refusal:
            if refusal.code != NO_SUCH_POST:
                raise
            return self._anew()
        except NotTheirs as refusal:
            kept = self._journal.post_of(self._post.article_id, self._post.slug)
            if not self._is_hidden(kept):
                raise TargetError(OF_ANOTHER.format(kept.post_id, refusal.sentence), permanent=True) from refusal
            return self._anew(LEFT_BEHIND.format(kept.post_id))
        except (KeyError, TypeError, ValueError) as error:
            raise TargetError("WordPress's answer lacks what it should hold.", permanent=False) from error

    def _anew(self, *remarks: str) -> Published:
        """With another post: the one that we know of is gone, or somebody else's by now."""
        self._journal.gone(self._post.article_id)
        self._remarks[:] = remarks
        return self._through_all_steps()

    def _is_hidden(self, kept: WordPressPost) -> bool:
        """Whether the post, which we may not change, is a draft, so that another may be made in its place."""
        if kept.post_id is None or kept.put_out_at is not None:
            return False
        try:
            seen = self._rest.get(f"/posts/{kept.post_id}", _fields="id,status")
        except NotTheirs:  # everybody may read what is public
            return self._status is not PostStatus.PRIVATE
        return str(seen["status"]) == PostStatus.DRAFT

    def _through_all_steps(self) -> Published:
        kept = self._known()
        post_id = self._found(kept) or self._created(kept)
        hung = hang(self._rest, self._journal, self._post)  # (3)
        put = self._put_out(kept, post_id, hung)
        seen = self._verified(post_id, put)
        known = self._journal.put_out(self._post.article_id)
        if kept.creates or known.creates > 1:  # it was tried before, or meanwhile
            self._sweep(known, hung)
        return Published(self._link(seen, post_id), remote_id=str(post_id), remark=" ".join(self._remarks))

    def _known(self) -> WordPressPost:
        """What is known of its post, here or at another address that leads here too."""
        kept = self._journal.post_of(self._post.article_id, self._post.slug)
        for other in () if kept.creates else self._journal.elsewhere(self._post.article_id):
            post_id = finding.known_elsewhere(self._rest, other)
            if post_id is not None:
                return self._journal.carry_over(other, post_id)
        return kept

    def _link(self, seen: Json, post_id: int) -> str:
        """As WordPress says, if that can be kept and shown; else one that leads there too."""
        told = str(seen["link"])
        can_be_kept = told.startswith(("http://", "https://")) and told.isprintable() and len(told) <= LONGEST_LINK
        return told if can_be_kept else f"{self._journal.address}/?p={post_id}"

    def _found(self, kept: WordPressPost) -> int | None:
        """(1) The post that is there already. What was never sent is not looked for: its key is new."""
        if kept.post_id is not None:
            return kept.post_id
        post_id = finding.draft_of(self._rest, kept, self._post.title) if kept.creates else None
        return None if post_id is None else self._journal.created(self._post.article_id, post_id)

    def _created(self, kept: WordPressPost) -> int:
        """(2) As a draft, which nobody sees."""
        self._journal.creating(self._post.article_id)
        draft = {"title": escaped(self._post.title), "slug": kept.slug, "content": mark(kept.key), "status": "draft"}
        return self._journal.created(self._post.article_id, number_in(self._rest.post("/posts", draft)))

    def _put_out(self, kept: WordPressPost, post_id: int, hung: dict[str, Hung]) -> Json:
        """(4) Everything at once, with the status. What the owner may have changed there since, stays."""
        body: Json = {
            "title": escaped(self._post.title),
            "content": content_of(self._post, hung, kept.key),
            "excerpt": escaped(self._post.meta_description),
            "featured_media": self._featured(hung),
        }
        if kept.put_out_at is None:
            body |= {"slug": kept.slug, "status": self._status.value} | self._terms()
        elif self._status is PostStatus.PUBLISH:
            body |= {"status": self._status.value}
        return body | self._rest.post(f"/posts/{post_id}", body) | {"asked": body}

    def _featured(self, hung: dict[str, Hung]) -> int:
        return hung[self._post.featured.file_name].media_id if self._post.featured else 0

    def _terms(self) -> Json:
        """Those that there are or that may be made; WordPress has a category of its own for what has none."""
        tags = [self._term(Taxonomy.TAG, name) for name in self._post.tags]
        found: Json = {"tags": [tag for tag in tags if tag is not None]}
        category = self._term(Taxonomy.CATEGORY, self._category) if self._category else None
        return found if category is None else found | {"categories": [category]}

    def _term(self, taxonomy: Taxonomy, name: str) -> int | None:
        """None where there is none: no term is worth an article."""
        try:
            return term_named(self._rest, taxonomy, name)
        except NoTerm as problem:
            self._remarks.append(MISSING[taxonomy].format(name, problem.why))
            return None

    def _verified(self, post_id: int, put: Json) -> Json:
        """(5) What stands there now. Several that are put out at once may get the same slug: ours is made different."""
        seen, has_twin = self._seen(post_id, str(put["slug"]))
        if has_twin:
            renamed = self._rest.post(f"/posts/{post_id}", {"slug": f"{put['slug']}-{post_id}"})
            seen, _ = self._seen(post_id, str(renamed["slug"]))
        self._compare(seen, put["asked"])
        return seen

    def _seen(self, post_id: int, slug: str) -> tuple[Json, bool]:
        """The post as it reads, and whether another is to be found at the same address."""
        found = self._rest.list("/posts", slug=slug, status="any", per_page=100, _fields=LOOKED_AT)
        listed = next((post for post in found if post["id"] == post_id), None)
        seen = listed or self._rest.get(f"/posts/{post_id}", _fields=LOOKED_AT)  # plugins keep posts out of lists
        others = [post for post in found if post["id"] != post_id and post["status"] in PUBLIC]
        return seen, seen["status"] in PUBLIC and bool(others)

    def _compare(self, seen: Json, asked: Json) -> None:
        """WordPress drops silently what it does not know. Raises TargetError."""
        if "status" in asked and seen["status"] != asked["status"]:
            raise TargetError(
                f"WordPress made it “{seen['status']}” instead of “{asked['status']}”: a plugin may hold it there.",
                permanent=True,
            )
        if seen["featured_media"] != asked["featured_media"]:
            raise TargetError("WordPress dropped the featured picture: it was deleted meanwhile.", permanent=False)
        if not set(asked.get("categories", ())) <= set(seen["categories"]):
            raise TargetError("WordPress dropped the categories: they were deleted meanwhile.", permanent=False)
        if not set(asked.get("tags", ())) <= set(seen["tags"]):
            self._remarks.append("WordPress dropped its tags.")

    def _sweep(self, kept: WordPressPost, hung: dict[str, Hung]) -> None:
        """What was sent twice may be there twice. It is out already: that nothing is swept is no reason to fail it."""
        try:
            self._sweep_away(kept, list(hung))
        except TakenOver:
            raise
        except TargetError as error:
            log.warning("article %s: what is left behind in WordPress stays (%s)", self._post.article_id, error)

    def _sweep_away(self, kept: WordPressPost, names: Sequence[str]) -> None:
        if kept.creates > 1:
            sweep.drafts_of(self._rest, kept)
        for picture in self._journal.pictures(names).values():
            if picture.uploads > 1:
                sweep.copies_of(self._rest, picture.name, self._journal.in_use(picture.name))
                self._journal.swept(picture.name)


OF_ANOTHER = (
    "The user may not change the post that the article has in WordPress (number {}). {} Make the user an Editor there, "
    "or connect as the one whose post it is; then try it again."
)
LEFT_BEHIND = "A draft of it (number {}) stays in WordPress: it is another user's, so another post was made."
MISSING = {
    Taxonomy.CATEGORY: "There is no category “{}”, and {}: the post is in WordPress's own.",
    Taxonomy.TAG: "There is no tag “{}”, and {}: the post is without it.",
}
