"""How phrases look: stems of words, pairs of them and runs of letters, hashed into rows of one length."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from webapp.ai.embedded.stems import stem
from webapp.ai.grouping.rows import NOTHING, Rows, unit

WIDTH = 1024
PLACES = 4  # of each feature: two that share one place rarely share all
RUNS = (3, 4, 5)  # letters
AT_ONCE = 2000  # phrases


def rows_of(forms: Sequence[str]) -> Rows:
    """A row of length one for each phrase, WIDTH long."""
    words = [form.split(" ") for form in forms]
    known = {word: number for number, word in enumerate(sorted({word for found in words for word in found}))}
    letters = _in_pieces([list(_letters(word)) for word in known])
    rows = unit(_in_pieces([_stems(found) for found in words]))
    for number, found in enumerate(words):
        together = letters[[known[word] for word in found]].sum(axis=0)
        rows[number] += together / max(float(np.linalg.norm(together)), NOTHING)
    return unit(rows)


def _stems(words: Sequence[str]) -> list[str]:
    """And pairs of them. Endings are left to the runs of letters."""
    stems = [stem(word) for word in words]
    return [*stems, *map(" ".join, pairwise(stems))]


def _letters(word: str) -> Iterator[str]:
    framed = f" {word} "
    for length in RUNS:
        if len(framed) <= length:
            yield framed
            break
        yield from (framed[start : start + length] for start in range(len(framed) - length + 1))


def _in_pieces(features: Sequence[Sequence[str]]) -> Rows:
    pieces = [_hashed(features[start : start + AT_ONCE]) for start in range(0, len(features), AT_ONCE)]
    return np.vstack(pieces)


def _hashed(features: Sequence[Sequence[str]]) -> Rows:
    """A row for each list of features, each of them in its places."""
    places = [
        number * 2 * WIDTH + place
        for number, found in enumerate(features)
        for feature in found
        for place in _places(feature)
    ]
    counted = np.bincount(places, minlength=len(features) * 2 * WIDTH).reshape(len(features), 2, WIDTH)
    return (counted[:, 0] - counted[:, 1]).astype(np.float32)


@lru_cache(maxsize=200_000)
def _places(feature: str) -> tuple[int, ...]:
    """Where the feature stands in a row: from WIDTH on, what is taken away."""
    digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=2 * PLACES).digest()
    return tuple(int.from_bytes(digest[at : at + 2]) % (2 * WIDTH) for at in range(0, 2 * PLACES, 2))
