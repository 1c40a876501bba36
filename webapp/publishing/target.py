"""What every destination looks like, and how it fails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Picture:
    """`place` is the text of the heading that it follows; None puts it at the end."""

    name: str
    data: bytes
    alt_text: str
    place: str | None = None


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


@dataclass(frozen=True)
class Published:
    """Where the post is now, and what the destination calls it."""

    link: str
    remote_id: str


class Target(Protocol):
    """A destination. Called outside any transaction."""

    accepts_drafts: bool  # what was written without a language model may go there by itself

    def publish(self, post: Post) -> Published:
        """Puts the post out. The same article again replaces its page. Raises TargetError."""
        ...


class TargetError(Exception):
    """The destination did not take it, in its own words. `permanent`: it will not take the same post later either.

    `retry_after`: the seconds for which it asked to be left alone.
    """

    def __init__(self, sentence: str, *, permanent: bool, retry_after: float = 0.0):
        super().__init__(sentence)
        self.sentence = sentence
        self.permanent = permanent
        self.retry_after = retry_after


class CredentialsRefused(TargetError):
    """Nothing of the site can go out until a person enters other credentials."""

    def __init__(self, sentence: str):
        super().__init__(sentence, permanent=False)
