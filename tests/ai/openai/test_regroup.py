"""What a model may change about groups of keywords, and what it says that changes nothing."""

import json
from typing import Any

import pytest

from tests.ai import requests
from webapp.ai.functions import clustering
from webapp.ai.functions.clustering import NamedGroup
from webapp.ai.openai.operations import clustering as naming
from webapp.ai.provider import Finish, Reply

PLANTS, LAMPS, LIGHTS = ["snake plant", "snake plant care", "desk lamp"], ["grow lamp"], ["plant light"]


def regrouped(split: list[Any], merge: list[Any], *groups: list[str]) -> list[NamedGroup]:
    named = [
        {"key": f"k{number}", "name": f"Topic {number}", "head": phrases[0]} for number, phrases in enumerate(groups)
    ]
    answer = {"groups": named, "split": split, "merge": merge}
    reply = Reply(naming.WORK.result(requests.naming(*groups), json.dumps(answer), Finish.COMPLETE))
    return clustering.parse(reply).groups


def split(*phrases: str, **other: str) -> dict[str, Any]:
    said = {"key": "k0", "name": "Lamps", "head": "", "reason": "Nobody reads about both."} | other
    return said | {"phrases": list(phrases)}


def merge(*keys: str, reason: str = "Both mean lamps for plants.") -> dict[str, Any]:
    return {"keys": list(keys), "reason": reason}


def phrases(found: list[NamedGroup]) -> dict[str, list[str]]:
    return {group.key: group.phrases for group in found}


def test_without_changes_each_group_keeps_its_phrases() -> None:
    found = regrouped([], [], PLANTS, LAMPS)

    assert phrases(found) == {"k0": PLANTS, "k1": LAMPS}
    assert [group.reason for group in found] == ["", ""]


def test_phrases_are_taken_out_with_a_name_a_head_and_a_reason() -> None:
    left, lamps, taken = regrouped([split("Desk Lamp")], [], PLANTS, LAMPS)

    assert (left.phrases, left.head, left.reason) == (PLANTS[:2], "snake plant", "")
    assert lamps.phrases == LAMPS
    assert (taken.phrases, taken.name, taken.head) == (["desk lamp"], "Lamps", "desk lamp")
    assert taken.reason == "Taken out of “Topic 0”: Nobody reads about both."
    assert taken.key not in {left.key, lamps.key}


def test_a_head_that_was_taken_out_stays_with_what_it_was_taken_out_with() -> None:
    left, taken = regrouped([split("snake plant")], [], PLANTS)

    assert (left.head, taken.head) == ("snake plant care", "snake plant")


def test_groups_are_put_together_under_the_first_key() -> None:
    plants, lamps = regrouped([], [merge("k2", "k1")], PLANTS, LAMPS, LIGHTS)

    assert plants.phrases == PLANTS
    assert (lamps.key, lamps.name, lamps.phrases) == ("k2", "Topic 2", LIGHTS + LAMPS)
    assert lamps.reason == "“Topic 1” was put together with it: Both mean lamps for plants."


def test_what_was_put_together_twice_says_both_reasons() -> None:
    [all_in_one] = regrouped([], [merge("k1", "k2"), merge("k0", "k1", reason="One shelf.")], PLANTS, LAMPS, LIGHTS)

    assert all_in_one.phrases == PLANTS + LAMPS + LIGHTS
    assert all_in_one.reason == (
        "“Topic 1” was put together with it: One shelf. “Topic 2” was put together with it: Both mean lamps for plants."
    )


@pytest.mark.parametrize(
    ("splits", "merges"),
    [
        ([split("no such phrase")], []),
        ([split("desk lamp", key="k9")], []),
        ([split("desk lamp", reason=" <i></i> ")], []),
        ([split("desk lamp", name="")], []),
        ([split(*PLANTS)], []),
        ([split("grow lamp")], []),
        ([split()], []),
        ([], [merge("k0")]),
        ([], [merge("k0", "k0")]),
        ([], [merge("k0", "k9")]),
        ([], [merge()]),
        ([], [merge("k0", "k1", reason="")]),
    ],
    ids=range(12),
)
def test_what_cannot_be_done_or_has_no_reason_changes_nothing(splits: list[Any], merges: list[Any]) -> None:
    assert phrases(regrouped(splits, merges, PLANTS, LAMPS)) == {"k0": PLANTS, "k1": LAMPS}


def test_whatever_is_said_every_phrase_stays_in_one_group() -> None:
    splits = [split("desk lamp"), split("desk lamp", "snake plant"), split("grow lamp", "plant light", key="k1")]
    merges = [merge("k0", "k1"), merge("k1", "k2"), merge("k2", "k0")]

    found = regrouped(splits, merges, PLANTS, LAMPS, LIGHTS)

    assert sorted(phrase for group in found for phrase in group.phrases) == sorted(PLANTS + LAMPS + LIGHTS)
    assert len({group.key for group in found}) == len(found)


def test_models_that_know_of_no_changes_are_understood() -> None:
    request = requests.naming(LAMPS)

    bare = json.dumps([{"key": "k0", "name": "Lamps", "head": "grow lamp"}])

    assert phrases(clustering.parse(Reply(naming.WORK.result(request, bare, Finish.COMPLETE))).groups) == {"k0": LAMPS}
