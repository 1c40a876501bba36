"""Going on with an import: it is looked through, or brought in, a thousand lines at a time.

What came of these lines and how far it is are one transaction, so a worker that dies at any moment loses nothing and
doubles nothing. One worker has an import at a time: each claims it with a new epoch, and only the last may write. A
claim that is not renewed for as long as the lease of a run is anybody's.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from threading import Event
from typing import Any

from sqlalchemy import update

from webapp.content.adding import take_turns
from webapp.content.importing.reading import Line, lines
from webapp.content.importing.understanding import Understanding
from webapp.content.imports import stored, tally
from webapp.content.imports.models import AT_WORK, ImportStatus, KeywordImport
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import Invalid
from webapp.core.settings import settings

BATCH = 1000  # lines
OTHERS_TURN = 0.02  # seconds between two batches: SQLite's writers take turns, and a run wants to write, too
MOST_TRIES = 3
BROKEN = "Something broke on our side over the lines after line {}. What was imported before stays."

NEVER = Event()
WORK = {ImportStatus.COUNTING: tally.look_through, ImportStatus.IMPORTING: tally.bring_in}


def work_on(import_id: int, seconds: float, stopping: Event = NEVER) -> bool:
    """Goes on for that long, or for as long as it took to find the place. Answers whether there is more to do for it.

    It does nothing where somebody else is at work, or nothing is to be done. Commits.
    """
    held = _claim(import_id)
    if held is None:
        return False
    try:
        at_the_end = _work(held, seconds, stopping)
    except Invalid as error:
        _fail(held, str(error))
        return False
    if at_the_end:
        _finish(held)
    return not at_the_end and _write(held, {"is_held": False})


@dataclass
class _Held:
    """An import in the hands of one worker; `status` says which work it is."""

    number: int
    site_id: int
    size: int
    epoch: int
    status: ImportStatus
    understanding: Understanding
    position: int
    remarks: int
    reasons: dict[str, int]
    unread: dict[str, int]


def _claim(import_id: int) -> _Held | None:
    long_ago = now() - timedelta(seconds=settings().lease_ttl)
    is_free = KeywordImport.is_held.is_(False) | (KeywordImport.touched_at < long_ago)
    taken = change(
        update(KeywordImport)
        .where(KeywordImport.id == import_id, KeywordImport.status.in_(AT_WORK), is_free)
        .values(epoch=KeywordImport.epoch + 1, is_held=True, tries=KeywordImport.tries + 1, touched_at=now())
    )
    row = db.session.get(KeywordImport, import_id, populate_existing=True) if taken else None
    db.session.commit()
    if row is None:
        return None
    held = _Held(
        number=row.id,
        site_id=row.site_id,
        size=row.size,
        epoch=row.epoch,
        status=row.status,
        understanding=Understanding.from_json(row.understanding or {}),
        position=row.position,
        remarks=row.remarks,
        reasons=row.reasons,
        unread=row.unread,
    )
    if row.tries <= MOST_TRIES:
        return held
    _fail(held, BROKEN.format(held.position))
    return None


def _work(held: _Held, seconds: float, stopping: Event) -> bool:
    """Answers whether it came to the end. Raises Invalid for a file that turns out to be none."""
    began, until = time.monotonic(), None
    with stored.opened(held.number, held.size) as stream, closing(_batches(stream, held)) as batches:
        for batch in batches:
            until = until or max(began + seconds, 2 * time.monotonic() - began)
            if not _do(held, batch, stream.tell()) or time.monotonic() > until or stopping.is_set():
                return False
            time.sleep(OTHERS_TURN)
    return True


def _batches(stream: Any, held: _Held) -> Generator[Sequence[Line], None, None]:
    some = lines(stream, held.understanding, held.position)
    while batch := list(islice(some, BATCH)):
        yield batch


def _do(held: _Held, batch: Sequence[Line], read_to: int) -> bool:
    """Does these lines and notes that they are done. Answers False, and does nothing, if it is not ours any more."""
    take_turns(held.site_id)
    if not _renew(held, {}):
        db.session.commit()
        return False
    good = [line.fields for line in batch if line.fields]
    remarked = [line for line in batch if line.unread or not line.fields]
    came = WORK[held.status](held.site_id, held.number, good)
    tally.keep_remarks(held.number, remarked, tally.MOST_KEPT - held.remarks)
    held.remarks += len(remarked)
    held.reasons = tally.with_more(held.reasons, (line.reason for line in remarked if not line.fields))
    held.unread = tally.with_more(held.unread, (sentence for line in remarked for sentence in line.unread))
    done = {
        "position": batch[-1].number,
        "read_to": read_to,
        "lines": KeywordImport.lines + len(batch),
        "new": KeywordImport.new + came.new,
        "duplicates": KeywordImport.duplicates + len(good) - came.new,
        "filled_in": KeywordImport.filled_in + came.filled_in,
        "bad": KeywordImport.bad + len(batch) - len(good),
        "reasons": held.reasons,
        "unread": held.unread,
        "remarks": held.remarks,
        "tries": 0,
    }
    return _write(held, done)


def _finish(held: _Held) -> None:
    if held.status is ImportStatus.COUNTING:
        _write(held, {"status": ImportStatus.UNDERSTOOD, "is_held": False, "expected": KeywordImport.lines})
        tally.forget_what_was_seen(held.number)
    elif _write(held, {"status": ImportStatus.IMPORTED, "is_held": False, "finished_at": now()}):
        _clear(held)


def _fail(held: _Held, problem: str) -> None:
    failed = {"status": ImportStatus.FAILED, "is_held": False, "problem": problem, "finished_at": now()}
    if _write(held, failed):
        _clear(held)


def _clear(held: _Held) -> None:
    """Nothing will go on with it."""
    stored.let_go(held.number)
    tally.forget_what_was_seen(held.number)


def _write(held: _Held, values: dict[str, Any]) -> bool:
    """Commits. Answers False, and changes nothing, if it is not ours any more."""
    is_ours = _renew(held, values)
    db.session.commit()
    return is_ours


def _renew(held: _Held, values: dict[str, Any]) -> bool:
    ours = (
        KeywordImport.id == held.number,
        KeywordImport.epoch == held.epoch,
        KeywordImport.status == held.status,
    )
    return change(update(KeywordImport).where(*ours).values({"touched_at": now()} | values)) == 1
