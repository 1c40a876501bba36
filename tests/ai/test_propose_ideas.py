import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ai import requests
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.functions.idea_generation import IdeaDraft, IdeaKind, IdeasRequest, parse


def proposed(request: IdeasRequest) -> list[IdeaDraft]:
    return parse(EmbeddedProvider().answer(request)).ideas


def test_a_cluster_gets_one_pillar_and_then_the_questions_that_people_ask() -> None:
    found = proposed(
        requests.ideas(
            "snake plant", "snake plant care", "are snake plants toxic to cats", "how to propagate a snake plant"
        )
    )

    assert [idea.kind for idea in found] == [IdeaKind.PILLAR, IdeaKind.SUPPORTING, IdeaKind.SUPPORTING]
    assert [idea.target_keyword for idea in found] == [
        "snake plant",
        "are snake plants toxic to cats",
        "how to propagate a snake plant",
    ]
    assert found[1].title == "Are Snake Plants Toxic to Cats?"
    assert found[2].title.startswith("How to Propagate a Snake Plant")


def test_another_spelling_of_the_head_is_not_another_article() -> None:
    found = proposed(requests.ideas("self watering pots", "self-watering pots", "Self Watering  Pots"))

    assert [idea.kind for idea in found] == [IdeaKind.PILLAR]


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("best grow lights", "the Best Grow Lights"),
        ("pothos vs philodendron", "Pothos vs Philodendron"),
        ("peace lily drooping", "Peace Lily Drooping: "),
        ("buy a fiddle leaf fig", "Buying a Fiddle Leaf Fig: "),
        ("how often to water succulents", "How Often to Water Succulents"),
        ("why is my orchid dying", "Why Is My Orchid Dying?"),
    ],
)
def test_titles_fit_what_is_searched_for(phrase: str, words: str) -> None:
    [idea] = proposed(requests.ideas(phrase))

    assert words.lower() in idea.title.lower() and words.split()[-1] in idea.title


@pytest.mark.parametrize(("intent", "word"), [("commercial", "Kettle"), ("transactional", "Buy"), (None, "Kettle")])
def test_the_intent_shapes_the_pillar(intent: str | None, word: str) -> None:
    [idea] = proposed(requests.ideas("kettle", intent=intent))

    assert word in idea.title and idea.intent == intent


def test_existing_titles_are_not_proposed_again() -> None:
    request = requests.ideas("snake plant", "snake plant care")
    titles = [idea.title for idea in proposed(request)]
    fewer = proposed(requests.ideas("snake plant", "snake plant care", existing_titles=titles[:1]))
    other = proposed(requests.ideas("snake plant", "snake plant care", existing_titles=titles))
    third = proposed(requests.ideas("snake plant", "snake plant care", existing_titles=[*titles, other[0].title]))

    assert [idea.title for idea in fewer] == titles[1:]
    assert len(other) == len(third) == 1
    assert len({*titles, other[0].title, third[0].title}) == len(titles) + 2


def test_an_outline_begins_ends_and_names_other_keywords() -> None:
    pillar, *_ = proposed(
        requests.ideas("snake plant", "snake plant care", "snake plant light", "is snake plant toxic")
    )

    assert len(pillar.outline) >= 5
    assert {"Snake plant care", "Snake plant light"} <= set(pillar.outline)
    assert len(set(pillar.outline)) == len(pillar.outline)


def test_no_english_is_put_around_phrases_of_another_language() -> None:
    found = proposed(requests.ideas("orchideen pflege", "orchideen umtopfen", language="de"))

    assert [idea.title for idea in found] == ["Orchideen pflege", "Orchideen umtopfen"]


def test_a_cluster_without_keywords_still_gets_an_idea() -> None:
    assert len(proposed(requests.ideas("snake plant", keywords=[]))) == 1


@settings(max_examples=80)
@given(requests.phrases, st.lists(requests.phrases, max_size=6), requests.languages)
def test_odd_phrases_make_ideas_that_can_be_stored(head: str, others: list[str], language: str) -> None:
    found = proposed(requests.ideas(head, *others, language=language))

    assert 1 <= len(found) <= 3
    assert len({idea.title for idea in found}) == len(found)
    for idea in found:
        assert 0 < len(idea.title) <= 200 and idea.title == idea.title.strip()
        assert idea.outline and all(0 < len(heading) <= 300 for heading in idea.outline)
