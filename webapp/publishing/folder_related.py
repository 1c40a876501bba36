"""Which pages of a static site lead to one another."""

import re
from collections.abc import Iterable, Mapping

from webapp.publishing.folder_pages import Page

MOST = 3
WORD = re.compile(r"\w{4,}")  # shorter ones say little about a subject


def closest(page: Page, others: Iterable[Page]) -> tuple[str, ...]:
    """The slugs of those whose titles have most words in common with the page's, the newest first among equals."""
    newest_first = sorted(others, key=lambda other: (other.published_at, other.slug), reverse=True)
    return tuple(other.slug for other in sorted(newest_first, key=lambda other: -_nearness(page, other))[:MOST])


def gains(page: Page, newcomer: Page, pages: Mapping[str, Page]) -> bool:
    """Whether the page leads on better with the newcomer among its related ones."""
    known = [pages[slug] for slug in page.related if slug in pages]
    return len(known) < MOST or _nearness(page, newcomer) > min(_nearness(page, other) for other in known)


def _nearness(one: Page, other: Page) -> int:
    return len(_words(one) & _words(other))


def _words(page: Page) -> set[str]:
    return set(WORD.findall(page.title.casefold()))
