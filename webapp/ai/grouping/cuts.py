"""How fine to group: one tree, joined from pages to topics to pillars."""

import numpy as np

from webapp.ai.grouping.linkage import link
from webapp.ai.grouping.rows import NOTHING, Numbers, Rows, means, numbered, unit
from webapp.ai.grouping.space import Space

PAGE_CUT = 0.6  # of phrases by themselves, not drawn to their neighbours
TOPIC_CUTS = tuple(0.15 + 0.025 * step for step in range(21))  # 0.15 … 0.65
PILLAR_CUT = 0.1
DRAWN_SHARE = 0.25  # of the silhouette of a cut
AS_GOOD = 0.985  # of the best silhouette
LOOKED_AT = 3000  # rows, to tell how well a cut separates them
SMALL = 2  # phrases: so few join a larger group nearby
NEARBY = 0.45


def pages(space: Space, start: Numbers, fixed: np.ndarray) -> Numbers:
    """The label of each phrase's page. `start`: the label of the group that it is in already; `fixed`: for each group,
    whether it joins no other fixed one."""
    tree = link(means(space.apart, start), np.bincount(start), fixed, PAGE_CUT, PAGE_CUT)
    ((_, labels),) = tree.labels_at([PAGE_CUT])
    return labels[start]


def topics(space: Space, start: Numbers, fixed: np.ndarray) -> tuple[Numbers, Numbers]:
    """The label of each phrase's topic, and of its pillar: pages that join down to the cut that separates them best.

    The coarsest cut will do that separates nearly as well as the best one.
    """
    tree = link(means(space.drawn, start), np.bincount(start), fixed, PILLAR_CUT, max(TOPIC_CUTS))
    found = [(labels[start], _separation(space, labels[start])) for _, labels in tree.labels_at(TOPIC_CUTS)]
    top = max(separation for _, separation in found)
    enough = top - (1 - AS_GOOD) * abs(top)
    best = next(labels for labels, separation in reversed(found) if separation >= enough)
    ((_, pillars),) = tree.labels_at([PILLAR_CUT])
    return _with_small_ones_joined(space.drawn, best, fixed_labels(best, start, fixed)), pillars[start]


def fixed_labels(labels: Numbers, start: Numbers, fixed: np.ndarray) -> np.ndarray:
    """For each label whether a fixed group is in it."""
    held = np.zeros(int(labels.max()) + 1, dtype=bool)
    held[labels[fixed[start]]] = True
    return held


def _with_small_ones_joined(rows: Rows, labels: Numbers, fixed: np.ndarray) -> Numbers:
    """Groups of at most SMALL join the nearest larger one that is nearby. A fixed one joins none, and may be joined."""
    small = (np.bincount(labels) <= SMALL) & ~fixed
    if small.all() or not small.any():
        return labels
    middles = unit(means(rows, labels))
    larger = np.flatnonzero(~small)
    likeness = middles[small] @ middles[larger].T
    becomes = np.arange(len(small))
    becomes[small] = np.where(likeness.max(axis=1) >= NEARBY, larger[likeness.argmax(axis=1)], np.flatnonzero(small))
    return numbered(becomes[labels])


def _separation(space: Space, labels: Numbers) -> float:
    """By themselves phrases favour cuts that are too coarse, drawn to their neighbours ones that are too fine."""
    apart, drawn = _silhouette(space.apart, labels), _silhouette(space.drawn, labels)
    return (1 - DRAWN_SHARE) * apart + DRAWN_SHARE * drawn


def _silhouette(rows: Rows, labels: Numbers) -> float:
    """The mean by middles, of evenly spread rows: how much nearer to their own group than to the next."""
    counts = np.bincount(labels)
    if len(counts) < 2:
        return 0.0
    middles = means(rows, labels)
    looked_at = np.arange(0, len(rows), max(1, len(rows) // LOOKED_AT))
    own = labels[looked_at]
    likeness = rows[looked_at] @ unit(middles).T
    likeness[np.arange(len(own)), own] = -1
    without = counts[own][:, None] * middles[own] - rows[looked_at]
    lengths = np.maximum(np.linalg.norm(without, axis=1), NOTHING)
    inside = 1 - (without * rows[looked_at]).sum(axis=1) / lengths
    outside = 1 - likeness.max(axis=1)
    silhouette = (outside - inside) / np.maximum(np.maximum(inside, outside), NOTHING)
    return float(np.where(counts[own] > 1, silhouette, 0).mean())
