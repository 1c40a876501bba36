"""What a provider drew, or somebody uploaded, as pages show it: bounded, without metadata, in two formats.

Older browsers, mail programs and WordPresses get the fallback. It is a PNG, which loses nothing; but a photograph that
came as a JPEG stays one where a PNG of it would be far larger and show nothing more.
"""

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webapp.content.media import keep
from webapp.content.models import Image, ImageStatus

if TYPE_CHECKING:
    from PIL import Image as pillow

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000  # decoded they take up to four bytes each
WIDEST = 1600  # pixels
TALLEST = 3200
FORMATS = ("PNG", "JPEG", "WEBP")
QUALITY = 82
TIMES_LARGER = 4
WEBP = "image/webp"


class BadPicture(Exception):
    """It is no picture that can be shown. The message says why, in half a sentence."""


@dataclass(frozen=True)
class Prepared:
    """The two files; `media_type` is the fallback's."""

    fallback: bytes
    media_type: str
    webp: bytes


def prepared(data: bytes) -> Prepared:
    """The picture in at most WIDEST × TALLEST pixels. The same bytes always give the same. Raises BadPicture."""
    source, was_jpeg = _decoded(data)
    webp = _written(source, "WEBP", lossless=source.mode == "P", quality=QUALITY, method=4)
    png = _written(source, "PNG", optimize=source.mode == "P")  # of a photograph that takes seconds and saves little
    jpeg = _written(source, "JPEG", quality=QUALITY, optimize=True) if was_jpeg else None
    if jpeg is not None and len(png) > TIMES_LARGER * len(jpeg):
        return Prepared(jpeg, "image/jpeg", webp)
    return Prepared(png, "image/png", webp)


def put(image: Image, picture: Prepared) -> None:
    """The image has its picture, in the caller's transaction."""
    file, webp = keep(picture.fallback, picture.media_type), keep(picture.webp, WEBP)
    image.file, image.media_type, image.webp = file, picture.media_type, webp
    image.status, image.attention = ImageStatus.GENERATED, ""


def _decoded(data: bytes) -> "tuple[pillow.Image, bool]":
    """The picture of palette, RGB or RGBA, and whether it was a JPEG. Looks at its size before it decodes it."""
    from PIL import Image as pillow  # it takes its time, and most that import this show nothing

    if len(data) > MOST_BYTES:
        raise BadPicture(f"the file is larger than {MOST_BYTES // 1024 // 1024} MB")
    try:
        with pillow.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(*opened.size)
            was_jpeg = opened.format == "JPEG"
            opened.draft("RGB", (WIDEST, TALLEST))  # a JPEG is decoded no larger than it has to be
            return _fitted(_in_colours(_upright(opened))), was_jpeg
    except pillow.UnidentifiedImageError:
        raise BadPicture("it is no PNG, JPEG or WebP") from None
    except pillow.DecompressionBombError:
        raise BadPicture(f"it has more than {MOST_PIXELS:,} pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, struct.error) as error:
        raise BadPicture(f"the picture is broken ({error})") from None


def _upright(image: "pillow.Image") -> "pillow.Image":
    """Turned as its camera was held; as it is, where what the camera wrote cannot be read."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except (TypeError, struct.error):
        return image.copy()


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise BadPicture(f"it has {width:,} × {height:,} pixels, more than {MOST_PIXELS:,}")
    if width < 1 or height < 1:
        raise BadPicture("it has no pixels")


def _in_colours(image: "pillow.Image") -> "pillow.Image":
    """In a mode that all formats take, and without what a camera or a program wrote about it."""
    if image.mode != "P" or _is_too_large(image):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.info = {name: value for name, value in image.info.items() if name == "transparency"}
    return image


def _fitted(image: "pillow.Image") -> "pillow.Image":
    """Never enlarged."""
    if _is_too_large(image):
        image.thumbnail((WIDEST, TALLEST))
    return image


def _is_too_large(image: "pillow.Image") -> bool:
    return image.width > WIDEST or image.height > TALLEST


def _written(image: "pillow.Image", kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()
