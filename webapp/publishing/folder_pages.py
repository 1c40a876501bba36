"""The pages of a static site: what is known of each, and how it is written. Only relative links, no scripts."""

import functools
import io
import math
import re
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

import config
from webapp.content.placing import placed
from webapp.publishing.target import Picture, Post

TEMPLATES = config.ROOT / "templates" / "published"
WORDS_A_MINUTE = 220
ON_A_PAGE = 24  # beside the first article of all, which leads the index
IN_FEED = 20
TONES = 6  # the stylesheet's colours, so that not all sites look the same
RIGHT_TO_LEFT = ("ar", "he")
# What XML and HTML have no place for: most control characters and halves of characters.
UNREADABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Publisher:
    """Whose site it is. `address` is the path at which its folder is served, with slashes around it."""

    name: str
    address: str
    language: str
    zone: ZoneInfo


@dataclass(frozen=True)
class PageImage:
    """A picture's file beside its page, and a smaller one if there is. Sizes in pixels, None where it does not say."""

    name: str
    alt_text: str
    width: int | None
    height: int | None
    webp: str | None = None

    @classmethod
    def of(cls, picture: Picture) -> "PageImage":
        width, height = _size(picture.data)
        return cls(picture.file_name, readable(picture.alt_text), width, height, picture.webp_name)


@dataclass(frozen=True)
class Page:
    """What lists and other pages need to know of one."""

    article_id: int
    slug: str
    title: str
    meta_title: str
    meta_description: str
    excerpt: str
    published_at: datetime
    updated_at: datetime
    minutes: int
    image: PageImage | None
    related: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "published_at": self.published_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Page":
        return cls(
            **dict(kept)
            | {
                "published_at": datetime.fromisoformat(kept["published_at"]),
                "updated_at": datetime.fromisoformat(kept["updated_at"]),
                "image": PageImage(**kept["image"]) if kept["image"] else None,
                "related": tuple(kept["related"]),
            }
        )


class PageWriter:
    """Fills in the site's templates."""

    def __init__(self, publisher: Publisher):
        self._publisher = publisher
        english = publisher.language.partition("-")[0] == "en"
        self._known = {
            "site_name": publisher.name,
            "language": publisher.language,
            "direction": "rtl" if publisher.language in RIGHT_TO_LEFT else "ltr",
            "in_english": Markup("") if english else Markup(' lang="en"'),  # the few words that are ours
            "tone": zlib.crc32(publisher.name.encode()) % TONES,
            "day": self._day_in_words if english else self._day,
            "rfc_822": format_datetime,
            "guid": self._guid,
        }

    def article(self, page: Page, body: str, related: Sequence[Page]) -> bytes:
        return self._filled("article.html", page=page, body=Markup(body), related=related, up="../")

    def lists(self, pages: Sequence[Page]) -> Iterator[tuple[str, bytes]]:
        """The name and content of each file that lists pages, the latest first."""
        lead, *others = pages
        chunks = [others[start : start + ON_A_PAGE] for start in range(0, len(others), ON_A_PAGE)] or [[]]
        for number, chunk in enumerate(chunks, 1):
            yield (
                _index_name(number),
                self._filled(
                    "index.html",
                    lead=lead if number == 1 else None,
                    pages=chunk,
                    count=len(pages),
                    number=number,
                    newer=_index_name(number - 1) if number > 1 else None,
                    older=_index_name(number + 1) if number < len(chunks) else None,
                    up="",
                ),
            )
        yield "feed.xml", self._filled("feed.xml", pages=pages[:IN_FEED])
        yield "sitemap.xml", self._filled("sitemap.xml", pages=pages)
        yield "icon.svg", self._filled("icon.svg", initial=_initial(self._publisher.name))

    def _filled(self, template: str, **facts: Any) -> bytes:
        return _templates().get_template(template).render(self._known | facts).encode()

    def _day(self, instant: datetime) -> str:
        return instant.astimezone(self._publisher.zone).date().isoformat()

    def _day_in_words(self, instant: datetime) -> str:
        local = instant.astimezone(self._publisher.zone)
        return f"{local.day} {local:%B %Y}"

    def _guid(self, page: Page) -> str:
        """Stays the same wherever the folder is."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self._publisher.address}{page.article_id}").urn


def body_of(post: Post, images: Sequence[PageImage]) -> str:
    """The text with each of the post's pictures after the heading that it names, else at the end.

    It is sanitised where it came from; what is added here is escaped.
    """
    pieces = placed(readable(post.body_html), [picture.place for picture in post.pictures])
    body = "".join(html + "".join(_figure(images[number]) for number in numbers) for html, numbers in pieces)
    return body.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")


def minutes_of(html: str) -> int:
    """How long a reader takes."""
    return max(1, math.ceil(len(re.sub(r"<[^>]+>", " ", html).split()) / WORDS_A_MINUTE))


def readable(text: str) -> str:
    """Without the characters that no page may hold."""
    return UNREADABLE.sub("", text)


@functools.cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def _figure(image: PageImage) -> str:
    size = Markup(' width="{}" height="{}"').format(image.width, image.height) if image.width else ""
    source = Markup('<source type="image/webp" srcset="{}">').format(image.webp) if image.webp else ""
    figure = Markup('<figure><picture>{}<img src="{}" alt="{}"{} loading="lazy"></picture></figure>')
    return str(figure.format(source, image.name, image.alt_text, size))


def _index_name(number: int) -> str:
    return "index.html" if number == 1 else f"page-{number}.html"


def _initial(name: str) -> str:
    return next((letter for letter in name if letter.isalnum()), "·").upper()


def _size(data: bytes) -> tuple[int, int] | tuple[None, None]:
    from PIL import Image, UnidentifiedImageError  # it takes its time, and most that import this draw nothing

    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError):
        return None, None
