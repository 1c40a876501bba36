"""The labelled keywords by which clustering is measured are what their README says."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from webapp.content.models import Intent

HERE = Path(__file__).parent
HEADER = "phrase\tvolume\tintent\tpillar\ttopic\tpage"

each_file = pytest.mark.parametrize("file", ["labelled.tsv", "labelled_de.tsv"])


class Row(NamedTuple):
    phrase: str
    volume: str
    intent: str
    pillar: str
    topic: str
    page: str

    @property
    def niche(self) -> str:
        return self.pillar.partition(": ")[0]


def rows(file: str) -> list[Row]:
    header, *lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    assert header == HEADER
    return [Row(*line.split("\t")) for line in lines]


def compared(phrase: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", phrase).casefold().split())


def under_several(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The children that were put under more than one parent."""
    parents: dict[str, set[str]] = defaultdict(set)
    for child, parent in pairs:
        parents[child].add(parent)
    return [child for child, found in parents.items() if len(found) > 1]


@each_file
def test_every_row_can_be_read(file: str) -> None:
    for row in rows(file):
        assert all(cell == cell.strip() for cell in row), row
        assert row.phrase and row.pillar and row.topic and row.page, row
        assert row.volume == "" or row.volume.isdecimal(), row
        assert row.intent == "" or row.intent in set(Intent), row


@each_file
def test_no_phrase_comes_twice(file: str) -> None:
    counted = Counter(compared(row.phrase) for row in rows(file))

    assert [phrase for phrase, times in counted.items() if times > 1] == []


@each_file
def test_each_page_lies_in_one_topic_and_each_topic_in_one_pillar(file: str) -> None:
    assert under_several((row.page, row.topic) for row in rows(file)) == []
    assert under_several((row.topic, row.pillar) for row in rows(file)) == []


@pytest.mark.parametrize(
    ("file", "phrases", "topics", "niches"), [("labelled.tsv", 900, 90, 8), ("labelled_de.tsv", 250, 30, 3)]
)
def test_there_is_enough_to_measure_by(file: str, phrases: int, topics: int, niches: int) -> None:
    sizes = Counter(row.topic for row in rows(file))
    pillars = {(row.niche, row.pillar) for row in rows(file) if row.niche != "stray"}
    pillars_of_niche = Counter(niche for niche, _ in pillars)

    assert sizes.total() >= phrases
    assert sum(size > 1 for size in sizes.values()) >= topics
    assert len(pillars_of_niche) >= niches
    assert min(pillars_of_niche.values()) >= 2


@each_file
def test_topics_are_uneven_and_some_phrases_are_alone(file: str) -> None:
    sizes = Counter(row.topic for row in rows(file)).values()
    shared = sorted(size for size in sizes if size > 1)

    assert (shared[0], shared[-1]) == (4, 25)
    assert shared[len(shared) // 2] <= 10
    assert 0.02 <= sum(size == 1 for size in sizes) / sum(sizes) <= 0.05


@pytest.mark.parametrize("words", ["training", "filter", "size chart", "insurance"])
def test_niches_share_words_that_mislead(words: str) -> None:
    assert len({row.niche for row in rows("labelled.tsv") if words in row.phrase}) >= 4


@each_file
def test_volumes_and_intents_are_mixed_and_partly_unknown(file: str) -> None:
    assert any(row.volume == "" for row in rows(file))
    assert {row.intent for row in rows(file)} == {"", *Intent}
