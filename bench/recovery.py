"""How soon another worker goes on after a kill -9 in the middle of the articles, with the settings as they are.

    .venv/bin/python -m bench.recovery [--times 3] [--lease 20]

Runs the demo site in a folder of its own, on SQLite, with the embedded Redis, two workers and a timetable.
"""

import argparse
import contextlib
import io
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask
from sqlalchemy import Select, func, select

import config
from tests.processes import Crew, crew, eventually, mortal_redis
from webapp import create_app
from webapp.cli.main import main as pressroom
from webapp.content.models import Article, Task, TaskStatus
from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.credits import ledger
from webapp.jobs import queue
from webapp.pipeline import control
from webapp.pipeline.models import AiCall, Run, StageResult, Trigger
from webapp.pipeline.states import RunStatus, StageKey
from webapp.sites.models import Site

DELAY = "0.2"  # seconds per call

Value = TypeVar("Value")


@dataclass(frozen=True)
class Recovery:
    """Seconds from the kill to the next paid call, and to the end of the run; calls that were put twice."""

    next_call: float
    finished: float
    repeated: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="how often (default: 3)")
    parser.add_argument("--lease", default="20", help="LEASE_TTL in seconds (default: 20, as in production)")
    options = parser.parse_args()
    for number in range(options.times):
        found = measure(options.lease)
        print(
            f"{number + 1}: kill -9 to the next paid call {found.next_call:.1f} s, to the end of the run"
            f" {found.finished:.1f} s; {found.repeated} calls repeated, no article twice, ledger verified"
        )


def measure(lease: str) -> Recovery:
    with installation(lease) as (app, workers), app.app_context():
        site = db.session.scalars(select(Site)).one()
        run = control.start(site, by="bench", trigger=Trigger.COMMAND)
        run_id = run.id
        queue.deliver(run)
        db.session.rollback()
        processes = [workers.start(queue.RUNS), workers.start(queue.RUNS)]
        workers.start("timetable")
        eventually(lambda: articles_done(run_id) >= 2)
        job = int((look(run_id).owner or "::").split(":")[1])
        (victim,) = (process for process in processes if job in process.children)
        victim.kill()
        killed, clock = now(), time.monotonic()
        next_one = select(func.min(AiCall.sent_at)).where(AiCall.run_id == run_id, AiCall.sent_at > killed)
        sent = eventually(lambda: fresh(next_one), within=120)
        eventually(lambda: not look(run_id).is_active, within=120)
        finished = time.monotonic() - clock
        return Recovery((sent - killed).total_seconds(), finished, checked(run_id))


@contextlib.contextmanager
def installation(lease: str) -> Iterator[tuple[Flask, Crew]]:
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder, mortal_redis() as redis:
        settings = {
            "PRESSROOM_INSTANCE": folder,
            "REDIS_URL": redis.address,
            "EMBEDDED_DELAY": DELAY,
            "LEASE_TTL": lease,
        }
        app = create_app(config.load(settings))
        with app.app_context(), contextlib.redirect_stdout(io.StringIO()):
            for command in ("upgrade", "demo"):
                pressroom([command], standalone_mode=False)
        with crew(settings) as workers:
            yield app, workers


def fresh(query: Select[tuple[Value]]) -> Value | None:
    """What it finds now, in a transaction that nobody has to wait for."""
    with reading():
        db.session.expunge_all()
        found = db.session.scalar(query)
        db.session.commit()
    return found


def look(run_id: int) -> Run:
    found = fresh(select(Run).where(Run.id == run_id))
    assert found is not None
    return found


def articles_done(run_id: int) -> int:
    done = select(StageResult.processed).where(StageResult.run_id == run_id, StageResult.stage == StageKey.ARTICLES)
    return fresh(done) or 0


def checked(run_id: int) -> int:
    """How many calls were put twice. Stops the bench if anything is there twice or the books do not agree."""
    written = fresh(select(func.count()).where(Task.status == TaskStatus.WRITTEN))
    articles = fresh(select(func.count()).select_from(Article))
    if look(run_id).status is not RunStatus.COMPLETED or written != articles or not ledger.verify().ok:
        raise SystemExit(f"run {run_id}: {look(run_id).status}, {written} tasks written, {articles} articles")
    return fresh(select(func.sum(AiCall.sends - 1)).where(AiCall.run_id == run_id)) or 0


if __name__ == "__main__":
    main()
