"""Where an article's pictures go: after the heading that each names, else at the end. Pure."""

import re
from collections.abc import Sequence

from webapp.content.normal import normal
from webapp.content.sanitise import plain

AFTER_HEADING = re.compile(r"(?<=</h[23]>)")
LAST_HEADING = re.compile(r"<h[23]>(?:(?!</?h[23]>).)*</h[23]>$", re.DOTALL)


def placed(html: str, places: Sequence[str | None]) -> list[tuple[str, list[int]]]:
    """The text in pieces, each with the numbers of the pictures that follow it; the last piece is empty.

    `places`: for each picture the words of a heading. Only all pieces together are well-formed.
    """
    waiting, found = list(range(len(places))), []
    for piece in AFTER_HEADING.split(html):
        heading = _last_heading(piece)
        here = [number for number in waiting if heading and normal(places[number] or "") == heading]
        waiting = [number for number in waiting if number not in here]
        found.append((piece, here))
    return [*found, ("", waiting)]


def _last_heading(html: str) -> str:
    """The words of the heading that the piece ends with."""
    found = LAST_HEADING.search(html)
    return normal(plain(found.group())) if found else ""
