"""Imports that nobody goes on with: those whose worker was lost, and those whose person has left."""

from datetime import timedelta

from sqlalchemy import exists, select, update

from webapp.content.imports import control, stored
from webapp.content.imports.models import AT_WORK, ImportChunk, ImportStatus, KeywordImport
from webapp.core.clock import now
from webapp.core.db import change, db, reading
from webapp.core.settings import settings

A_WEEK = timedelta(days=7)
KEPT_FOR = {
    ImportStatus.DROPPED: timedelta(),
    ImportStatus.ARRIVING: timedelta(hours=6),  # whoever sent it was cut off
    ImportStatus.UNMAPPED: A_WEEK,
    ImportStatus.UNDERSTOOD: A_WEEK,
    ImportStatus.STOPPED: A_WEEK,
}
NOBODY_CAME = "Nobody went on with it for a week, so the file was dropped. What was imported before stays."


def left_alone() -> list[int]:
    """The numbers of those that are at work, and that no worker has touched for as long as a lease."""
    with reading():
        found = db.session.scalars(
            select(KeywordImport.id).where(
                KeywordImport.status.in_(AT_WORK),
                KeywordImport.touched_at < now() - timedelta(seconds=settings().lease_ttl),
            )
        ).all()
        db.session.commit()
    return list(found)


def tidy() -> None:
    """Drops files that wait for a person who does not come, and what is left of files that are through. Commits."""
    for status, import_ids in _waiting_too_long().items():
        _drop(status, import_ids)
    for import_id in _through_with_bytes():
        stored.let_go(import_id)


def _waiting_too_long() -> dict[ImportStatus, list[int]]:
    found: dict[ImportStatus, list[int]] = {}
    with reading():
        for status, kept_for in KEPT_FOR.items():
            long_ago = KeywordImport.touched_at < now() - kept_for
            some = db.session.scalars(select(KeywordImport.id).where(KeywordImport.status == status, long_ago)).all()
            found |= {status: list(some)} if some else {}
        db.session.commit()
    return found


def _drop(status: ImportStatus, import_ids: list[int]) -> None:
    """What has brought nothing in leaves no trace."""
    if status is ImportStatus.STOPPED:
        given_up = {"status": ImportStatus.FAILED, "problem": NOBODY_CAME, "finished_at": now()}
        these = KeywordImport.id.in_(import_ids), KeywordImport.status == status
        change(update(KeywordImport).where(*these).values(given_up))
        db.session.commit()
        return
    for import_id in import_ids:
        control.erase(import_id, (status,))


def _through_with_bytes() -> list[int]:
    """Those whose worker was lost between the last line and letting the bytes go."""
    is_through = KeywordImport.status.in_((ImportStatus.IMPORTED, ImportStatus.FAILED))
    has_bytes = exists().where(ImportChunk.import_id == KeywordImport.id)
    with reading():
        found = db.session.scalars(select(KeywordImport.id).where(is_through, has_bytes)).all()
        db.session.commit()
    return list(found)
