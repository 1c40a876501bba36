"""Drawing one picture from its prompt."""

import re
from dataclasses import dataclass
from typing import ClassVar

from webapp.ai.provider import BadReply, Operation, Reply, Request

SIGNATURES = {  # with dots for what may be anything
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


class ImageRequest(Request):
    operation: ClassVar[Operation] = Operation.IMAGE_GENERATION
    prompt_version: ClassVar[str] = "1"

    prompt: str
    caption: str
    width: int = 1200
    height: int = 675


@dataclass(frozen=True)
class ImageResult:
    data: bytes
    media_type: str


def parse(reply: Reply) -> ImageResult:
    """The picture in the reply. Raises BadReply where there is none that we can show."""
    if reply.problem is not None:
        raise BadReply(reply.problem)
    if not reply.media:
        raise BadReply("the answer holds no picture")
    media_type = type_of(reply.media)
    if media_type is None:
        raise BadReply("the picture is in a format that we cannot show")
    return ImageResult(data=reply.media, media_type=media_type)


def type_of(data: bytes) -> str | None:
    """The media type of a picture that we can show; None for anything else."""
    return next((media_type for media_type, signature in SIGNATURES.items() if signature.match(data)), None)
