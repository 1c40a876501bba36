"""What providers answer is checked before it is believed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ai import requests
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.functions import (
    clustering,
    content_generation,
    idea_generation,
    image_generation,
    image_prompt_extraction,
)
from webapp.ai.provider import BadReply, Reply, Request

PARSERS: list[tuple[Callable[[Reply], Any], Request]] = [
    (clustering.parse, requests.naming(["snake plant"])),
    (idea_generation.parse, requests.ideas()),
    (content_generation.parse, requests.article()),
    (image_prompt_extraction.parse, requests.picture_prompts()),
]
by_operation = pytest.mark.parametrize(
    ("parse", "request_"), PARSERS, ids=lambda value: getattr(value, "operation", "")
)


@by_operation
def test_a_good_answer_is_read(parse: Callable[[Reply], Any], request_: Request) -> None:
    reply = EmbeddedProvider().answer(request_)

    assert parse(reply).model_dump_json() == reply.text


@by_operation
@pytest.mark.parametrize(
    "broken",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text + "}",
        lambda text: f"```json\n{text}\n```",
        lambda text: "Sorry, I cannot help with that.",
        lambda text: "null",
        lambda text: "[]",
        lambda text: "{}",
        lambda text: '{"groups": 1, "ideas": [{}], "images": "none", "title": null}',
    ],
    ids=["empty", "truncated", "with a tail", "fenced", "prose", "null", "a list", "without fields", "other fields"],
)
def test_a_bad_answer_is_refused(
    parse: Callable[[Reply], Any], request_: Request, broken: Callable[[str], str]
) -> None:
    with pytest.raises(BadReply):
        parse(Reply(text=broken(EmbeddedProvider().answer(request_).text)))


def test_the_refusal_names_what_is_wrong() -> None:
    with pytest.raises(BadReply, match=r"ideas\.0\.title"):
        idea_generation.parse(Reply(text='{"ideas": [{"title": ""}]}'))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 201),
        ("slug", "Not An Address"),
        ("slug", "a--b"),
        ("meta_title", "x" * 61),
        ("meta_description", "x" * 156),
        ("body_html", ""),
    ],
)
def test_an_article_that_cannot_be_stored_is_refused(field: str, value: str) -> None:
    good = content_generation.parse(EmbeddedProvider().answer(requests.article()))
    bad = good.model_copy(update={field: value})

    with pytest.raises(BadReply, match=field):
        content_generation.parse(Reply(text=bad.model_dump_json()))


def test_an_answer_without_pictures_to_draw_is_refused() -> None:
    with pytest.raises(BadReply, match="images"):
        image_prompt_extraction.parse(Reply(text='{"images": []}'))


@pytest.mark.parametrize("media", [None, b"", b"<html>no</html>", b"GIF89a"])
def test_what_is_not_a_picture_is_refused(media: bytes | None) -> None:
    with pytest.raises(BadReply, match="picture"):
        image_generation.parse(Reply(text="{}", media=media))


@pytest.mark.parametrize(
    ("media", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_pictures_are_told_by_what_they_begin_with(media: bytes, media_type: str) -> None:
    assert image_generation.parse(Reply(text="{}", media=media)).media_type == media_type


def test_other_files_in_the_same_wrapping_are_no_pictures() -> None:
    with pytest.raises(BadReply):
        image_generation.parse(Reply(text="{}", media=b"RIFF\x10\x00\x00\x00WAVEfmt "))


@by_operation
def test_what_the_provider_found_wrong_is_said_rather_than_what_follows_from_it(
    parse: Callable[[Reply], Any], request_: Request
) -> None:
    with pytest.raises(BadReply, match=r"^the answer was cut off$"):
        parse(Reply(text="{", problem="the answer was cut off"))


def test_what_kept_a_picture_away_is_said() -> None:
    with pytest.raises(BadReply, match=r"^nobody answers there$"):
        image_generation.parse(Reply(text="{}", problem="nobody answers there"))
