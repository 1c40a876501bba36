"""What phrases mean, as rows: anything that makes rows of phrases will do."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from webapp.ai.grouping.packages import folder_of
from webapp.ai.grouping.rows import Rows, unit


class Embedding(Protocol):
    """Rows of length one that are near each other where phrases mean the same. Same phrases, same rows.

    `share`: how much of the square of a distance is theirs, in the language that they know; the looks have the rest.
    """

    name: str
    share: float

    def rows_of(self, forms: Sequence[str]) -> Rows: ...


class WordVectors:
    """The mean of WordLlama's vectors of the parts of words, rare parts first. It knows English best.

    Its own loader looks for files on the network, so they are read from the package.
    """

    name = "wordllama"
    share = 0.6

    def rows_of(self, forms: Sequence[str]) -> Rows:
        vectors = _vectors()
        parts = [found.ids for found in _tokenizer().encode_batch(list(forms), add_special_tokens=False)]
        held = Counter(part for found in parts for part in set(found))
        weight = np.zeros(len(vectors), dtype=np.float32)
        for part, times in held.items():
            weight[part] = np.log((1 + len(forms)) / (1 + times)) + 1
        rows = np.zeros((len(forms), vectors.shape[1]), dtype=np.float32)
        for number, found in enumerate(parts):
            rows[number] = weight[found] @ vectors[found]
        return unit(rows)


@cache
def _vectors() -> Rows:
    (vectors,) = load_file(folder_of("wordllama") / "weights" / "l2_supercat_256.safetensors").values()
    return vectors.astype(np.float32)


@cache
def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder_of("wordllama") / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
