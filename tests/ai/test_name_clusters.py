from tests.ai import requests
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.functions.clustering import ClusteringRequest, KeywordGroup, NamedGroup, parse


def named(request: ClusteringRequest) -> list[NamedGroup]:
    return parse(EmbeddedProvider().answer(request)).groups


def group_of(*keywords: tuple[str, int | None, str | None]) -> ClusteringRequest:
    return ClusteringRequest(
        groups=[KeywordGroup(key="k1", keywords=[requests.fact(*keyword) for keyword in keywords])]
    )


def test_every_group_gets_a_name_under_its_own_key_in_order() -> None:
    found = named(requests.naming(["snake plant"], ["root rot"], ["perlite"]))

    assert [(one.key, one.name) for one in found] == [("k0", "Snake Plant"), ("k1", "Root Rot"), ("k2", "Perlite")]


def test_the_head_is_the_most_searched_phrase_and_the_name_is_of_one_that_names_a_thing() -> None:
    [one] = named(
        group_of(("how to get rid of mealybugs", 900, None), ("mealybugs", 80, None), ("mealybug spray", 9, None))
    )

    assert (one.head, one.name) == ("how to get rid of mealybugs", "Mealybugs")


def test_a_group_of_questions_is_named_by_its_most_searched() -> None:
    [one] = named(group_of(("when to repot", 5, None), ("how to repot a plant", 50, None)))

    assert one.name == "How to Repot a Plant"


def test_the_most_common_intent_is_the_groups() -> None:
    [one] = named(group_of(("a", 1, "commercial"), ("b", 1, "informational"), ("c", 1, "commercial"), ("d", 1, None)))
    [unknown] = named(group_of(("a", 1, None)))

    assert one.intent == "commercial"
    assert unknown.intent is None


def test_other_languages_keep_their_capitals() -> None:
    [one] = named(requests.naming(["pflege von orchideen"], language="de"))

    assert one.name == "Pflege von orchideen"


def test_odd_phrases_get_a_name_that_can_be_stored() -> None:
    found = named(requests.naming(*([phrase] for phrase in requests.ODD_PHRASES)))

    assert [one.head for one in found] == list(requests.ODD_PHRASES)
    assert all(0 < len(one.name) <= 200 for one in found)


def test_no_groups_have_no_names() -> None:
    assert named(requests.naming()) == []
