"""A worker that stood still for longer than its lease: when it wakes it is too late, and it knows."""

import contextlib
import sqlite3

import pytest

from tests.faults.conftest import LANES, Disturbed, Made, assert_as_if_nothing_had_happened, freeze, sleeps, wake
from tests.pipeline import engine
from tests.processes import Crew, Process, eventually, lives
from webapp.core.clock import now
from webapp.core.db import db
from webapp.jobs.queue import RUNS
from webapp.pipeline.models import Run, RunEvent, RunItem
from webapp.pipeline.states import RunStatus


def freeze_who_has_it(disturbed: Disturbed, workers: list[Process]) -> tuple[Process, int]:
    eventually(disturbed.is_amid_articles)
    worker, job = disturbed.worker_in(workers)
    eventually(lambda: is_frozen_between_two_changes(job, worker.pid))
    return worker, job


def is_frozen_between_two_changes(*pids: int) -> bool:
    """One that froze amid a change would keep everybody else from SQLite; PostgreSQL takes the lock away from it."""
    freeze(*pids)
    eventually(lambda: all(sleeps(pid) for pid in pids))
    if db.engine.dialect.name == "postgresql" or nobody_writes(db.engine.url.database):
        return True
    wake(*pids)
    return False


def nobody_writes(file: str | None) -> bool:
    with contextlib.closing(sqlite3.connect(file or "", timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True


def test_woken_amid_the_work_of_its_successor_it_calls_nobody_and_changes_nothing(
    at_work: Crew, disturbed: Disturbed, undisturbed: Made
) -> None:
    first = at_work.start(RUNS)
    worker, job = freeze_who_has_it(disturbed, [first])
    frozen_at, epoch = now(), disturbed.run.epoch
    at_work.start("timetable")
    at_work.start(RUNS, EMBEDDED_DELAY="1")  # it has so much left to do that the first could help
    eventually(lambda: disturbed.run.epoch > epoch and disturbed.run.status is RunStatus.RUNNING)

    wake(job, worker.pid)

    eventually(lambda: not lives(job))
    assert disturbed.run.is_active, "it should have stopped long before the end of the run"
    assert_as_if_nothing_had_happened(disturbed, undisturbed)
    assert [call for call in disturbed.calls() if call.epoch == epoch and call.sent_at > frozen_at] == []
    assert disturbed.sent_again() <= LANES
    assert not worker.ended


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_woken_when_all_is_done_it_leaves_everything_as_it_is(
    at_work: Crew, disturbed: Disturbed, undisturbed: Made
) -> None:
    workers = [at_work.start(RUNS), at_work.start(RUNS)]
    at_work.start("timetable")
    worker, job = freeze_who_has_it(disturbed, workers)
    assert_as_if_nothing_had_happened(disturbed, undisturbed)
    before = everything_of(disturbed)

    wake(job, worker.pid)
    eventually(lambda: not lives(job))

    assert everything_of(disturbed) == before
    assert_as_if_nothing_had_happened(disturbed, undisturbed)


def everything_of(disturbed: Disturbed) -> list[dict[str, object]]:
    """The rows of the run and of its calls, as they are."""
    rows = [*engine.rows(Run, Run.id == disturbed.run_id), *disturbed.calls()]
    rows += [*engine.rows(RunItem, RunItem.run_id == disturbed.run_id)]
    rows += [*engine.rows(RunEvent, RunEvent.run_id == disturbed.run_id)]
    return [{column.name: getattr(row, column.name) for column in row.__table__.columns} for row in rows]
