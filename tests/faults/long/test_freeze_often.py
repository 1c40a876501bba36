"""A worker stands still for longer than its lease, five times in one run, and wakes while its successor is at work."""

from typing import Any

import pytest
from flask import Flask

from tests.faults.conftest import Disturbed, Made, assert_as_if_nothing_had_happened, made_on, started_on, wake
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.table import Figures
from tests.faults.test_freeze_workers import is_frozen_between_two_changes
from tests.pipeline import engine
from tests.processes import Crew, Process, eventually, lives
from webapp.core.clock import now
from webapp.pipeline.models import Run, RunEvent, RunItem
from webapp.pipeline.states import RunStatus

TIMES = 5


@pytest.mark.row(7, "SIGSTOP of a worker beyond its lease")
def test_woken_workers_call_nobody_and_commit_nothing(
    app: Flask, environ: dict[str, str], undisturbed: Made, figures: Figures
) -> None:
    calls, changes = 0, 0
    with installation(environ, EMBEDDED_DELAY="0.6", LANES="2", LEASE_TTL="6", SWEEP_EVERY="0.5") as crew:
        disturbed = started_on(long_site())
        for _ in range(TIMES):
            disturbed.come_on()
            worker, job, epoch = freeze_who_works(crew, disturbed)
            eventually(lambda epoch=epoch: disturbed.run.epoch > epoch + 1)  # lost, and taken by another one
            successor, its_job, _ = freeze_who_works(crew, disturbed)
            before, woken_at = fenced_rows(disturbed), now()
            wake(job, worker.pid)
            eventually(lambda job=job: not lives(job))
            changes += fenced_rows(disturbed) != before
            wake(its_job, successor.pid)
            calls += sum(call.epoch == epoch + 1 and call.sent_at > woken_at for call in disturbed.calls())
        assert disturbed.run.is_active, "the run was over before the last worker woke"
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
    figures.add("frozen, taken over, woken", f"{TIMES} times")
    figures.add("calls, commits after waking", f"{calls}, {changes}", "0, 0")
    assert (calls, changes) == (0, 0)


def freeze_who_works(crew: Crew, disturbed: Disturbed) -> tuple[Process, int, int]:
    """The worker, its process that does the job, and the epoch before its claim; both stand still."""
    while True:
        run = eventually(lambda: running(disturbed))
        job = int((run.owner or "").split(":")[1])
        worker = next((process for process in crew.alive("runs") if job in process.children), None)
        if worker is None or not is_frozen_between_two_changes(job, worker.pid):
            continue
        if (disturbed.run.epoch, disturbed.run.status) == (run.epoch, RunStatus.RUNNING):
            return worker, job, run.epoch - 1
        wake(job, worker.pid)


def running(disturbed: Disturbed) -> Run | None:
    run = disturbed.run
    return run if run.status is RunStatus.RUNNING else None


def fenced_rows(disturbed: Disturbed) -> list[Any]:
    """What only the holder of the run may change."""
    rows = [*engine.rows(Run, Run.id == disturbed.run_id)]
    rows += [*engine.rows(RunItem, RunItem.run_id == disturbed.run_id)]
    rows += [*engine.rows(RunEvent, RunEvent.run_id == disturbed.run_id)]
    found = [{column.name: getattr(row, column.name) for column in row.__table__.columns} for row in rows]
    return [found, made_on(disturbed.site)]
