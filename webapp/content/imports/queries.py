"""Imports as pages and commands show them."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Row, select

from webapp.content.imports.models import HIDDEN, ImportStatus, KeywordImport, LineRemark
from webapp.core.db import db, reading
from webapp.core.paging import Page, Place, Stretch, page

LINES_AT_ONCE = 5_000


def imports_of(site_id: int, place: Place) -> Page[KeywordImport]:
    """The latest first."""
    rows = select(KeywordImport).where(KeywordImport.site_id == site_id, KeywordImport.status.not_in(HIDDEN))
    return page(rows, (Stretch((KeywordImport.id,)),), after=place.after, before=place.before)


def imported_before(one: KeywordImport) -> KeywordImport | None:
    """The last import of the very same file into the same site, if it is through."""
    return db.session.scalar(
        select(KeywordImport)
        .where(
            KeywordImport.site_id == one.site_id,
            KeywordImport.sha256 == one.sha256,
            KeywordImport.status == ImportStatus.IMPORTED,
            KeywordImport.id < one.id,
        )
        .order_by(KeywordImport.id.desc())
        .limit(1)
    )


def first_remarks(import_id: int, most: int) -> Sequence[Row[int, bool, str]]:
    """Line number, whether it was left out, and why, in the order of the file."""
    return _remarks(import_id, 0, most)


def all_remarks(import_id: int) -> Iterator[Row[int, bool, str]]:
    """The same of all that are kept. Reads some at a time, each in a transaction of its own."""
    after = 0
    while some := _remarks(import_id, after, LINES_AT_ONCE):
        yield from some
        after = some[-1].number


def _remarks(import_id: int, after: int, most: int) -> Sequence[Row[int, bool, str]]:
    wanted = select(LineRemark.number, LineRemark.is_left_out, LineRemark.text)
    these = wanted.where(LineRemark.import_id == import_id, LineRemark.number > after)
    with reading():
        found = db.session.execute(these.order_by(LineRemark.number).limit(most)).all()
        db.session.commit()
    return found
