"""Where phrases lie: what they mean and how they look in one row, first apart, then drawn towards their neighbours.

Some phrases are everybody's neighbour. So neighbours count in full only where both see each other as such.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from webapp.ai.grouping import lexical
from webapp.ai.grouping.embedding import Embedding
from webapp.ai.grouping.neighbours import nearest
from webapp.ai.grouping.rows import Numbers, Rows, centred, main_directions, unit

MEANING_ELSEWHERE = 0.3  # of the square of a distance, in languages that the vectors know less
NEIGHBOURS = 10
NOT_MUTUAL = 0.25  # what a neighbour counts that does not see this one as such
FAR = 0.3  # similarity at which a neighbour counts nothing


@dataclass(frozen=True)
class Space:
    """Rows of length one. `apart`: each phrase by itself; `drawn`: with its neighbours, so that topics stand out."""

    apart: Rows
    drawn: Rows

    def of(self, numbers: Numbers) -> "Space":
        """Only these rows."""
        return Space(self.apart[numbers], self.drawn[numbers])


def space_of(
    forms: Sequence[str], embedding: Embedding, *, is_english: bool, linked: Sequence[tuple[int, int]] = ()
) -> Space:
    """`linked`: pairs that somebody else takes for one, such as a search engine that shows the same pages."""
    if len(forms) < 2:
        return Space(*(np.ones((len(forms), 1), dtype=np.float32),) * 2)
    share = embedding.share if is_english else MEANING_ELSEWHERE
    meaning = unit(centred(embedding.rows_of(forms)))
    both = np.hstack([share**0.5 * meaning, (1 - share) ** 0.5 * lexical.rows_of(forms)])
    apart = _linked(unit(main_directions(both)), linked)
    return Space(apart, _drawn(apart))


def _linked(rows: Rows, pairs: Sequence[tuple[int, int]]) -> Rows:
    moved = rows.copy()
    for one, other in pairs:
        moved[one] += rows[other]
        moved[other] += rows[one]
    return unit(moved)


def _drawn(rows: Rows) -> Rows:
    near, similar = nearest(rows, NEIGHBOURS)
    weight = np.maximum(similar - FAR, 0) / (1 - FAR) * np.where(_mutual(near), 1, NOT_MUTUAL)
    moved = rows.copy()
    for column, weights in zip(near.T, weight.T, strict=True):
        moved += weights[:, None].astype(np.float32) * rows[column]
    return unit(moved)


def _mutual(near: Numbers) -> np.ndarray:
    """For each neighbour whether that one has this one among its own."""
    size, count = near.shape
    pairs = np.repeat(np.arange(size), count) * size + near.ravel()
    back = near.ravel() * size + np.repeat(np.arange(size), count)
    return np.isin(back, pairs).reshape(size, count)
