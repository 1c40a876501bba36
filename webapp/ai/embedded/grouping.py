"""Which keywords belong to one topic: TF-IDF vectors, joined by average linkage. Local, free, deterministic."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

SAME_TOPIC = 0.2  # two groups join while their members are so similar on average (cosine)
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "best",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "good",
        "how",
        "i",
        "in",
        "into",
        "is",
        "it",
        "my",
        "of",
        "on",
        "or",
        "should",
        "than",
        "that",
        "the",
        "to",
        "top",
        "vs",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "with",
        "without",
        "you",
        "your",
    ]
)


def group(phrases: Sequence[str], volumes: Sequence[int | None]) -> list[list[int]]:
    """Groups of indexes into `phrases`, the most searched group first, and first in each its most searched phrase.

    The order of the input changes nothing but the indexes.
    """
    forms = [_normal(phrase) for phrase in phrases]
    distinct = sorted(set(forms))
    label = dict(zip(distinct, _linked(_vectors(distinct)), strict=True)) if distinct else {}
    groups: dict[int, list[int]] = {}
    for index in sorted(range(len(phrases)), key=lambda index: (-(volumes[index] or 0), forms[index], index)):
        groups.setdefault(label[forms[index]], []).append(index)
    return sorted(
        groups.values(), key=lambda members: (-sum(volumes[i] or 0 for i in members), min(forms[i] for i in members))
    )


def _normal(phrase: str) -> str:
    folded = unicodedata.normalize("NFKC", phrase).casefold().replace("’", "'")
    return " ".join(re.sub(r"[^\w\s]", " ", folded.replace("'", "")).split())


def _features(form: str) -> Counter[str]:
    """Stems of the words that mean something, and their first letters for what a stem misses."""
    words = [_stem(word) for word in form.split() if word not in STOP_WORDS] or form.split()
    counted = Counter(f"w {word}" for word in words)
    counted.update(f"c {word[:5]}" for word in words if len(word) > 4)
    return counted


def _stem(word: str) -> str:
    for ending in ("ing", "ers", "ies", "er", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _vectors(forms: Sequence[str]) -> np.ndarray:
    """A row of length one for each form."""
    counted = [_features(form) for form in forms]
    spread = Counter(feature for features in counted for feature in features)
    column = {feature: number for number, feature in enumerate(sorted(spread))}
    rows = np.zeros((len(forms), max(1, len(column))), dtype=np.float32)
    for number, features in enumerate(counted):
        for feature, times in features.items():
            rows[number, column[feature]] = times * (1 + math.log((1 + len(forms)) / (1 + spread[feature])))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, 1e-9)


def _linked(rows: np.ndarray) -> list[int]:
    """Average linkage: the two most similar groups join, again and again. Answers each row's group."""
    count = len(rows)
    similar = rows @ rows.T
    np.fill_diagonal(similar, -1.0)
    sizes, group_of = np.ones(count), list(range(count))
    members = {number: [number] for number in range(count)}
    while count > 1:
        place = int(similar.argmax())
        left, right = sorted(divmod(place, len(rows)))
        if similar[left, right] < SAME_TOPIC:
            break
        joined = (sizes[left] * similar[left] + sizes[right] * similar[right]) / (sizes[left] + sizes[right])
        similar[left, :], similar[:, left] = joined, joined
        similar[left, left] = -1.0
        similar[right, :], similar[:, right] = -1.0, -1.0
        sizes[left] += sizes[right]
        members[left] += members.pop(right)
        count -= 1
    for number, rows_of_group in members.items():
        for row in rows_of_group:
            group_of[row] = number
    return group_of
