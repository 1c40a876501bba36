"""Groups that words kept apart join where an endpoint's embeddings find them near."""

import math

import pytest

from tests.ai import requests
from webapp.ai.functions.clustering import ClusteringRequest
from webapp.ai.openai import dialogues
from webapp.ai.openai.operations.meaning import MeaningRequest, Nearness, joined, nearness
from webapp.ai.provider import Reply

SHOES, SNEAKERS, LAMPS = ["cheap shoes", "cheap shoes online"], ["low-cost sneakers"], ["desk lamp"]
NICHE = [5.0, 5.0, 5.0]  # what all vectors have in common


def vector(angle: float) -> list[float]:
    """In the direction of that angle, in degrees, beside the common."""
    near = math.radians(angle)
    return [NICHE[0] + math.cos(near), NICHE[1] + math.sin(near), NICHE[2]]


def joined_at(*angles: float) -> dict[str, list[str]]:
    request = requests.naming(SHOES, LAMPS, SNEAKERS)
    return groups(joined(request, nearness([vector(angle) for angle in angles])))


def groups(request: ClusteringRequest) -> dict[str, list[str]]:
    return {group.key: [keyword.phrase for keyword in group.keywords] for group in request.groups}


def test_groups_that_mean_the_same_join_under_the_first_key() -> None:
    assert joined_at(0, 10, 180, 5) == {"k0": SHOES + SNEAKERS, "k1": LAMPS}


def test_groups_that_mean_different_things_stay_apart() -> None:
    assert joined_at(0, 10, 120, 240) == {"k0": SHOES, "k1": LAMPS, "k2": SNEAKERS}


def test_none_is_taken_apart() -> None:
    assert joined_at(0, 180, 90, 270)["k0"] == SHOES


def test_equal_vectors_say_nothing_of_topics() -> None:
    assert joined_at(7, 7, 7, 7) == {"k0": SHOES, "k1": LAMPS, "k2": SNEAKERS}


def test_vectors_of_zeros_are_near_to_nothing() -> None:
    assert nearness([[0.0, 0.0], [0.0, 0.0]]) == Nearness(rows=[[], [0.0]])


@pytest.mark.parametrize("order", [(0, 10, 180, 5), (359, 9, 179, 4)])
def test_the_same_vectors_join_the_same(order: tuple[float, ...]) -> None:
    assert joined_at(*order) == joined_at(*order)


def test_meanings_are_asked_for_first_of_the_model_for_them() -> None:
    request = requests.naming(SHOES, SNEAKERS)

    first = dialogues.next_step(dialogues.of(request, "small-embedder"), ())

    assert first is not None
    assert (first.request, first.model) == (MeaningRequest(phrases=SHOES + SNEAKERS), "small-embedder")


def test_names_are_asked_for_after_them_for_the_joined_groups() -> None:
    request = requests.naming(SHOES, LAMPS, SNEAKERS)
    meanings = Reply(nearness([vector(angle) for angle in (0, 10, 180, 5)]).model_dump_json())

    second = dialogues.next_step(dialogues.of(request, "small-embedder"), (meanings,))

    assert second is not None and second.model is None
    assert isinstance(second.request, ClusteringRequest)
    assert groups(second.request) == {"k0": SHOES + SNEAKERS, "k1": LAMPS}


def test_an_endpoint_that_cannot_say_leaves_the_groups_as_they_are() -> None:
    request = requests.naming(SHOES, SNEAKERS)

    second = dialogues.next_step(dialogues.of(request, "small-embedder"), (Reply("", problem="no such model"),))

    assert second is not None and second.request == request


@pytest.mark.parametrize(("asked", "embedder"), [((SHOES,), "small-embedder"), ((SHOES, LAMPS), "")])
def test_nobody_is_asked_where_nothing_could_join_or_nobody_can_say(
    asked: tuple[list[str], ...], embedder: str
) -> None:
    request = requests.naming(*asked)

    first = dialogues.next_step(dialogues.of(request, embedder), ())

    assert first is not None and first.request == request
