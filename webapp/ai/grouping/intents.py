"""Who wants to know and who wants to buy are served by two pages."""

import numpy as np

from webapp.ai.grouping.rows import Numbers, numbered

UNKNOWN, KNOWS, BUYS = -1, 0, 1
TO_KNOW = "informational"


def side_of(intent: str | None) -> int:
    """Any other intent is nearer to buying: comparing, ordering, or going to a shop by its name."""
    if not intent:
        return UNKNOWN
    return KNOWS if intent == TO_KNOW else BUYS


def parted(pages: Numbers, sides: Numbers, is_placed: np.ndarray) -> Numbers:
    """The pages, those of two sides in two. What is in a cluster stays; phrases of unknown intent stay with the larger
    side, of equal ones with those who want to know."""
    weight = np.where(is_placed, len(pages), 1)  # what is placed decides who stays
    count = int(pages.max()) + 1
    know, buy = (np.bincount(pages, weights=weight * (sides == side), minlength=count) for side in (KNOWS, BUYS))
    staying = np.where(buy > know, BUYS, KNOWS)[pages]
    leaves = (sides != UNKNOWN) & (sides != staying) & ~is_placed & (np.minimum(know, buy) > 0)[pages]
    return numbered(np.where(leaves, pages + count, pages))
