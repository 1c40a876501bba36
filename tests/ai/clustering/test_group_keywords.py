from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ai import requests
from webapp.ai.grouping import intents, neighbours
from webapp.ai.grouping.grouping import group, preview
from webapp.ai.grouping.levels import Level
from webapp.ai.grouping.told import Grouping, KeywordToGroup

TOPICS = [
    ["monstera care", "monstera deliciosa", "how to propagate monstera", "why are my monstera leaves turning yellow"],
    ["fungus gnats", "fungus gnat traps", "how to get rid of fungus gnats"],
    ["grow lights", "best grow lights", "how far should grow lights be from plants"],
    ["houseplant fertilizer", "how often to fertilize houseplants", "best fertilizer for houseplants"],
    ["closed terrarium", "terrarium plants", "how to make a terrarium"],
    ["terracotta pots", "terracotta pots with saucers", "how to clean terracotta pots"],
]
PHRASES = [phrase for topic in TOPICS for phrase in topic]


def keywords(phrases: Sequence[str], volume: int | None = 10) -> list[KeywordToGroup]:
    return [KeywordToGroup(phrase, volume) for phrase in phrases]


def told(given: Sequence[KeywordToGroup], found: Grouping) -> list[list[str]]:
    return [[given[number].phrase for number in one.members] for one in found.groups]


def grouped(given: Sequence[KeywordToGroup], level: Level = Level.TOPIC) -> list[list[str]]:
    return told(given, group(given, level))


def test_phrases_about_one_topic_are_together_and_others_apart() -> None:
    assert {frozenset(members) for members in grouped(keywords(PHRASES))} == {frozenset(topic) for topic in TOPICS}


def test_words_that_mean_the_same_are_one_topic_though_they_look_different() -> None:
    found = grouped(keywords([*PHRASES, "cheap sneakers", "low cost running shoes", "affordable sneakers"]))

    assert {"cheap sneakers", "low cost running shoes", "affordable sneakers"} in map(set, found)


def test_spellings_of_one_phrase_are_one_topic() -> None:
    spellings = ["self watering pots", "Self Watering Pots", "self  watering pots", "“self watering” pots"]

    assert set(spellings) in map(set, grouped(keywords([*spellings, "spider mites", "spider mite spray"])))


def test_pages_are_finer_than_topics_and_topics_than_pillars() -> None:
    counted = preview(keywords(PHRASES))

    assert counted[Level.PILLAR] <= counted[Level.TOPIC] <= counted[Level.PAGE]
    topics = [set(topic) for topic in grouped(keywords(PHRASES))]
    assert all(any(set(page) <= topic for topic in topics) for page in grouped(keywords(PHRASES), Level.PAGE))


def test_the_most_searched_keyword_is_the_head() -> None:
    given = [KeywordToGroup("fungus gnats", 5), KeywordToGroup("fungus gnat traps", 10)]
    given += [KeywordToGroup("grow lights"), KeywordToGroup("best grow lights", 900)]

    assert grouped(given) == [["best grow lights", "grow lights"], ["fungus gnat traps", "fungus gnats"]]


def test_where_nobody_knows_what_is_searched_the_most_central_keyword_is_the_head() -> None:
    [members] = [one for one in grouped(keywords(PHRASES, None)) if "terracotta pots" in one]

    assert members[0] == "terracotta pots"


def test_each_keyword_says_how_sure_its_place_is() -> None:
    found = group(keywords(PHRASES))

    assert all(50 <= sure <= 100 for one in found.groups for sure in one.confidence)


def test_a_keyword_that_is_alone_is_offered_its_nearest_group() -> None:
    given = keywords([*PHRASES, "monstera shaped birthday cake topper"])
    alone = keywords([*PHRASES, "accounting software"])

    assert grouped(given) != [] and len(group(alone).lone) == 1
    [lone] = group(alone).lone
    assert alone[lone.keyword].phrase == "accounting software"
    assert isinstance(lone.nearest, int) and lone.nearest < len(group(alone).groups)


def test_where_all_are_alone_each_is_a_group() -> None:
    found = group(keywords(["accounting software", "how to bake bread", "snow tires"]))

    assert (len(found.groups), found.lone) == (3, [])


def test_new_keywords_join_the_cluster_where_they_belong_and_the_rest_make_groups() -> None:
    there = [KeywordToGroup(phrase, 10, cluster=f"c{n}") for n, topic in enumerate(TOPICS[:3]) for phrase in topic]
    new = keywords(["monstera leaves yellow", "fungus gnats in soil", *TOPICS[4]])
    found = group([*there, *new])

    joined = {one.cluster: {[*there, *new][n].phrase for n in one.members} for one in found.groups}
    assert joined == {"c0": {"monstera leaves yellow"}, "c1": {"fungus gnats in soil"}, None: set(TOPICS[4])}


def test_two_clusters_that_a_person_made_of_one_topic_stay_two() -> None:
    there = [KeywordToGroup("monstera care", 9, cluster="a"), KeywordToGroup("monstera care tips", 9, cluster="b")]
    found = group([*there, *keywords(["caring for a monstera", *TOPICS[2]])])

    assert {one.cluster for one in found.groups} <= {"a", "b", None}
    assert sum(len(one.members) for one in found.groups) + len(found.lone) == 1 + len(TOPICS[2])


@pytest.mark.parametrize("turned", [False, True], ids=["as they come", "the other way round"])
def test_where_two_clusters_hold_spellings_of_one_phrase_others_join_the_one_that_they_are_like(turned: bool) -> None:
    """The second cluster's only other phrase is about something else."""
    plants = [KeywordToGroup(phrase, 10, cluster="1") for phrase in TOPICS[1]]
    spelled_otherwise = [KeywordToGroup("fungus gnats!", 10, cluster="2"), KeywordToGroup("spider mites", cluster="2")]
    there = [*plants, *spelled_otherwise]
    given = [*(reversed(there) if turned else there), KeywordToGroup("fungus gnat traps?")]

    assert [one.cluster for one in group(given).groups] == ["1"]


def test_what_a_search_engine_answers_with_the_same_pages_is_one_topic() -> None:
    same = tuple(f"https://example.com/{n}" for n in range(10))
    other = tuple(f"https://example.org/{n}" for n in range(6))
    given = [*keywords(PHRASES), KeywordToGroup("swiss cheese plant", 10, serp=(*same[:4], *other))]
    given[0] = KeywordToGroup(PHRASES[0], 10, serp=same)

    [members] = [one for one in grouped(given) if "swiss cheese plant" in one]
    assert "monstera care" in members


def test_who_wants_to_know_and_who_wants_to_buy_are_served_by_two_pages() -> None:
    pages = np.array([0, 0, 0, 0, 1, 1, 2])
    told = ("informational", None, "informational", "transactional", "commercial", None, None)
    sides = np.array([intents.side_of(intent) for intent in told])

    found = intents.parted(pages, sides, np.zeros(7, dtype=bool))

    assert found[0] == found[1] == found[2] != found[3]
    assert found[4] == found[5]
    assert len(set(found.tolist())) == 4


def test_what_is_in_a_cluster_decides_which_intent_stays_on_its_page() -> None:
    pages, sides = np.zeros(4, dtype=np.int64), np.array([intents.KNOWS, intents.KNOWS, intents.BUYS, intents.BUYS])
    is_placed = np.array([False, False, False, True])

    assert intents.parted(pages, sides, is_placed).tolist() == [1, 1, 0, 0]


def test_german_phrases_are_grouped_by_how_they_look() -> None:
    german = [
        ["wärmepumpe kosten", "was kostet eine wärmepumpe", "kosten für eine wärmepumpe"],
        ["hochbeet bauen", "hochbeet selber bauen", "wie baut man ein hochbeet"],
        ["kindergeld antrag", "kindergeld beantragen", "antrag auf kindergeld"],
    ]
    found = grouped(keywords([phrase for topic in german for phrase in topic]))

    assert {frozenset(members) for members in found} == {frozenset(topic) for topic in german}


@settings(max_examples=20)
@given(st.permutations(PHRASES))
def test_the_order_of_the_keywords_changes_nothing(shuffled: list[str]) -> None:
    assert grouped(keywords(shuffled)) == grouped(keywords(PHRASES))


@settings(max_examples=40)
@given(st.lists(requests.phrases, max_size=30), st.sampled_from([Level.TOPIC, Level.PAGE]))
def test_every_keyword_is_in_one_group_or_in_none(phrases: list[str], level: Level) -> None:
    found = group(keywords(phrases, None), level)

    placed = [number for one in found.groups for number in one.members] + [lone.keyword for lone in found.lone]
    assert sorted(placed) == list(range(len(phrases)))


@settings(max_examples=20)
@given(st.data())
def test_more_keywords_move_nothing_that_is_in_a_cluster(data: st.DataObject) -> None:
    cluster_of = {phrase: data.draw(st.sampled_from(["a", "b", "c", None])) for phrase in PHRASES}
    given = [KeywordToGroup(phrase, 10, cluster=cluster) for phrase, cluster in cluster_of.items()]
    found = group(given)

    free = [n for n, keyword in enumerate(given) if keyword.cluster is None]
    placed = [n for one in found.groups for n in one.members] + [lone.keyword for lone in found.lone]
    assert sorted(placed) == free
    assert {one.cluster for one in found.groups} <= {"a", "b", "c", None}


def test_no_keywords_make_no_groups_and_one_makes_one() -> None:
    assert group([]).groups == ()
    assert [one.members for one in group(keywords(["snake plant"])).groups] == [(0,)]


def test_more_keywords_than_are_compared_at_once_are_grouped_by_topic_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "EXACT", 50)
    monkeypatch.setattr(neighbours, "BLOCK", 20)
    monkeypatch.setattr(neighbours, "LARGEST_BLOCK", 40)
    whole = np.random.default_rng(1).standard_normal((200, 8)).astype(np.float32)
    rows = whole / np.linalg.norm(whole, axis=1, keepdims=True)

    found, similar = neighbours.nearest(rows, 5)

    assert (found != np.arange(200)[:, None]).all()
    assert np.allclose(similar, (rows[:, None] * rows[found]).sum(axis=2), atol=1e-5)
    exact = np.sort(rows @ rows.T - 3 * np.eye(200), axis=1)[:, -5:]
    assert np.sort(similar, axis=1).sum() > 0.85 * exact.sum()
