"""Categories and tags by their names: those that are there, or new ones where the user may make them."""

import html
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from webapp.content.normal import normal
from webapp.publishing.target import OutOfReach, RightsMissing
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.markup import escaped
from webapp.publishing.wordpress.refusals import NotTheirs, Refusal, number_in

A_PAGE = 100


class Taxonomy(StrEnum):
    """As its path is called."""

    CATEGORY = "/categories"
    TAG = "/tags"


class NoTerm(Exception):
    """It is not there, and cannot be made. `why`: the second half of a sentence."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


def term_named(rest: Rest, taxonomy: Taxonomy, name: str) -> int:
    """Its number. Raises NoTerm, TargetError."""
    found = _found(rest, taxonomy, name)
    return _made(rest, taxonomy, name) if found is None else found


def _found(rest: Rest, taxonomy: Taxonomy, name: str) -> int | None:
    same = (
        term for term in _like(rest, taxonomy, name) if normal(html.unescape(str(term.get("name")))) == normal(name)
    )
    return next((int(term["id"]) for term in same), None)


def _like(rest: Rest, taxonomy: Taxonomy, name: str) -> Iterator[Mapping[str, Any]]:
    """WordPress keeps names as HTML, and searches in what it keeps."""
    for written in dict.fromkeys((name, escaped(name))):
        yield from rest.list(taxonomy, search=written, per_page=A_PAGE, _fields="id,name")


def _made(rest: Rest, taxonomy: Taxonomy, name: str) -> int:
    try:
        return number_in(rest.post(taxonomy, {"name": name}))
    except (RightsMissing, OutOfReach, NotTheirs) as error:
        raise NoTerm("the user may not make one") from error
    except Refusal as refusal:
        if refusal.code == "term_exists":  # made meanwhile, or the same to WordPress and not to us
            return int(refusal.data["term_id"])
        if not refusal.code:  # it is not WordPress that says so
            raise
        raise NoTerm("WordPress makes none of that name") from refusal
