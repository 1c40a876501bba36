"""HTML of articles: what may stay in it, and what is read out of it."""

import re
from collections.abc import Callable, Collection
from html.parser import HTMLParser

import nh3

from webapp.ai import words

TAGS = {
    "h2",
    "h3",
    "p",
    "ul",
    "ol",
    "li",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "strong",
    "em",
    "blockquote",
    "a",
    "figure",
    "figcaption",
    "img",
    "br",
}
PICTURES = {"figure", "figcaption", "img"}
ATTRIBUTES = {
    "p": {"class"},
    "a": {"href"},
    "img": {"src", "alt"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
NOTE = "draft-note"  # the one class that a paragraph may have
INLINE = {"strong", "em", "a"}
LINK_SCHEME = "pressroom"  # of links to what a site has itself
LINK_START = f"{LINK_SCHEME}:"
LINK = re.compile(rf"{LINK_START}[a-z][1-9][0-9]*")
NO_LINK = re.compile(r"<a>(.*?)</a>", re.DOTALL)
ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})", re.IGNORECASE)


def clean(html: str) -> str:
    """`html` with only what an article may hold: no scripts, no styles, no pictures from elsewhere.

    Links lead to web pages, or to ids of the site: see content.links. Cleaning it twice changes nothing.
    """
    return _cleaned(html, _kept, TAGS)


def clean_reply(html: str, ids: Collection[str]) -> str:
    """The same for what a provider wrote: of its links only those to these ids stay, of the others their words.

    It shows no pictures: those have their own places.
    """
    allowed = {f"{LINK_START}{id}" for id in ids}

    def kept(tag: str, attribute: str, value: str) -> str | None:
        return _kept(tag, attribute, value) if (tag, attribute) != ("a", "href") or value in allowed else None

    return NO_LINK.sub(r"\1", _cleaned(html, kept, TAGS - PICTURES))


def _cleaned(html: str, kept: Callable[[str, str, str], str | None], tags: set[str]) -> str:
    return nh3.clean(
        html,
        tags=tags,
        attributes=ATTRIBUTES,
        attribute_filter=kept,
        url_schemes={"http", "https", LINK_SCHEME},
        link_rel=None,
        strip_comments=True,
    )


def count_words(html: str) -> int:
    """How many words a reader sees."""
    return words.count(plain(html))


def headings(html: str) -> list[str]:
    """The texts of the h2 headings, in order, without markup."""
    return [" ".join(text.split()) for text in _read(html).headings]


def plain(html: str) -> str:
    """The text that a reader sees."""
    return "".join(_read(html).text)


def _kept(tag: str, attribute: str, value: str) -> str | None:
    match tag, attribute:
        case "img", "src":
            return None if ELSEWHERE.match(value) else value
        case "a", "href" if value.strip().lower().startswith(LINK_START):
            return value if LINK.fullmatch(value) else None
        case "p", "class":
            return value if value == NOTE else None
        case _:
            return value


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.headings: list[str] = []
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._separate(tag)
        if tag == "h2":
            self._in_heading = True
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        self._separate(tag)
        if tag == "h2":
            self._in_heading = False

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._in_heading:
            self.headings[-1] += data

    def _separate(self, tag: str) -> None:
        if tag not in INLINE:
            self.text.append(" ")


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader
