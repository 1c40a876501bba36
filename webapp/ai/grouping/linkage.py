"""Average linkage: the two groups whose members are most similar on average join, again and again.

Between groups of rows of length one, the mean of all similarities is the product of their mean rows, so no matrix of
all pairs is kept. Groups that are each other's nearest join in the same round: the tree is the same as one at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from webapp.ai.grouping.neighbours import AT_ONCE, EXACT, blocks_of
from webapp.ai.grouping.rows import Numbers, Rows, numbered

DIGITS = 5  # of a similarity: the last ones depend on how many threads multiply
NEVER = -2.0

Join = tuple[int, int, float]  # the kept group, the one that joins it, how similar


@dataclass(frozen=True)
class Tree:
    """Which of `size` groups join, from the most similar on."""

    size: int
    joins: Sequence[Join]

    def labels_at(self, cuts: Sequence[float]) -> Iterator[tuple[float, Numbers]]:
        """For each cut, the highest first, the number of each group's group: joined where they are so similar."""
        parent = np.arange(self.size)
        joins = iter(sorted(self.joins, key=lambda join: -join[2]))
        waiting = next(joins, None)
        for cut in sorted(cuts, reverse=True):
            while waiting is not None and waiting[2] >= cut:
                one, other = _root(parent, waiting[0]), _root(parent, waiting[1])
                parent[max(one, other)] = min(one, other)
                waiting = next(joins, None)
            yield cut, numbered(np.array([_root(parent, number) for number in range(self.size)], dtype=np.int64))


def link(rows: Rows, sizes: Numbers, fixed: np.ndarray, least: float, within: float) -> Tree:
    """The tree down to the similarity `least`. `fixed`: groups that never join each other; others may join them.

    `rows`: mean rows. Of more than can be compared at once, blocks of similar ones join first, down to `within`.
    """
    groups = _Groups(rows, sizes, fixed)
    joins: list[Join] = []
    if len(rows) > EXACT:
        blocks = blocks_of(rows)
        for block in range(blocks.max() + 1):
            joins += groups.join(np.flatnonzero(blocks == block), within)
    joins += groups.join(np.flatnonzero(groups.is_there), least)
    return Tree(len(rows), joins)


class _Groups:
    def __init__(self, rows: Rows, sizes: Numbers, fixed: np.ndarray):
        self.rows = rows.copy()
        self.sizes = sizes.astype(np.float64)
        self.fixed = fixed.copy()
        self.is_there = np.ones(len(rows), dtype=bool)
        self.best = np.full(len(rows), -1, dtype=np.int64)
        self.similar = np.full(len(rows), NEVER, dtype=np.float32)

    def join(self, among: Numbers, least: float) -> Iterator[Join]:
        """Joins those of them that are so similar, until none are."""
        stale = among
        while len(among) > 1 and len(stale):
            self._look(stale, among)
            kept = among[self._joins_another(among, least)]
            gone = self.best[kept]
            yield from zip(kept.tolist(), gone.tolist(), self.similar[kept].tolist(), strict=True)
            self._put_together(kept, gone)
            changed = np.zeros(len(self.rows), dtype=bool)
            changed[kept] = changed[gone] = True
            among = among[self.is_there[among]]
            lost_its_best = changed[self.best[among]] & (self.similar[among] >= least)
            stale = among[changed[among] | lost_its_best] if len(kept) else kept

    def _look(self, stale: Numbers, among: Numbers) -> None:
        """Whom each of the stale ones is nearest to; of equals the first."""
        place = np.searchsorted(among, stale)
        others, is_fixed = self.rows[among].T, self.fixed[among]
        for start in range(0, len(stale), AT_ONCE):
            asking = stale[start : start + AT_ONCE]
            likeness = np.round(self.rows[asking] @ others, DIGITS)
            likeness[np.arange(len(asking)), place[start : start + AT_ONCE]] = NEVER
            likeness[np.ix_(self.fixed[asking], is_fixed)] = NEVER
            nearest = likeness.argmax(axis=1)
            self.best[asking] = among[nearest]
            self.similar[asking] = likeness[np.arange(len(asking)), nearest]

    def _joins_another(self, among: Numbers, least: float) -> np.ndarray:
        """Which are the first of two that are each other's nearest."""
        nearest = self.best[among]
        return (nearest > among) & (self.best[nearest] == among) & (self.similar[among] >= least)

    def _put_together(self, kept: Numbers, gone: Numbers) -> None:
        both = self.sizes[kept] + self.sizes[gone]
        share = (self.sizes[kept] / both)[:, None].astype(np.float32)
        self.rows[kept] = share * self.rows[kept] + (1 - share) * self.rows[gone]
        self.sizes[kept] = both
        self.fixed[kept] |= self.fixed[gone]
        self.is_there[gone] = False


def _root(parent: Numbers, number: int) -> int:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = int(parent[number])
    return number
