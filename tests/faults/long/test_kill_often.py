"""kill -9 of workers amid their items, a hundred times over twelve runs."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.faults.conftest import Disturbed, Made, assert_as_if_nothing_had_happened, started_on
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.table import Figures
from tests.processes import Crew, Process, eventually
from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunItem
from webapp.pipeline.states import RunStatus

RUNS = 12
KILLS = 100
LOOKS_EVERY = 0.05  # seconds


@dataclass
class Killed:
    """What was done to one run. `since` is the monotonic instant of the last kill, until the next call is seen."""

    disturbed: Disturbed
    done_at_last: int = 0
    kills: int = 0
    since: float | None = None
    sent_before: object = None
    seconds: list[float] = field(default_factory=list)


@pytest.mark.xdist_group("one after the other, or the kills of the one delay the other")
@pytest.mark.row(1, "kill -9 of a worker amid an item")
def test_a_hundred_kills_lose_nothing(app: Flask, environ: dict[str, str], undisturbed: Made, figures: Figures) -> None:
    with installation(environ, runs=RUNS, EMBEDDED_DELAY="0.3", LANES="1") as crew:
        killed = [Killed(started_on(long_site())) for _ in range(RUNS)]
        eventually(lambda: all_ended_after_kills(crew, killed), within=600)

    for one in killed:
        assert_as_if_nothing_had_happened(one.disturbed, undisturbed)
    kills = sum(one.kills for one in killed)
    repeated = sum(one.disturbed.sent_again() for one in killed)
    seconds = [waited for one in killed for waited in one.seconds]
    assert kills >= KILLS
    assert repeated <= kills
    figures.add("runs, kills", f"{RUNS}, {kills}")
    figures.add("items lost, items done twice", "0, 0", "0, 0")
    figures.add("calls repeated", repeated, f"at most {KILLS}")
    figures.add(
        "kill to next call, lease 20 s: median, longest",
        f"{statistics.median(seconds):.1f} s, {max(seconds):.1f} s",
        "at most 25 s",
    )


def all_ended_after_kills(crew: Crew, killed: Sequence[Killed]) -> bool:
    """Looks once at every run, and kills where one is amid an item and has come on since the last time."""
    for one in killed:
        look_at(crew, one, enough=sum(each.kills for each in killed) >= KILLS)
    return all(one.disturbed.has_ended for one in killed)


def look_at(crew: Crew, one: Killed, *, enough: bool) -> None:
    run, done, sent, amid = state_of(one.disturbed.run_id)
    if one.since is not None and sent != one.sent_before:
        one.seconds.append(time.monotonic() - one.since)
        one.since = None
    if enough or run.status is not RunStatus.RUNNING or not amid or done <= one.done_at_last:
        return
    victim = worker_of(run, crew.alive("runs"))
    if victim is None:
        return
    victim.kill()
    one.since, one.sent_before, one.done_at_last = time.monotonic(), state_of(run.id)[2], done
    one.kills += 1
    crew.start("runs")


def state_of(run_id: int) -> tuple[Run, int, object, bool]:
    """The run, how many items it has done, when it last sent a call, and whether one is out right now."""
    with reading():
        db.session.expunge_all()
        run = db.session.get_one(Run, run_id)
        done = db.session.scalar(
            select(func.count()).where(RunItem.run_id == run_id, RunItem.status == ItemStatus.DONE)
        )
        sent = db.session.scalar(select(func.max(AiCall.sent_at)).where(AiCall.run_id == run_id))
        out = db.session.scalar(
            select(func.count()).where(
                AiCall.run_id == run_id,
                AiCall.epoch == run.epoch,
                AiCall.status == CallStatus.SENT,
                AiCall.sent_at <= now(),
            )
        )
        db.session.commit()
    return run, done or 0, sent, bool(out)


def worker_of(run: Run, workers: Sequence[Process]) -> Process | None:
    """Which of them has the run; None if it has just given it up."""
    job = int((run.owner or "::0").split(":")[1])
    return next((worker for worker in workers if job in worker.children), None)
