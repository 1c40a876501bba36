"""The run's log as a file of JSON lines, one per event, for people with a terminal. The rows are the truth."""

import contextlib
import fcntl
import json
import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from webapp.core.db import db, reading
from webapp.core.settings import settings
from webapp.pipeline.models import RunEvent

log = logging.getLogger(__name__)

WAITS_FOR_OTHERS = 2.0  # seconds, for others who write to the same file
LOOKS_EVERY = 0.05


def path_of(run_id: int) -> Path:
    return settings().run_logs / f"run-{run_id}.jsonl"


def complete(run_id: int) -> None:
    """Writes the events that the file lacks. A file that cannot be written is told to the operator and stops nobody."""
    try:
        _append_missing(run_id)
    except (OSError, OperationalError) as error:
        db.session.rollback()
        log.warning("the log file of run %s cannot be written: %s", run_id, error)


def _append_missing(run_id: int) -> None:
    path = path_of(run_id)
    if not path.exists() and not _events_after(run_id, 0):
        return  # it was deleted with its site
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _lock(file)
        file.writelines(_lines(_events_after(run_id, _last_id(path))))


def _lock(file: IO[str]) -> None:
    """Raises BlockingIOError if somebody keeps it: who froze with it must hold up no pause, no cancel and no sweep."""
    until = time.monotonic() + WAITS_FOR_OTHERS
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(LOOKS_EVERY)


def _events_after(run_id: int, event_id: int) -> Sequence[RunEvent]:
    wanted = select(RunEvent).where(RunEvent.run_id == run_id, RunEvent.id > event_id).order_by(RunEvent.id)
    with reading():
        events = db.session.scalars(wanted).all()
        db.session.commit()  # what the caller holds stays readable
    return events


def _last_id(path: Path) -> int:
    for line in reversed(path.read_text(errors="replace").splitlines()):
        with contextlib.suppress(ValueError, KeyError, TypeError):  # a line may be torn where the power went
            return int(json.loads(line)["id"])
    return 0


def _lines(events: Iterable[RunEvent]) -> Iterable[str]:
    return (json.dumps(_as_dict(event), ensure_ascii=False) + "\n" for event in events)


def _as_dict(event: RunEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": event.at.isoformat(),
        "run": event.run_id,
        "name": event.name,
        "level": event.level.value,
        "stage": event.stage and event.stage.value,
        "by": event.by,
        "text": event.text,
        "data": event.data,
    }
