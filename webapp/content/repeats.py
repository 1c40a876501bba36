"""Whether a site has something of nearly the same title: an article, a post, an idea."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, or_, select

from webapp.content.alike import must_hold, nearly_the_same, stems_of
from webapp.content.models import Article, ExistingPost, Idea
from webapp.core.db import db

KINDS = ((Article, "article"), (ExistingPost, "post"), (Idea, "idea"))


class Repeats:
    """Of one site. Titles that are not in the database yet are noted."""

    def __init__(self, site_id: int):
        self._site_id = site_id
        self._noted: list[tuple[str, frozenset[str]]] = []

    def note(self, title: str) -> None:
        """The next ones are compared with this idea's too."""
        self._noted.append((title, stems_of(title)))

    def reason_against(self, title: str) -> str | None:
        """Why it would be a repetition, in a sentence that names what it repeats; None if it is new."""
        stems = stems_of(title)
        for other, stems_of_other, kind in self._candidates(title):
            if nearly_the_same(stems, stems_of_other):
                return f"Nearly the same as “{other}” ({kind})."
        return None

    def _candidates(self, title: str) -> Iterator[tuple[str, frozenset[str], str]]:
        """The title of what may be meant, its stems and its kind, without reading all that a large site has."""
        for model, kind in KINDS:
            found = select(model.title).where(model.site_id == self._site_id, *_may_be(model, title))
            for other in db.session.scalars(found.order_by(model.title)):
                yield other, stems_of(other), kind
        for other, stems in self._noted:
            yield other, stems, "idea"


def _may_be(model: type[Article] | type[ExistingPost] | type[Idea], title: str) -> list[ColumnElement[bool]]:
    return [or_(*(model.title.icontains(word, autoescape=True) for word in words)) for words in must_hold(title)]
