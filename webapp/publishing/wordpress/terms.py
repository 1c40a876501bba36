"""Categories and tags by their names: those that are there, or new ones where the user may make them."""

import html
from enum import StrEnum

from webapp.content.normal import normal
from webapp.publishing.target import OutOfReach, RightsMissing
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.refusals import Refusal

A_PAGE = 100


class Taxonomy(StrEnum):
    """As its path is called."""

    CATEGORY = "/categories"
    TAG = "/tags"


def term_named(rest: Rest, taxonomy: Taxonomy, name: str) -> int | None:
    """Its number; None if it is not there, and the user may not make it. Raises TargetError."""
    found = _found(rest, taxonomy, name)
    return _made(rest, taxonomy, name) if found is None else found


def _found(rest: Rest, taxonomy: Taxonomy, name: str) -> int | None:
    like_it = rest.list(taxonomy, search=name, per_page=A_PAGE, _fields="id,name")
    same = (term for term in like_it if normal(html.unescape(str(term.get("name")))) == normal(name))
    return next((int(term["id"]) for term in same), None)


def _made(rest: Rest, taxonomy: Taxonomy, name: str) -> int | None:
    try:
        return int(rest.post(taxonomy, {"name": name})["id"])
    except (RightsMissing, OutOfReach):
        return None
    except Refusal as refusal:
        if refusal.code == "term_exists":  # made meanwhile, or the same to WordPress and not to us
            return int(refusal.data["term_id"])
        raise
