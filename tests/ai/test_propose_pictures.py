from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ai import requests
from webapp.ai.embedded.look import Palette, Scene
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.functions.image_prompt_extraction import ImagePrompt, ImagePromptsRequest, ImageRole, parse


def proposed(request: ImagePromptsRequest) -> list[ImagePrompt]:
    return parse(EmbeddedProvider().answer(request)).images


def test_one_picture_is_featured_and_two_stand_under_headings_of_the_text() -> None:
    request = requests.picture_prompts()
    featured, *inside = proposed(request)

    assert (featured.role, featured.place) == (ImageRole.FEATURED, None)
    assert [image.role for image in inside] == [ImageRole.IN_ARTICLE] * 2
    assert [image.place for image in inside] == ["Light", "Water"]


def test_the_alt_text_says_what_is_drawn_and_for_what() -> None:
    featured, light, _ = proposed(requests.picture_prompts())

    assert "“snake plant care”" in featured.alt_text and "“Light”" in light.alt_text
    for image in (featured, light):
        assert any(scene in image.alt_text and scene in image.prompt for scene in Scene)
        assert any(palette in image.alt_text and palette in image.prompt for palette in Palette)


def test_the_pictures_of_one_article_differ_in_scene_and_colours() -> None:
    prompts = [image.prompt for image in proposed(requests.picture_prompts(headings=list("abcdefghij"), in_article=6))]

    assert len(prompts) == 7
    assert len({scene for scene in Scene for prompt in prompts if scene in prompt}) == 7
    assert len({palette for palette in Palette for prompt in prompts if palette in prompt}) == 7


def test_without_headings_there_is_the_featured_picture() -> None:
    assert [image.role for image in proposed(requests.picture_prompts(headings=[]))] == [ImageRole.FEATURED]
    assert len(proposed(requests.picture_prompts(in_article=0))) == 1


@settings(max_examples=60)
@given(requests.phrases, requests.phrases, st.lists(requests.phrases, max_size=6), st.integers(-1, 20))
def test_odd_words_make_prompts_that_can_be_stored(title: str, focus: str, headings: list[str], inside: int) -> None:
    for image in proposed(
        requests.picture_prompts(title=title, focus_keyword=focus, headings=headings, in_article=inside)
    ):
        assert 0 < len(image.alt_text) <= 300
        assert image.place is None or (image.place in headings and len(image.place) <= 300)
