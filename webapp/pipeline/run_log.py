"""The run's log as a file of JSON lines, one per event, for people with a terminal. The rows are the truth."""

import fcntl
import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from webapp.core.db import db
from webapp.core.settings import settings
from webapp.pipeline.models import RunEvent

log = logging.getLogger(__name__)


def path_of(run_id: int) -> Path:
    return settings().run_logs / f"run-{run_id}.jsonl"


def complete(run_id: int) -> None:
    """Writes the events that the file lacks. A file that cannot be written is told to the operator and stops nobody."""
    try:
        _append_missing(run_id)
    except OSError as error:
        log.warning("the log file of run %s cannot be written: %s", run_id, error)


def _append_missing(run_id: int) -> None:
    path = path_of(run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        missing = db.session.scalars(
            select(RunEvent).where(RunEvent.run_id == run_id, RunEvent.id > _last_id(path)).order_by(RunEvent.id)
        ).all()
        file.writelines(_lines(missing))
    db.session.rollback()


def _last_id(path: Path) -> int:
    lines = path.read_text().splitlines()
    return int(json.loads(lines[-1])["id"]) if lines else 0


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
