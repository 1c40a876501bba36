"""A site that is connected to a real WordPress, articles for it, and what its administrator sees there."""

import html
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image as Drawing

from tests import factories
from tests.publishing.desk import undisturbed
from tests.wordpress.server import WordPress
from webapp.ai.functions.image_prompt_extraction import ImageRole
from webapp.content import media
from webapp.content.models import Article
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.publishing.destinations import post_of, target_for
from webapp.publishing.models import PostStatus, WordPressConnection
from webapp.publishing.target import Post, Published, StillOurs
from webapp.sites.models import Site, TargetKind

EVERYTHING = "publish,future,draft,pending,private,trash"


class Blog:
    """A WordPress as its administrator sees it."""

    def __init__(self, wordpress: WordPress):
        self.address = wordpress.address
        self.client = httpx.Client(
            base_url=f"{wordpress.address}/wp-json/wp/v2",
            auth=("admin", wordpress.passwords["admin"]),
            timeout=60,
            trust_env=False,
        )

    def called(self, title: str) -> list[dict[str, Any]]:
        """All posts with that title, in any status."""
        found = self._get(
            "/posts", search=f'"{html.escape(title, False)}"', status=EVERYTHING, context="edit", per_page=100
        )
        return [post for post in found if html.unescape(post["title"]["raw"]) == title]

    def post(self, published: Published) -> dict[str, Any]:
        return dict(self._get(f"/posts/{published.remote_id}", context="edit"))

    def only(self, title: str) -> dict[str, Any]:
        """The one that is not in the trash."""
        (post,) = (post for post in self.called(title) if post["status"] != "trash")
        return post

    def arrive_late(self, title: str, content: str) -> dict[str, Any]:
        """A draft that the editor sent, of which nobody has heard yet."""
        (editor,) = self._get("/users", slug="editor")
        return self.make("posts", title=title, content=content, status="draft", author=editor["id"])

    def pictures(self, name: str) -> list[dict[str, Any]]:
        """Those of that file name, copies included."""
        stem = name.partition(".")[0]
        slugs = [stem, *(f"{stem}-{number}" for number in range(1, 10))]
        return list(self._get("/media", slug=",".join(slugs), per_page=100))

    def term(self, taxonomy: str, name: str) -> list[dict[str, Any]]:
        return [term for term in self._get(f"/{taxonomy}", search=name, per_page=100) if term["name"] == name]

    def make(self, what: str, **fields: Any) -> dict[str, Any]:
        answer = self.client.post(f"/{what}", json=fields)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def delete(self, what: str, number: int) -> None:
        answer = self.client.delete(f"/{what}/{number}", params={"force": "true"})
        assert answer.is_success, answer.text

    def page(self, address: str) -> httpx.Response:
        """What a visitor gets."""
        return httpx.get(address, follow_redirects=True, timeout=60, trust_env=False)

    def _get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(path, params=params)
        assert answer.is_success, answer.text
        return answer.json()


@contextmanager
def looking_at(wordpress: WordPress) -> Iterator[Blog]:
    blog = Blog(wordpress)
    try:
        yield blog
    finally:
        blog.client.close()


def connect(site: Site, wordpress: WordPress, *, user: str = "editor", address: str = "", **fields: Any) -> Site:
    """The site publishes there as that user, through a proxy if `address` names one."""
    defaults = {"password": Secret.of(wordpress.passwords[user]), "post_status": PostStatus.PUBLISH}
    values = defaults | {"address": address or wordpress.address, "username": user, "site_id": site.id} | fields
    db.session.merge(WordPressConnection(**values))
    db.session.merge(site).target = TargetKind.WORDPRESS
    db.session.commit()
    return site


def png() -> bytes:
    """A picture that nobody else has."""
    made = io.BytesIO()
    Drawing.frombytes("RGB", (16, 16), uuid4().bytes * 48).save(made, "PNG")
    return made.getvalue()


def article(site: Site, *, pictures: int = 2, data: bytes | None = None, **fields: Any) -> Article:
    """One with a title of its own, a featured picture and others after its heading “Light”."""
    name = uuid4().hex[:12]
    defaults = {"title": f"Basil on the window sill {name}", "slug": f"basil-{name}", "is_draft_quality": False}
    made = factories.article(site, **(defaults | fields))
    for position in range(pictures):
        file = media.keep(data or png(), "image/png")
        role = ImageRole.FEATURED if position == 0 else ImageRole.IN_ARTICLE
        factories.image(made, file=file, role=role, alt_text=f"Basil, “{position}” & more")
    return made


def ready(site: Site, made: Article) -> Post:
    """The article as it goes out."""
    db.session.commit()
    post = post_of(db.session.get_one(Article, made.id, populate_existing=True))
    db.session.commit()
    return post


def publish(site: Site, post: Post, still_ours: StillOurs = undisturbed) -> Published:
    """One try, outside any transaction."""
    target = target_for(db.session.get_one(Site, site.id))
    db.session.commit()
    return target.publish(post, still_ours)


def names(post: Post) -> list[str]:
    """Of the post's pictures, the featured one first."""
    return [picture.file_name for picture in (*([post.featured] if post.featured else ()), *post.pictures)]
