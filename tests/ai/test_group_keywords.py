from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ai import requests
from webapp.ai.embedded import grouping
from webapp.ai.embedded.grouping import group

TOPICS = [
    ["monstera care", "monstera deliciosa", "how to propagate monstera", "why are my monstera leaves turning yellow"],
    ["pothos care", "golden pothos", "how to propagate pothos", "why are my pothos leaves turning yellow"],
    ["fungus gnats", "fungus gnat traps", "how to get rid of fungus gnats"],
    ["grow lights", "best grow lights", "how far should grow lights be from plants"],
    ["houseplant fertilizer", "how often to fertilize houseplants", "best fertilizer for houseplants"],
    ["how to repot a plant", "repotting houseplants", "when to repot plants"],
    ["closed terrarium", "terrarium plants", "how to make a terrarium"],
    ["terracotta pots", "terracotta pots with saucers", "how to clean terracotta pots"],
]
PHRASES = [phrase for topic in TOPICS for phrase in topic]


def grouped(phrases: list[str], volumes: list[int | None] | None = None) -> list[list[str]]:
    found = group(phrases, volumes or [10] * len(phrases))
    return [[phrases[index] for index in members] for members in found]


def test_phrases_about_one_topic_are_together_and_others_apart() -> None:
    assert {frozenset(members) for members in grouped(PHRASES)} == {frozenset(topic) for topic in TOPICS}


def test_spellings_of_one_phrase_are_one_topic() -> None:
    spellings = ["self watering pots", "Self-Watering Pots", "self–watering  pots", "“self watering” pots"]

    assert len(grouped([*spellings, "spider mites"])) == 2


def test_the_most_searched_come_first_in_and_among_the_groups() -> None:
    phrases = ["fungus gnats", "fungus gnat traps", "grow lights", "best grow lights"]

    assert grouped(phrases, [5, 10, None, 900]) == [
        ["best grow lights", "grow lights"],
        ["fungus gnat traps", "fungus gnats"],
    ]


@given(st.permutations(PHRASES))
def test_the_order_of_the_input_changes_nothing(shuffled: list[str]) -> None:
    assert sorted(map(sorted, grouped(shuffled))) == sorted(map(sorted, grouped(PHRASES)))


@settings(max_examples=60)
@given(st.lists(requests.phrases, max_size=30))
def test_every_phrase_is_in_exactly_one_group(phrases: list[str]) -> None:
    found = group(phrases, [None] * len(phrases))

    assert sorted(index for members in found for index in members) == list(range(len(phrases)))


def test_no_phrases_make_no_groups_and_one_makes_one() -> None:
    assert group([], []) == []
    assert group(["snake plant"], [None]) == [[0]]


def test_more_phrases_than_are_compared_at_once_are_still_grouped_by_topic(monkeypatch) -> None:
    monkeypatch.setattr(grouping, "MOST_AT_ONCE", 20)
    phrases = [f"{topic} {word}" for topic in ("monstera", "orchid", "cactus") for word in "abcdefghijklmnopqrst"]

    found = grouped(phrases)

    assert sorted(phrase for members in found for phrase in members) == sorted(phrases)
    assert all(len({phrase.split()[0] for phrase in members}) == 1 for members in found)
