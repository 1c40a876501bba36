"""The most similar rows of each row, among all of up to EXACT rows, and among those of near blocks beyond.

Blocks keep the cost of many rows near a constant for each: every row is compared with those of NEAR_BLOCKS of them.
"""

from collections.abc import Iterator

import numpy as np

from webapp.ai.grouping.rows import Numbers, Rows, means, numbered, unit

EXACT = 12_000  # rows
BLOCK = 2_500  # rows, on average
LARGEST_BLOCK = 2 * BLOCK
NEAR_BLOCKS = 3
ROUNDS = 5
SAMPLE = 40  # rows for each block, to find the blocks with
AT_ONCE = 1024  # rows

Nearest = tuple[Numbers, Rows]  # for each row the numbers of the most similar ones, and how similar: both n × k


def nearest(rows: Rows, count: int) -> Nearest:
    """The `count` most similar other rows of each row, or as many as there are; in no order."""
    count = min(count, len(rows) - 1)
    if len(rows) <= EXACT:
        everyone = np.arange(len(rows))
        return _nearest_in(rows, everyone, everyone, count)
    return _nearest_in_blocks(rows, count)


def blocks_of(rows: Rows) -> Numbers:
    """The number of each row's block: similar rows, none larger than LARGEST_BLOCK unless they are all alike."""
    blocks = np.zeros(len(rows), dtype=np.int64)
    unfinished = [np.arange(len(rows))]
    made = 0
    while unfinished:
        members = unfinished.pop()
        parts = [members] if len(members) <= LARGEST_BLOCK else _parts(rows, members)
        if len(parts) > 1:
            unfinished += parts
        else:
            blocks[members] = made
            made += 1
    return numbered(blocks)


def _parts(rows: Rows, members: Numbers) -> list[Numbers]:
    """Found on every so many-th row, which are sorted, so that the same rows make the same parts."""
    wanted = -(-len(members) // BLOCK)
    sample = rows[members[:: max(1, len(members) // (SAMPLE * wanted))]]
    middles = sample[:: max(1, len(sample) // wanted)][:wanted]
    for _ in range(ROUNDS):
        label = numbered(np.argmax(sample @ middles.T, axis=1))
        middles = unit(means(sample, label))
    label = np.argmax(rows[members] @ middles.T, axis=1)
    return [members[label == number] for number in np.unique(label)]


def _nearest_in_blocks(rows: Rows, count: int) -> Nearest:
    blocks = blocks_of(rows)
    middles = unit(means(rows, blocks))
    near = np.argsort(-(middles @ middles.T), axis=1, kind="stable")[:, :NEAR_BLOCKS]
    found = np.zeros((len(rows), count), dtype=np.int64)
    similar = np.full((len(rows), count), -1, dtype=np.float32)
    for block, others in enumerate(near):
        members = np.flatnonzero(blocks == block)
        among = np.flatnonzero(np.isin(blocks, others))
        kept = min(count, len(among) - 1)
        found[members, :kept], similar[members, :kept] = _nearest_in(rows, members, among, kept)
    return found, similar


def _nearest_in(rows: Rows, asking: Numbers, among: Numbers, count: int) -> Nearest:
    """`among` is sorted and holds all that ask."""
    place = np.searchsorted(among, asking)
    found = np.zeros((len(asking), count), dtype=np.int64)
    similar = np.zeros((len(asking), count), dtype=np.float32)
    if not count:
        return found, similar
    others = rows[among].T
    for start, end in _spans(len(asking)):
        likeness = rows[asking[start:end]] @ others
        likeness[np.arange(end - start), place[start:end]] = -2
        best = np.argpartition(likeness, -count, axis=1)[:, -count:]
        found[start:end], similar[start:end] = among[best], np.take_along_axis(likeness, best, 1)
    return found, similar


def _spans(size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, size, AT_ONCE):
        yield start, min(size, start + AT_ONCE)
