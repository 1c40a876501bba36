"""Lists page by page, found by key: page 900 costs no more than page 1, and new rows move nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, tuple_

from webapp.core.db import db

PAGE = 50
GREATEST = 2**31 - 1  # that an integer column holds

Row = TypeVar("Row")
Key = tuple[int, ...]


@dataclass(frozen=True)
class Stretch:
    """Rows that are ordered alike: all of `where`, by integer columns that are never null, greatest first.

    An order may be made of several, one after the other, that differ in the number of their columns.
    """

    columns: tuple[Any, ...]
    where: tuple[ColumnElement[bool], ...] = ()


@dataclass(frozen=True)
class Place:
    """Where in a list: after a key, or before one, as an earlier page gave them."""

    after: str | None = None
    before: str | None = None


START = Place()


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the keys for the pages `before` and `after`: None where there is none."""

    rows: list[Row]
    before: str | None
    after: str | None


def page(
    rows: Select[Row],
    order: Sequence[Stretch],
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE,
) -> Page[Row]:
    """The page that follows the key `after` or precedes `before`; without a usable key the first one."""
    if (key := _read(after, order)) is not None:
        found = _collect(rows, order, key, size + 1, forwards=True)
        return _page(order, found[:size], earlier=True, later=len(found) > size)
    if (key := _read(before, order)) is not None:
        found = _collect(rows, order[::-1], key, size + 1, forwards=False)
        return _page(order, found[:size][::-1], earlier=len(found) > size, later=True)
    found = _collect(rows, order, None, size + 1, forwards=True)
    return _page(order, found[:size], earlier=False, later=len(found) > size)


def _collect(rows: Select[Row], order: Sequence[Stretch], key: Key | None, size: int, *, forwards: bool) -> list[Row]:
    found: list[Row] = []
    first = next((at for at, stretch in enumerate(order) if key and len(key) == len(stretch.columns)), 0)
    for stretch in order[first:]:
        if len(found) < size:
            found += _some(rows, stretch, key, size - len(found), forwards=forwards)
        key = None
    return found


def _some(rows: Select[Row], stretch: Stretch, start: Key | None, size: int, *, forwards: bool) -> Sequence[Row]:
    wanted = rows.where(*stretch.where)
    if start is not None:
        place = tuple_(*stretch.columns)
        wanted = wanted.where(place < start if forwards else place > start)
    direction = [column.desc() if forwards else column.asc() for column in stretch.columns]
    return db.session.scalars(wanted.order_by(*direction).limit(size)).all()


def _page(order: Sequence[Stretch], rows: list[Row], *, earlier: bool, later: bool) -> Page[Row]:
    if not rows:
        return Page([], None, None)
    return Page(
        rows,
        before=_written(rows[0], order) if earlier else None,
        after=_written(rows[-1], order) if later else None,
    )


def _written(row: Any, order: Sequence[Stretch]) -> str:
    """The row's key in the first stretch in which it has a value for every column."""
    keys = ([getattr(row, column.key) for column in stretch.columns] for stretch in order)
    return next("-".join(map(str, key)) for key in keys if None not in key)


def _read(written: str | None, order: Sequence[Stretch]) -> Key | None:
    """A key of this order, None for anything else: an address that was tampered with shows the first page."""
    parts = (written or "").split("-")
    if not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in parts):
        return None
    key = tuple(min(int(part), GREATEST) for part in parts)
    return key if any(len(stretch.columns) == len(key) for stretch in order) else None
