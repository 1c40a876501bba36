"""How a stage counts what waits for it."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from webapp.core.db import db


def count(model: Any, *where: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def rows(model: Any, limit: int | None, *where: ColumnElement[bool], order: Any) -> list[Any]:
    """The rows that wait, in their fixed order, `limit` at most."""
    return list(db.session.scalars(select(model).where(*where).order_by(*order).limit(limit)))
