"""Moving a row from one status to another: one conditional UPDATE, as others may decide at the same moment."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import update

from webapp.content.imports.models import KeywordImport
from webapp.content.models import Cluster, Image
from webapp.core.db import db
from webapp.core.errors import Conflict


def move(row: Any, allowed: Collection[Any], values: dict[str, Any], what: str) -> None:
    """Sets the values if the row's status is one of these. `what`: what it could not be otherwise. Raises Conflict."""
    model = type(row)
    db.session.flush()
    moved = db.session.scalar(
        update(model)
        .where(model.id == row.id, model.status.in_(allowed))
        .values(values)
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(row)
    if moved is None:
        raise Conflict(
            f"“{_name(row)}” is {_word(row.status)} by now, so it cannot {what}.",
            "Nothing was changed: look at it as it is now.",
        )


def _name(row: Any) -> str:
    match row:
        case Cluster():
            return row.name
        case Image():
            return row.alt_text
        case KeywordImport():
            return row.filename
        case _:
            return row.title


def _word(status: Any) -> str:
    words = {"review": "in review", "attention": "waiting for attention", "draft": "a draft"}
    return words.get(status, status)
