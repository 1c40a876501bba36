"""The HTML that models write: made plain, made of blocks, and linked to what they chose."""

import re
from collections.abc import Collection
from html import escape

from webapp.ai import words
from webapp.ai.openai.operations.work import TAG, one_line, spelt, without_markup
from webapp.ai.provider import BadReply

BLOCK = re.compile(r"<(?:p|ul|ol|table|blockquote|h[1-6]|div)\b", re.IGNORECASE)
FIRST_HEADING = re.compile(r"\s*<h[1-6][^<>]*>(.*?)</h[1-6]\s*>\s*", re.IGNORECASE | re.DOTALL)
TOO_HIGH = re.compile(r"<(/?)h[12](?=[\s>])", re.IGNORECASE)
LINK = re.compile(r"</?a(?:\s[^<>]*)?>", re.IGNORECASE)
UNLINKED = re.compile(
    r"<(h[1-6])\b[^<>]*>.{0,300}?</\1\s*>|<a\s[^<>]*>.{0,300}?</a>|<[^<>]*>", re.IGNORECASE | re.DOTALL
)
LONGEST = 100_000  # characters of a part: what is longer is no text for readers
SHORTEST_ANCHOR = 3  # characters


def body(heading: str, html: str) -> str:
    """A part's HTML: without its own heading again, with no heading above h3, in paragraphs, and without links.

    Raises BadReply where it is too long to be one.
    """
    first = FIRST_HEADING.match(bounded(html))
    if first and spelt(TAG.sub("", first[1])) == spelt(heading):
        html = html[first.end() :]
    html = LINK.sub("", TOO_HIGH.sub(r"<\1h3", html.strip()))
    if BLOCK.search(html):
        return html
    return "\n".join(f"<p>{part.strip()}</p>" for part in re.split(r"\n\s*\n", html) if part.strip())


def bounded(html: str) -> str:
    """The same. Raises BadReply where it is longer than any part of an article."""
    if len(html) > LONGEST:
        raise BadReply(f"the text of a part is longer than {LONGEST:,} characters")
    return html


def linked(html: str, anchor: str, target: str) -> str:
    """With the first place that has these words, outside of headings and other links, made a link; else as it was."""
    wanted = escape(one_line(anchor), quote=False)
    if len(wanted) < SHORTEST_ANCHOR or "<" in anchor:
        return html
    position = 0
    for skipped in [*UNLINKED.finditer(html), None]:
        end = skipped.start() if skipped else len(html)
        place = html.find(wanted, position, end)
        if place >= 0:
            link = f'<a href="{escape(target)}">{wanted}</a>'
            return html[:place] + link + html[place + len(wanted) :]
        position = skipped.end() if skipped else end
    return html


def plain(html: str) -> str:
    return one_line(without_markup(html))


def has_words(html: str) -> bool:
    """Whether a reader sees any."""
    return any(character.isalnum() for character in TAG.sub(" ", html))


def count_words(*parts: str) -> int:
    return words.count(plain(" ".join(parts)))


def known(ids: Collection[str], wanted: str) -> str | None:
    """The id that is meant."""
    bare = wanted.strip().removeprefix("pressroom:")
    return bare if bare in ids else None
