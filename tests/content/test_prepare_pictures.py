"""What a model may send or a person upload, and what pages get of it."""

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile, ImageFilter
from PIL.PngImagePlugin import PngInfo

from tests.ai import requests
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.content.pictures import BadPicture, Prepared, prepared


def photograph(width: int = 400, height: int = 300) -> Image.Image:
    """Soft noise: what no PNG makes small."""
    noise = Image.effect_noise((width, height), 90)
    return Image.merge("RGB", [noise, noise.rotate(90, expand=False), noise.rotate(180)]).filter(
        ImageFilter.GaussianBlur(2)
    )


def written(image: Image.Image, kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def both(picture: Prepared) -> tuple[Image.Image, Image.Image]:
    return opened(picture.fallback), opened(picture.webp)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_large_picture_is_made_smaller_and_kept_in_both_formats(kind: str) -> None:
    fallback, webp = both(prepared(written(photograph(2400, 1200), kind)))

    assert fallback.size == webp.size == (1600, 800)
    assert webp.format == "WEBP"
    assert fallback.format == ("JPEG" if kind == "JPEG" else "PNG")


def test_a_tall_picture_has_its_bound_too() -> None:
    fallback, _ = both(prepared(written(Image.new("RGB", (500, 6400), "teal"), "PNG")))

    assert fallback.size == (250, 3200)


def test_a_small_picture_keeps_its_size() -> None:
    fallback, webp = both(prepared(written(photograph(40, 30), "PNG")))

    assert fallback.size == webp.size == (40, 30)


def test_a_jpeg_that_a_png_shows_as_small_becomes_a_png() -> None:
    picture = prepared(written(Image.new("RGB", (400, 300), "teal"), "JPEG"))

    assert picture.media_type == "image/png" and opened(picture.fallback).format == "PNG"


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (30, 20), (10, 20, 30, 0)),
        Image.new("LA", (30, 20), (10, 0)),
        Image.new("RGBA", (30, 20), (10, 20, 30, 0)).quantize(4),
    ],
    ids=["colours", "greys", "palette"],
)
@pytest.mark.parametrize("width", [30, 2000])
def test_what_can_be_seen_through_stays_so(image: Image.Image, width: int) -> None:
    for shown in both(prepared(written(image.resize((width, 20)), "PNG"))):
        assert shown.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (Image.new("L", (30, 20), 99), "PNG"),
        (Image.new("1", (30, 20), 1), "PNG"),
        (Image.new("CMYK", (30, 20), (9, 9, 9, 9)), "JPEG"),
        (Image.new("I;16", (30, 20), 999), "PNG"),
    ],
    ids=["greys", "black and white", "print", "deep"],
)
def test_every_kind_of_colours_can_be_shown(image: Image.Image, kind: str) -> None:
    fallback, webp = both(prepared(written(image, kind)))

    assert fallback.mode == webp.mode == "RGB"


def test_a_picture_taken_sideways_stands_upright() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned by 90 degrees

    fallback, webp = both(prepared(written(photograph(400, 300), "JPEG", exif=turned)))

    assert fallback.size == webp.size == (300, 400)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_nothing_that_a_camera_or_a_model_wrote_into_it_stays(kind: str) -> None:
    about = Image.Exif()
    about[0x010E] = "where Ana lives"
    told: dict[str, Any] = {"exif": about, "icc_profile": b"where Ana lives"}
    if kind == "PNG":
        told["pnginfo"] = PngInfo()
        told["pnginfo"].add_text("parameters", "where Ana lives")
    if kind == "JPEG":
        told["comment"] = b"where Ana lives"

    for image in (photograph(), Image.new("P", (30, 20))):
        source = written(image if kind == "PNG" else image.convert("RGB"), kind, **told)
        picture = prepared(source)
        assert b"where Ana lives" in source
        assert b"where Ana lives" not in picture.fallback + picture.webp


def bomb(width: int, height: int) -> bytes:
    """Some hundred bytes that say they are a picture of so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 300)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no PNG, JPEG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG or WebP"),
        (written(photograph(), "GIF"), "no PNG, JPEG or WebP"),
        (written(photograph(), "PNG")[:5000], "broken"),
        (written(photograph(), "JPEG")[:3000], "broken"),
        (written(photograph(), "WEBP")[:1000], "broken"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 40, "broken"),
        (bomb(30_000, 30_000), "more than 40,000,000 pixels"),
        (b"\x89PNG" + b"x" * (10 * 1024 * 1024), "larger than 10 MB"),
    ],
    ids=["nothing", "svg", "gif", "half a png", "half a jpeg", "half a webp", "no png", "bomb", "too many bytes"],
)
def test_what_cannot_be_shown_is_refused_in_plain_words(data: bytes, why: str) -> None:
    with pytest.raises(BadPicture, match=why):
        prepared(data)


def test_more_pixels_than_can_be_held_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("it was decoded"))

    with pytest.raises(BadPicture, match="8,000 × 8,000 pixels, more than 40,000,000"):
        prepared(bomb(8000, 8000))


def test_the_same_bytes_give_the_same() -> None:
    source = written(photograph(), "JPEG")

    assert prepared(source) == prepared(source)


def test_a_drawing_of_the_embedded_provider_stays_as_it_is_and_crisp() -> None:
    drawn = EmbeddedProvider().answer(requests.picture("dunes, in night")).media
    assert drawn is not None

    picture = prepared(drawn)

    assert picture.fallback == drawn
    assert opened(picture.webp).convert("RGB").tobytes() == opened(drawn).convert("RGB").tobytes()
    assert len(picture.webp) < len(drawn)


@given(st.binary(max_size=300), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x10\0\0\0WEBP"]))
def test_whatever_comes_it_is_shown_or_refused(data: bytes, start: bytes) -> None:
    try:
        prepared(start + data)
    except BadPicture as bad:
        assert str(bad)


@pytest.mark.parametrize(
    "tag", [(0x100, 2, 2, b"4\0\0\0"), (0x11A, 7, 4, b"abcd")], ids=["a width in letters", "a resolution of bytes"]
)
def test_what_a_camera_wrote_wrong_keeps_no_picture_from_being_shown(tag: tuple[int, int, int, bytes]) -> None:
    sideways = (0x112, 3, 1, b"\0\6\0\0")
    fields = b"".join(struct.pack(">HHI", *field[:3]) + field[3] for field in sorted((tag, sideways)))
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 2) + fields + b"\0\0\0\0"
    written = io.BytesIO()
    Image.new("RGB", (6, 4), "teal").save(written, "JPEG", exif=exif)

    assert prepared(written.getvalue()).webp
