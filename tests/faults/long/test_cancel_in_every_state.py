"""A cancel frees its site at once, in whatever state the run is, and whether its worker lives or not."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.faults.conftest import HASTE, Disturbed, started_on
from tests.faults.long.conftest import long_site
from tests.faults.long.table import Figures
from tests.faults.long.test_freeze_often import freeze_who_works
from tests.pipeline import engine
from tests.processes import Crew, crew, eventually
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.jobs import queue
from webapp.pipeline import claim, control
from webapp.pipeline.models import CallStatus
from webapp.pipeline.states import RunStatus, StopReason

Bring = Callable[[Crew], Disturbed]


def queued_and_not_delivered(crew: Crew) -> Disturbed:
    site = long_site()
    run = engine.start(site)
    return Disturbed(engine.reload(site), run.id)


def queued_and_delivered(crew: Crew) -> Disturbed:
    disturbed = queued_and_not_delivered(crew)
    queue.deliver(disturbed.run)
    return disturbed


def running_amid_a_call(crew: Crew) -> Disturbed:
    disturbed = started_on(long_site())
    crew.start("runs")
    eventually(lambda: any(call.status is CallStatus.SENT for call in disturbed.calls()))
    return disturbed


def running_in_a_worker_that_stands_still(crew: Crew) -> Disturbed:
    disturbed = running_amid_a_call(crew)
    freeze_who_works(crew, disturbed)
    return disturbed


def paused(crew: Crew) -> Disturbed:
    disturbed = running_amid_a_call(crew)
    control.pause(disturbed.run, "Ana")
    return disturbed


def queued_again_after_a_lost_worker(crew: Crew) -> Disturbed:
    disturbed = running_amid_a_call(crew)
    for worker in crew.alive("runs"):
        worker.kill()
    timetable = crew.start("timetable")
    eventually(lambda: disturbed.run.stop_reason is StopReason.WORKER_LOST)
    timetable.stop()
    return disturbed


def waiting_until_the_provider_may_be_asked_again(crew: Crew) -> Disturbed:
    disturbed = queued_and_not_delivered(crew)
    run = disturbed.run
    held = claim.claim(run.id, run.epoch, worker="trial", lease=20, lock=connection())
    assert held is not None
    held.commit(
        lambda run: run.move_to(
            RunStatus.QUEUED,
            by="worker",
            reason=StopReason.PROVIDER_ASKS_TO_WAIT,
            not_before=now() + timedelta(hours=1),
        )
    )
    return disturbed


STATES: tuple[Bring, ...] = (
    queued_and_not_delivered,
    queued_and_delivered,
    running_amid_a_call,
    running_in_a_worker_that_stands_still,
    paused,
    queued_again_after_a_lost_worker,
    waiting_until_the_provider_may_be_asked_again,
)


@pytest.mark.row(9, "cancel in each of 7 states, worker alive and dead")
def test_the_site_can_start_a_run_right_afterwards(app: Flask, environ: dict[str, str], figures: Figures) -> None:
    seconds = {bring.__name__: [cancelled(environ, bring, alive) for alive in (True, False)] for bring in STATES}
    db.session.commit()
    engine.assert_books_agree()
    figures.add("startable", f"{sum(map(len, seconds.values()))} of {2 * len(STATES)}", "14 of 14")
    slowest = max(max(both) for both in seconds.values())
    figures.add("cancel and start, slowest", f"{slowest * 1000:.0f} ms", "less than 1 s")


def cancelled(environ: dict[str, str], bring: Bring, alive: bool) -> float:
    """Brings a run into that state, cancels it, starts another one. Answers the seconds of the last two."""
    with crew(environ | HASTE) as processes:
        disturbed = bring(processes)
        if alive and not processes.alive("runs"):
            processes.start("runs")
        if not alive:
            for worker in processes.alive("runs"):
                worker.kill()
        before = disturbed.run
        began = time.monotonic()
        control.cancel(before, "Ana")
        following = engine.start(engine.reload(disturbed.site))
        took = time.monotonic() - began
        assert disturbed.run.status is RunStatus.CANCELLED
        assert following.status is RunStatus.QUEUED
        control.cancel(following, "Ana")
        return took
