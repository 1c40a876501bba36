import pytest
from hypothesis import given

from tests.ai import requests
from webapp.ai.embedded.phrases import Shape, asks, question, shape_of, topic_of, within_sentence
from webapp.ai.embedded.wording import plain, shortened, slug, title_case


@pytest.mark.parametrize(
    ("phrase", "shape"),
    [
        ("how to descale a kettle", Shape.HOW_TO),
        ("how often to descale a kettle", Shape.QUESTION),
        ("why is my kettle loud", Shape.QUESTION),
        ("buy a kettle", Shape.ACTION),
        ("kettle vs urn", Shape.COMPARISON),
        ("best kettle for tea", Shape.CHOICE),
        ("kettle leaking from the bottom", Shape.TROUBLE),
        ("grow light bulb", Shape.THING),
        ("how", Shape.THING),
        ("", Shape.THING),
    ],
)
def test_phrases_are_told_apart(phrase: str, shape: Shape) -> None:
    assert shape_of(phrase) is shape


@pytest.mark.parametrize(
    ("phrase", "asked"),
    [
        ("how to descale a kettle", "How do I descale a kettle?"),
        ("how to make your own soap", "How do I make my own soap?"),
        ("how often to water a snake plant", "How often should I water a snake plant?"),
        ("what to do when flowers fall off", "What should I do when flowers fall off?"),
        ("which pot to use for orchids", "Which pot should I use for orchids?"),
        ("what happens to old leaves", "What happens to old leaves?"),
        ("why are my calathea’s leaves brown", "Why are my calathea's leaves brown?"),
    ],
)
def test_a_search_is_asked_as_a_person_would(phrase: str, asked: str) -> None:
    assert question(phrase) == asked


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("how to descale a kettle", "descaling a kettle"),
        ("how to get rid of gnats", "getting rid of gnats"),
        ("how to repot an orchid", "repotting an orchid"),
        ("how to tie a bow", "tying a bow"),
        ("how to fix root rot", "fixing root rot"),
        ("how to safely clean a pan", "safely cleaning a pan"),
        ("when to see a doctor", "seeing a doctor"),
        ("buy a kettle", "buying a kettle"),
        ("best kettle", "the best kettle"),
        ("diy planter", "DIY planter"),
        ("what is perlite", "the question “What is perlite?”"),
    ],
)
def test_a_search_can_stand_within_a_sentence(phrase: str, said: str) -> None:
    assert within_sentence(phrase) == said


def test_an_article_that_answers_a_question_is_about_the_next_thing() -> None:
    assert topic_of("what is perlite", ["does perlite float", "perlite", "sand"]) == "perlite"
    assert topic_of("how to use perlite", ["perlite"]) == "using perlite"


def test_a_mark_belongs_to_questions_only() -> None:
    assert asks("is pothos toxic") and asks("what kills gnats instantly")
    assert not asks("how to propagate pothos") and not asks("when to repot pothos") and not asks("pothos")


@pytest.mark.parametrize(
    ("phrase", "title"),
    [
        ("how to get an orchid to rebloom", "How to Get an Orchid to Rebloom"),
        ("how long to leave grow lights on", "How Long to Leave Grow Lights On"),
        ("pet–safe hanging plants", "Pet-Safe Hanging Plants"),
        ("diy usb lamp for an iPad", "DIY USB Lamp for an iPad"),
        ("crème brûlée", "Crème Brûlée"),
        ("terrarium 🌱 ideas", "Terrarium Ideas"),
        ("मनी प्लांट की देखभाल", "मनी प्लांट की देखभाल"),
    ],
)
def test_titles_have_capitals_where_they_belong(phrase: str, title: str) -> None:
    assert title_case(phrase) == title


@given(requests.phrases)
def test_plain_words_stay_as_they_are(phrase: str) -> None:
    assert plain(plain(phrase)) == plain(phrase)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("What’s “New” in Café Größe?", "whats-new-in-cafe-grosse"),
        ("観葉植物", "article"),
        ("a" * 100, "a" * 80),
        ("word " * 30, "-".join(["word"] * 16)),
    ],
)
def test_addresses_are_plain_words(text: str, address: str) -> None:
    assert slug(text) == address


def test_a_shortened_text_ends_between_words_and_says_so() -> None:
    assert shortened("Peace Lily Care: The Basics", 17) == "Peace Lily Care…"
    assert shortened("x" * 30, 10) == "x" * 9 + "…"
    assert shortened("as it is", 8) == "as it is"
