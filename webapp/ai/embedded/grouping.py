"""Which keywords belong to one topic: TF-IDF vectors, joined by average linkage. Local, free, deterministic."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from webapp.ai.embedded.phrases import QUESTION_WORDS
from webapp.ai.embedded.stems import stem
from webapp.ai.embedded.wording import in_word, plain, words_of

SAME_TOPIC = 0.2  # two groups join while their members are so similar on average (cosine)
MOST_AT_ONCE = 2000  # distinct phrases; every pair of them is compared
LETTERS_OF_A_BEGINNING = 6
WEIGHT_OF_A_BEGINNING = 0.6
WHOLE_NICHE = 0.08  # a word in a larger part of the phrases than this names the niche, not one of its topics
STOP_WORDS = words_of(
    "a about an and are as at be best by can care do does for from get good how i in into is it like long look make me"
    " much my near of often on or rid should so than that the there to top use vs what when where which who why will"
    " with without work you your"
)

Words = Sequence[str]


def group(phrases: Sequence[str], volumes: Sequence[int | None]) -> list[list[int]]:
    """Groups of indexes into `phrases`, the most searched group first, and first in each its most searched phrase.

    The order of the input changes nothing but the indexes.
    """
    forms = [_form(phrase) for phrase in phrases]
    label = _labels(sorted(set(forms)))
    groups: dict[int, list[int]] = {}
    for index in sorted(range(len(phrases)), key=lambda index: (-(volumes[index] or 0), forms[index], index)):
        groups.setdefault(label[forms[index]], []).append(index)
    return sorted(
        groups.values(), key=lambda members: (-sum(volumes[i] or 0 for i in members), min(forms[i] for i in members))
    )


def _form(phrase: str) -> str:
    folded = plain(phrase).casefold().replace("'", "")
    return " ".join("".join(character if in_word(character) else " " for character in folded).split())


def _labels(forms: Sequence[str]) -> dict[str, int]:
    """The number of each form's group."""
    words = {form: _words(form) for form in forms}
    weights = _weights(list(words.values()), _opening(words))
    label: dict[str, int] = {}
    for chunk in _chunks(words):
        first = len(label)
        linked = _linked(_vectors([words[form] for form in chunk], weights))
        label |= {form: first + number for form, number in zip(chunk, linked, strict=True)}
    return label


def _words(form: str) -> list[str]:
    """Stems of the words that mean something."""
    return [stem(word) for word in form.split() if word not in STOP_WORDS] or form.split()


def _opening(words: dict[str, list[str]]) -> dict[str, float]:
    """In which part of the phrases that hold a word it comes first: such words tend to name the topic.

    "monstera leaves curling" is about monstera more than about leaves. Questions open with other words.
    """
    told = [found for form, found in words.items() if found and form.split()[0] not in QUESTION_WORDS]
    first = Counter(found[0] for found in told)
    held = Counter(word for found in told for word in set(found))
    return {word: first[word] / times for word, times in held.items() if times <= WHOLE_NICHE * len(words)}


def _weights(phrases: Sequence[Words], opening: dict[str, float]) -> dict[str, float]:
    """What each feature counts: more if it is rare, and more if it opens phrases."""
    spread = Counter(feature for words in phrases for feature in set(_features(words)))
    rare = {feature: 1 + math.log((1 + len(phrases)) / (1 + times)) for feature, times in spread.items()}
    return {
        feature: weight * (WEIGHT_OF_A_BEGINNING if feature.endswith("…") else 1 + opening.get(feature, 0.0))
        for feature, weight in rare.items()
    }


def _features(words: Words) -> list[str]:
    """The stems, and the beginnings of long ones for what stemming misses: humidity, humidifier."""
    beginnings = [f"{word[:LETTERS_OF_A_BEGINNING]}…" for word in words if len(word) > LETTERS_OF_A_BEGINNING]
    return [*words, *beginnings]


def _chunks(words: dict[str, list[str]]) -> Iterator[list[str]]:
    """The forms in pieces that can be compared, those with the same opening word side by side."""
    first = Counter(found[0] for found in words.values() if found)
    topic = {form: max(found, key=lambda word: (first[word], word), default="") for form, found in words.items()}
    ordered = sorted(words, key=lambda form: (topic[form], form))
    for start in range(0, len(ordered), MOST_AT_ONCE):
        yield sorted(ordered[start : start + MOST_AT_ONCE])


def _vectors(phrases: Sequence[Words], weights: dict[str, float]) -> np.ndarray:
    """A row of length one for each phrase."""
    features = [Counter(_features(words)) for words in phrases]
    column = {feature: number for number, feature in enumerate(sorted(set().union(*features)))}
    rows = np.zeros((len(phrases), max(1, len(column))), dtype=np.float32)
    for number, counted in enumerate(features):
        for feature, times in counted.items():
            rows[number, column[feature]] = times * weights[feature]
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, 1e-9)


def _linked(rows: np.ndarray) -> list[int]:
    """Average linkage: the two most similar groups join, again and again. Answers each row's group."""
    similar = np.round(rows @ rows.T, 5)  # the last digits depend on how many threads multiply
    np.fill_diagonal(similar, -1.0)
    best, sizes = similar.max(axis=1), np.ones(len(rows), dtype=np.float32)
    members = {number: [number] for number in range(len(rows))}
    while best.max() >= SAME_TOPIC:
        left = int(best.argmax())
        left, right = sorted((left, int(similar[left].argmax())))
        stale = (similar[:, left] >= best) | (similar[:, right] >= best)
        stale[[left, right]] = True
        joined = (sizes[left] * similar[left] + sizes[right] * similar[right]) / (sizes[left] + sizes[right])
        joined[[left, right]] = -1.0
        similar[left, :], similar[:, left] = joined, joined
        similar[right, :], similar[:, right] = -1.0, -1.0
        best = np.maximum(best, joined)
        best[stale] = similar[stale].max(axis=1)
        sizes[left] += sizes[right]
        members[left] += members.pop(right)
    groups = {row: group for group, found in members.items() for row in found}
    return [groups[row] for row in range(len(rows))]
