"""What people decide about an import: begin, stop, go on, drop. Each commits, and raises Conflict if it is too late."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, update

from webapp.content.imports import stored, tally
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.content.moves import move
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import Conflict

BEFORE_IT = (ImportStatus.COUNTING, ImportStatus.UNDERSTOOD)
TO_BE_DROPPED = (ImportStatus.UNMAPPED, *BEFORE_IT, ImportStatus.STOPPED, ImportStatus.FAILED)
FROM_THE_FIRST_LINE: dict[str, Any] = {
    "position": 0, "read_to": 0, "lines": 0, "new": 0, "duplicates": 0, "filled_in": 0, "bad": 0, "reasons": {},
    "unread": {}, "remarks": 0, "tries": 0,
}  # fmt: skip


def begin(counted: KeywordImport) -> None:
    """From now on the file is imported; whoever still looks through it will notice."""
    move(counted, BEFORE_IT, _at_work() | FROM_THE_FIRST_LINE, "be imported")
    db.session.commit()


def stop(importing: KeywordImport, by: str) -> None:
    """What is imported stays, and it can go on from there."""
    values = {"status": ImportStatus.STOPPED, "is_held": False, "problem": f"Stopped by {by}."}
    move(importing, (ImportStatus.IMPORTING,), values | {"touched_at": now()}, "be stopped")
    db.session.commit()


def go_on(stopped: KeywordImport) -> None:
    move(stopped, (ImportStatus.STOPPED,), _at_work(), "go on")
    db.session.commit()


def drop(unfinished: KeywordImport) -> None:
    """The file goes, and what is known of it; keywords that were imported from it stay."""
    if not erase(unfinished.id, TO_BE_DROPPED):
        raise Conflict(
            f"“{unfinished.filename}” is {unfinished.status.value} by now, so it cannot be dropped.",
            "Nothing was changed: look at it as it is now.",
        )


def erase(import_id: int, statuses: Collection[ImportStatus]) -> bool:
    """Deletes it if it is in one of these. Answers whether it was.

    From the first moment on nobody sees it or works on it. The rest takes its time, as nobody shall wait for a
    transaction that deletes hundreds of megabytes; where it is cut off, the sweep goes on.
    """
    going = KeywordImport.id == import_id, KeywordImport.status.in_(statuses)
    is_going = change(update(KeywordImport).where(*going).values(status=ImportStatus.DROPPED, is_held=False)) == 1
    db.session.commit()
    if is_going:
        stored.let_go(import_id)
        tally.forget_what_was_seen(import_id)
        change(delete(KeywordImport).where(KeywordImport.id == import_id))
        db.session.commit()
    return is_going


def _at_work() -> dict[str, Any]:
    return {"status": ImportStatus.IMPORTING, "is_held": False, "problem": "", "touched_at": now()}
