"""Matrices with a row for each phrase."""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Numbers = NDArray[np.int64]

DIRECTIONS = 128
SPARE = 16  # directions more that are looked for: the last ones settle slowly
LOOKS = 8
SEED = 1
FEW = 10  # rows
NOTHING = 1e-9


def unit(rows: Rows) -> Rows:
    """Each row at length one; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, NOTHING)).astype(np.float32)


def centred(rows: Rows) -> Rows:
    """Without what all have in common. What few rows have in common is told less surely, and less is taken away."""
    return rows - rows.mean(axis=0) * np.float32(len(rows) / (len(rows) + FEW))


def main_directions(rows: Rows) -> Rows:
    """The rows along the directions in which they differ most, DIRECTIONS at most, each turned as it may be."""
    from_middle = centred(rows)
    wanted = DIRECTIONS + SPARE
    if min(rows.shape) <= wanted:
        return from_middle
    spread = from_middle.T @ from_middle
    directions = np.random.default_rng(SEED).standard_normal((len(spread), wanted)).astype(np.float32)
    for _ in range(LOOKS):
        directions, _ = np.linalg.qr(spread @ directions)
    _, turned = np.linalg.eigh(directions.T @ spread @ directions)
    return from_middle @ (directions @ turned[:, ::-1][:, :DIRECTIONS])


def means(rows: Rows, labels: Numbers) -> Rows:
    """The mean row of each label, from 0."""
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    return (np.add.reduceat(rows[order], starts, axis=0) / counts[:, None]).astype(np.float32)


def numbered(labels: Numbers) -> Numbers:
    """The same groups with the labels 0, 1, 2 …"""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
