"""An article as its readers will see it: the text with the pictures in their places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webapp.ai.functions.image_prompt_extraction import ImageRole
from webapp.content.links import resolved
from webapp.content.models import Article, Image
from webapp.content.placing import placed
from webapp.content.sanitise import clean


@dataclass(frozen=True)
class Section:
    """A piece of safe HTML and the pictures that follow it. Only all pieces together are well-formed."""

    html: str
    images: Sequence[Image]


def sections(article: Article, addresses: Mapping[str, str]) -> list[Section]:
    """The text, cut where pictures go: after the heading that each names, else at the end.

    `addresses`: by id, of what it links to.
    """
    images = [image for image in article.images if image.role is ImageRole.IN_ARTICLE]
    pieces = placed(resolved(clean(article.body_html), addresses), [image.place for image in images])
    return [Section(html, [images[number] for number in numbers]) for html, numbers in pieces]


def featured(article: Article) -> Image | None:
    return next((image for image in article.images if image.role is ImageRole.FEATURED), None)
