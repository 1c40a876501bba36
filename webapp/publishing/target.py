"""What every destination looks like, and how it fails."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

KINDS = {  # of pictures, by how they begin: what their names end with, and their media type
    b"\x89PNG": (".png", "image/png"),
    b"\xff\xd8\xff": (".jpg", "image/jpeg"),
    b"RIFF": (".webp", "image/webp"),
}
UNKNOWN = (".img", "application/octet-stream")


@dataclass(frozen=True)
class Picture:
    """`place` is the text of the heading that it follows; None puts it at the end.

    `webp` is the same picture in a smaller file, for destinations that can offer both.
    """

    name: str
    data: bytes
    alt_text: str
    place: str | None = None
    webp: bytes | None = None

    @property
    def file_name(self) -> str:
        """What it is called where it goes: by its content, so that the same one is there once."""
        return _name_of(self.data) + self._kind[0]

    @property
    def webp_name(self) -> str | None:
        return None if self.webp is None else f"{_name_of(self.webp)}.webp"

    @property
    def media_type(self) -> str:
        return self._kind[1]

    @property
    def _kind(self) -> tuple[str, str]:
        return next((kind for start, kind in KINDS.items() if self.data.startswith(start)), UNKNOWN)


def _name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:20]


@dataclass(frozen=True)
class Post:
    """An article ready to go out. `body_html` is sanitised HTML from h2 downwards."""

    article_id: int
    slug: str
    title: str
    meta_title: str
    meta_description: str
    excerpt: str
    body_html: str
    published_at: datetime
    featured: Picture | None
    pictures: tuple[Picture, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """Where the post is now, and what the destination calls it. `remark`: what of it could not be as it should."""

    link: str
    remote_id: str
    remark: str = ""


class Target(Protocol):
    """A destination. Called outside any transaction."""

    accepts_drafts: bool  # what was written without a language model may go there by itself

    def publish(self, post: Post, still_ours: "StillOurs") -> Published:
        """Puts the post out. The same article again replaces its page. Raises TargetError.

        Asks before each step whether it may go on, and raises TakenOver if not.
        """
        ...


StillOurs = Callable[[], bool]  # nobody else has taken over what we publish: whoever slept asks before he acts


class TargetError(Exception):
    """The destination did not take it, in its own words. `permanent`: it will not take the same post later either.

    `retry_after`: the seconds for which it asked to be left alone.
    """

    def __init__(self, sentence: str, *, permanent: bool, retry_after: float = 0.0):
        super().__init__(sentence)
        self.sentence = sentence
        self.permanent = permanent
        self.retry_after = retry_after


class TargetDown(TargetError):
    """The destination takes nothing at all for the time being: it is out of order, busy, or full."""

    def __init__(self, sentence: str, *, retry_after: float = 0.0):
        super().__init__(sentence, permanent=False, retry_after=retry_after)


class NeedsOwner(TargetError):
    """Nothing of the site can go out until a person changes something."""

    def __init__(self, sentence: str):
        super().__init__(sentence, permanent=False)


class NotConnected(NeedsOwner):
    """Nobody has said yet how to sign in."""


class CredentialsRefused(NeedsOwner):
    """The destination does not take the credentials."""


class RightsMissing(NeedsOwner):
    """It takes them, and lets their user do too little."""


class OutOfReach(NeedsOwner):
    """The address leads nowhere that we may, or are allowed to, publish to."""


class TakenOver(TargetError):
    """Somebody else publishes it by now."""

    def __init__(self) -> None:
        super().__init__("Somebody else publishes it by now.", permanent=False)
