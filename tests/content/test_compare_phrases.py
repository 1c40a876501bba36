import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.content.normal import normal


@pytest.mark.parametrize(
    "written",
    [
        "Pour Over Coffee",
        "  pour   over\tcoffee ",
        "pour\u00a0over coffee",
        "ＰＯＵＲ over coffee",
    ],
)
def test_spellings_of_one_phrase_are_the_same(written: str) -> None:
    assert normal(written) == "pour over coffee"


def test_curly_quotes_are_straight() -> None:
    assert normal("what’s “cold brew”") == 'what\'s "cold brew"'


def test_accents_tell_phrases_apart_however_they_are_composed() -> None:
    assert normal("café") == normal("cafe\u0301") != normal("cafe")


def test_german_sharp_s_is_folded() -> None:
    assert normal("GROSSE TASSE") == normal("große Tasse")


@given(st.text())
def test_the_normal_form_of_a_normal_form_is_itself(written: str) -> None:
    assert normal(normal(written)) == normal(written)
