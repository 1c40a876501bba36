"""The folder target: a static site that the app serves, or that can be copied anywhere."""

import contextlib
import errno
import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import config
from webapp.publishing.folder_pages import Page, PageImage, PageWriter, Publisher, body_of, minutes_of, readable
from webapp.publishing.folder_related import closest, gains
from webapp.publishing.target import Picture, Post, Published, StillOurs, TakenOver, TargetDown, TargetError

STYLE = config.ROOT / "static" / "published.css"
NOTES = ".pages"  # what is needed to list a page and to write it again; nobody's business
OF_THE_FOLDER = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)  # not of one page
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class FolderTarget:
    """Writes `folder`: a page per article, an index, a feed and a sitemap. `publisher` is whose site it is."""

    accepts_drafts = True

    def __init__(self, folder: Path, publisher: Publisher):
        self._folder = folder
        self._address = publisher.address
        self._writer = PageWriter(publisher)

    def publish(self, post: Post, still_ours: StillOurs) -> Published:
        """Raises TargetError where the folder cannot be written, or the article has no usable address."""
        if not SLUG.fullmatch(post.slug):
            raise TargetError(f"“{post.slug}” cannot be the address of a page.", permanent=True)
        try:
            with self._locked():
                if not still_ours():
                    raise TakenOver()
                slug = self._write_all(post)
        except OSError as error:
            said = f"The folder cannot be written: {error.strerror or error}."
            raise TargetDown(said) if error.errno in OF_THE_FOLDER else TargetError(said, permanent=False) from error
        return Published(link=f"{self._address}{slug}/", remote_id=slug)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, so that the index never misses a page."""
        (self._folder / NOTES).mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write_all(self, post: Post) -> str:
        """The page comes first and the index last, so that nothing leads to what is not there yet."""
        pages = self._pages()
        slug = _slug_of(post, pages)
        (self._folder / slug).mkdir(exist_ok=True)
        old = pages.pop(slug, None)
        page = self._page(post, slug, old)
        page = replace(page, related=closest(page, pages.values()))
        self._write_note(page, body_of(post, [self._keep(picture, slug) for picture in post.pictures]))
        self._write_page(page, pages)
        pages[slug] = page
        self._tell_others(page, pages)
        self._write_lists(pages.values())
        return slug

    def _page(self, post: Post, slug: str, old: Page | None) -> Page:
        """A page that is replaced keeps the day of its first appearance."""
        return Page(
            article_id=post.article_id,
            slug=slug,
            title=readable(post.title),
            meta_title=readable(post.meta_title),
            meta_description=readable(post.meta_description),
            excerpt=readable(post.excerpt),
            published_at=old.published_at if old else post.published_at,
            updated_at=post.published_at,
            minutes=minutes_of(post.body_html),
            image=self._keep(post.featured, slug) if post.featured else None,
        )

    def _keep(self, picture: Picture, slug: str) -> PageImage:
        """The picture's files beside the page, named by their content."""
        image = PageImage.of(picture)
        _write(self._folder / slug / image.name, picture.data)
        if image.webp and picture.webp:
            _write(self._folder / slug / image.webp, picture.webp)
        return image

    def _tell_others(self, page: Page, pages: dict[str, Page]) -> None:
        """Pages that lead to this one are written again, and so are those that do so from now on."""
        for other in [other for other in pages.values() if other.slug != page.slug]:
            if page.slug not in other.related and not gains(other, page, pages):
                continue
            known = [pages[slug] for slug in other.related if slug in pages]
            told = replace(other, related=closest(other, {one.slug: one for one in (*known, page)}.values()))
            pages[told.slug] = told
            self._write_note(told, None)
            self._write_page(told, pages)

    def _write_note(self, page: Page, body: str | None) -> None:
        if body is not None:
            _write(self._note(page.slug, ".html"), body.encode())
        _write(self._note(page.slug, ".json"), json.dumps(page.as_json()).encode())

    def _write_page(self, page: Page, pages: dict[str, Page]) -> None:
        body = self._note(page.slug, ".html").read_text()
        related = [pages[slug] for slug in page.related]
        _write(self._folder / page.slug / "index.html", self._writer.article(page, body, related))

    def _write_lists(self, pages: Iterable[Page]) -> None:
        _write(self._folder / "style.css", STYLE.read_bytes())
        latest_first = sorted(pages, key=lambda page: (page.published_at, page.slug), reverse=True)
        for name, content in self._writer.lists(latest_first):
            _write(self._folder / name, content)

    def _pages(self) -> dict[str, Page]:
        """All that is published here, by slug."""
        notes = (self._folder / NOTES).glob("*.json")
        return {page.slug: page for page in (Page.from_json(json.loads(note.read_text())) for note in notes)}

    def _note(self, slug: str, ending: str) -> Path:
        return self._folder / NOTES / (slug + ending)


def _slug_of(post: Post, pages: dict[str, Page]) -> str:
    """Where the article is already; else its own, with a number where another article has it."""
    for page in pages.values():
        if page.article_id == post.article_id:
            return page.slug
    slug, number = post.slug, 1
    while slug in pages:
        number += 1
        slug = f"{post.slug}-{number}"
    return slug


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing: a visitor never sees half a page."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
