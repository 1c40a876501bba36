import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.ai import requests
from webapp.ai.embedded.look import Palette, Scene
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.functions.image_generation import ImageRequest, parse


def drawn(request: ImageRequest) -> Image.Image:
    result = parse(EmbeddedProvider().answer(request))
    assert result.media_type == "image/png"
    image = Image.open(io.BytesIO(result.data))
    image.load()
    return image


@pytest.mark.parametrize("size", [(1200, 675), (640, 640), (300, 500), (16, 16)])
@pytest.mark.parametrize("scene", Scene)
def test_every_scene_is_a_png_of_the_size_asked_for(scene: Scene, size: tuple[int, int]) -> None:
    image = drawn(requests.picture(scene, width=size[0], height=size[1]))

    assert (image.format, image.size) == ("PNG", size)
    assert len(image.convert("RGB").getcolors(size[0] * size[1]) or []) >= 4


def test_scene_and_colours_are_those_of_the_prompt() -> None:
    def data(prompt: str) -> bytes:
        return drawn(requests.picture(prompt, width=160, height=90)).convert("RGB").tobytes()

    prompts = [f"{scene}, in {palette}" for scene in Scene for palette in Palette]

    assert len({data(prompt) for prompt in prompts}) == len(prompts)


def test_a_night_is_dark_and_cream_is_light() -> None:
    night = drawn(requests.picture(f"{Scene.DUNES}, in {Palette.NIGHT}")).convert("L").resize((1, 1)).getpixel((0, 0))
    cream = drawn(requests.picture(f"{Scene.DUNES}, in {Palette.CREAM}")).convert("L").resize((1, 1)).getpixel((0, 0))

    assert night < 80 < 120 < cream


def test_prompts_of_other_people_get_a_picture_too() -> None:
    one, other = drawn(requests.picture("A photo of a cat")), drawn(requests.picture("A photo of a dog"))

    assert one.tobytes() != other.tobytes()


def test_a_picture_is_small_enough_for_a_page() -> None:
    sizes = [len(EmbeddedProvider().answer(requests.picture(scene)).media or b"") for scene in Scene]

    assert max(sizes) < 80_000


@settings(max_examples=30)
@given(requests.phrases, requests.phrases, st.integers(8, 90), st.integers(8, 90))
def test_any_prompt_can_be_drawn(prompt: str, caption: str, width: int, height: int) -> None:
    assert drawn(ImageRequest(prompt=prompt, caption=caption, width=width, height=height)).size == (width, height)
