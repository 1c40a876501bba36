"""kill -9 of workers amid their items, a hundred times over twelve runs."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.faults.conftest import Disturbed, Made, assert_as_if_nothing_had_happened, started_on
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.table import Figures
from tests.processes import Crew, Process, eventually
from webapp.core.db import db, reading
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunItem
from webapp.pipeline.states import RunStatus

RUNS = 12
KILLS = 100


@dataclass
class Killed:
    """What was done to one run. `since` is the monotonic instant of the last kill, until the next call is seen."""

    disturbed: Disturbed
    done_at_last: int = 0
    kills: int = 0
    since: float | None = None
    sent_before: datetime | None = None
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


@dataclass(frozen=True)
class Seen:
    """A run at one look: items done, when it last sent a call, and whether one of its owner's is out."""

    run: Run
    done: int
    sent: datetime | None
    amid: bool


def all_ended_after_kills(crew: Crew, killed: Sequence[Killed]) -> bool:
    """Looks once at all runs, and kills where one is amid an item and has come on since the last time."""
    seen = look()
    for one in killed:
        note_next_call(one, seen[one.disturbed.run_id])
        if sum(each.kills for each in killed) < KILLS:
            kill_who_works(crew, one, seen[one.disturbed.run_id])
    return not any(found.run.is_active for found in seen.values())


def look() -> dict[int, Seen]:
    """All runs by number, in few queries: who looks on must not slow them down."""
    with reading():
        db.session.expunge_all()
        runs = db.session.scalars(select(Run)).all()
        done = by_run(select(RunItem.run_id, func.count()).where(RunItem.status == ItemStatus.DONE))
        sent = by_run(select(AiCall.run_id, func.max(AiCall.sent_at)))
        out = by_run(
            select(AiCall.run_id, func.count())
            .join(Run)
            .where(AiCall.status == CallStatus.SENT, AiCall.epoch == Run.epoch, Run.status == RunStatus.RUNNING)
        )
        db.session.commit()
    return {run.id: Seen(run, done.get(run.id, 0), sent.get(run.id), run.id in out) for run in runs}


def by_run(query: Any) -> dict[int, Any]:
    return dict(db.session.execute(query.group_by(query.selected_columns[0])).all())


def note_next_call(one: Killed, seen: Seen) -> None:
    if one.since is not None and seen.sent != one.sent_before:
        one.seconds.append(time.monotonic() - one.since)
        one.since = None


def kill_who_works(crew: Crew, one: Killed, seen: Seen) -> None:
    if not seen.amid or seen.done <= one.done_at_last:
        return
    victim = worker_of(seen.run, crew.alive("runs"))
    if victim is None:
        return
    victim.kill()
    now_seen = look()[seen.run.id]
    one.since, one.sent_before, one.done_at_last = time.monotonic(), now_seen.sent, now_seen.done
    one.kills += 1
    crew.start("runs")


def worker_of(run: Run, workers: Sequence[Process]) -> Process | None:
    """Which of them has the run; None if it has just given it up."""
    job = int((run.owner or "::0").split(":")[1])
    return next((worker for worker in workers if job in worker.children), None)
