"""An article as its readers will see it: the text with the pictures in their places."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.ai.functions.image_prompt_extraction import ImageRole
from webapp.content.models import Article, Image
from webapp.content.normal import normal
from webapp.content.sanitise import clean, plain

AFTER_HEADING = re.compile(r"(?<=</h[23]>)")
LAST_HEADING = re.compile(r"<h[23]>(?:(?!</?h[23]>).)*</h[23]>$", re.DOTALL)


@dataclass(frozen=True)
class Section:
    """A piece of safe HTML and the pictures that follow it. Only all pieces together are well-formed."""

    html: str
    images: Sequence[Image]


def sections(article: Article) -> list[Section]:
    """The text, cut where pictures go: after the heading that each names, else at the end."""
    waiting = [image for image in article.images if image.role is ImageRole.IN_ARTICLE]
    found = []
    for html in AFTER_HEADING.split(clean(article.body_html)):
        heading = _last_heading(html)
        here = [image for image in waiting if heading and normal(image.place or "") == heading]
        waiting = [image for image in waiting if image not in here]
        found.append(Section(html, here))
    return [*found, Section("", waiting)]


def featured(article: Article) -> Image | None:
    return next((image for image in article.images if image.role is ImageRole.FEATURED), None)


def _last_heading(html: str) -> str:
    found = LAST_HEADING.search(html)
    return normal(plain(found.group())) if found else ""
