"""Drawing one picture from its prompt."""

from dataclasses import dataclass
from typing import ClassVar

from webapp.ai.provider import BadReply, Operation, Reply, Request

MEDIA_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


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
    if not reply.media:
        raise BadReply("the answer holds no picture")
    for signature, media_type in MEDIA_TYPES.items():
        if reply.media.startswith(signature):
            return ImageResult(data=reply.media, media_type=media_type)
    raise BadReply("the picture is in a format that we cannot show")
