"""The folder target: a static site that the app serves, or that can be copied anywhere."""

import contextlib
import fcntl
import hashlib
import json
import math
import os
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

import config
from webapp.publishing.target import Picture, Post, Published, TargetError

TEMPLATES = config.ROOT / "templates" / "published"
STYLE = config.ROOT / "static" / "published.css"
ENDINGS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp"}
WORDS_A_MINUTE = 220
RELATED = 3


class FolderTarget:
    """Writes `folder`: a page per article, an index, a feed and a sitemap. `address` is where the folder is served."""

    accepts_drafts = True

    def __init__(self, folder: Path, site_name: str, address: str, language: str):
        self._folder = folder
        self._address = address.rstrip("/") + "/"
        self._pages = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._pages.globals.update(site_name=site_name, language=language, address=self._address)
        self._pages.filters["day"] = lambda instant: f"{instant.day} {instant:%B %Y}"

    def publish(self, post: Post) -> Published:
        """Raises TargetError where the folder cannot be written."""
        try:
            with self._locked():
                return self._write_all(post)
        except OSError as error:
            raise TargetError(f"The folder cannot be written: {error.strerror or error}.", permanent=False) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, so that the index never misses a page."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write_all(self, post: Post) -> Published:
        slug = self._slug_of(post)
        (self._folder / slug).mkdir(exist_ok=True)
        about = self._about(post, slug)
        _write(self._folder / slug / "about.json", json.dumps(about).encode())
        others = [other for other in self._listed() if other["slug"] != slug]
        related = sorted(others, key=lambda other: (other["published_at"], other["slug"]), reverse=True)[:RELATED]
        page = self._pages.get_template("article.html").render(
            post=post,
            page=_shown(about),
            body=self._body(post, slug),
            related=[_shown(other) for other in related],
            up="../",
        )
        _write(self._folder / slug / "index.html", page.encode())
        self._write_index()
        return Published(link=f"{self._address}{slug}/", remote_id=slug)

    def _slug_of(self, post: Post) -> str:
        """The post's own; with a number where another article has it already."""
        for number in range(1, 10_000):
            slug = post.slug if number == 1 else f"{post.slug}-{number}"
            about = self._folder / slug / "about.json"
            if not about.exists() or json.loads(about.read_text())["article_id"] == post.article_id:
                return slug
        raise TargetError(f"There are too many pages called {post.slug}.", permanent=True)

    def _about(self, post: Post, slug: str) -> dict[str, Any]:
        """What the index needs to know of a page, kept beside it."""
        words = len(re.sub(r"<[^>]+>", " ", post.body_html).split())
        return {
            "article_id": post.article_id,
            "slug": slug,
            "title": post.title,
            "excerpt": post.excerpt,
            "published_at": post.published_at.isoformat(),
            "minutes": max(1, math.ceil(words / WORDS_A_MINUTE)),
            "picture": self._keep(post.featured, slug) if post.featured else None,
            "alt_text": post.featured.alt_text if post.featured else "",
        }

    def _keep(self, picture: Picture, slug: str) -> str:
        """The picture's file beside the page, named by its content."""
        ending = next((ending for start, ending in ENDINGS.items() if picture.data.startswith(start)), ".img")
        name = hashlib.sha256(picture.data).hexdigest()[:20] + ending
        _write(self._folder / slug / name, picture.data)
        return name

    def _body(self, post: Post, slug: str) -> Markup:
        """The text with each picture after the heading that it names."""
        body, left = post.body_html, []
        for picture in post.pictures:
            figure = self._figure(picture, slug)
            heading = _heading(body, picture.place)
            if heading is None:
                left.append(figure)
            else:
                body = body[: heading.end()] + figure + body[heading.end() :]
        return Markup(body + "".join(left))  # sanitised where it came from; what is added is escaped

    def _figure(self, picture: Picture, slug: str) -> str:
        return str(
            Markup('<figure><img src="{}" alt="{}" loading="lazy" width="1200" height="675"></figure>').format(
                self._keep(picture, slug), picture.alt_text
            )
        )

    def _listed(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in self._folder.glob("*/about.json")]

    def _write_index(self) -> None:
        found = sorted(self._listed(), key=lambda page: (page["published_at"], page["slug"]), reverse=True)
        pages = [_shown(page) for page in found]
        for name in ("index.html", "feed.xml", "sitemap.xml"):
            _write(self._folder / name, self._pages.get_template(name).render(pages=pages, up="").encode())
        _write(self._folder / "style.css", STYLE.read_bytes())


def _shown(about: dict[str, Any]) -> dict[str, Any]:
    return about | {"published_at": datetime.fromisoformat(about["published_at"])}


def _heading(body: str, place: str | None) -> re.Match[str] | None:
    """The heading with that text."""
    if place is None:
        return None
    wanted = " ".join(place.split())
    for heading in re.finditer(r"<h([23])>(.*?)</h\1>", body, re.DOTALL):
        if " ".join(unescape(re.sub(r"<[^>]+>", "", heading[2])).split()) == wanted:
            return heading
    return None


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing: a visitor never sees half a page."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
