"""How long one scrape of /metrics takes over a large installation.

    .venv/bin/python -m bench.metrics [--calls 1000000] [--database "postgresql://user@/name?host=..."]

Fills an empty database with that many calls and with the runs that would have made them; without one named it makes
a SQLite file that is gone afterwards.
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert, text

import config
from tests import factories
from webapp import create_app
from webapp.ai.provider import Operation
from webapp.cli.main import main as pressroom
from webapp.core.clock import now
from webapp.core.db import db
from webapp.pipeline.models import AiCall, CallStatus, Run, StageResult, StageStatus, Trigger
from webapp.pipeline.states import RunStatus, StageKey

REPLY = "x" * 2_000  # characters: answers are what makes the table of calls large
CALLS_OF_A_RUN = 35
BATCH = 10_000
SCRAPES = 5
TOKEN = "for the bench"
STAGES = list(StageKey)
OPERATIONS = list(Operation)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000, help="how many calls (default: 1000000)")
    parser.add_argument("--database", default="", help="DATABASE_URL of an empty database (default: a SQLite file)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder:
        settings = {"PRESSROOM_INSTANCE": folder, "METRICS_TOKEN": TOKEN, "DATABASE_URL": options.database}
        app = create_app(config.load(settings))
        with app.app_context(), contextlib.redirect_stdout(io.StringIO()):
            pressroom(["upgrade"], standalone_mode=False)
            fill(options.calls)
            engine = db.engine.dialect.name
        seconds = [scrape(app) for _ in range(SCRAPES)]
    print(
        f"{engine}, {options.calls:,} calls: one scrape takes {statistics.median(seconds):.2f} s (median of {SCRAPES}),"
        f" {max(seconds):.2f} s at most"
    )


def scrape(app: Flask) -> float:
    began = time.monotonic()
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return time.monotonic() - began


def fill(calls: int) -> None:
    site_id, runs = factories.site().id, max(1, calls // CALLS_OF_A_RUN)
    in_batches(Run, runs, lambda number: run_row(site_id, number))
    in_batches(StageResult, runs * len(STAGES), stage_row)
    in_batches(AiCall, calls, lambda number: call_row(site_id, runs, number))
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def in_batches(model: Any, count: int, row: Callable[[int], dict[str, Any]]) -> None:
    for first in range(0, count, BATCH):
        db.session.execute(insert(model), [row(number) for number in range(first, min(count, first + BATCH))])
        db.session.commit()


def run_row(site_id: int, number: int) -> dict[str, Any]:
    return {
        "id": number + 1,
        "site_id": site_id,
        "status": RunStatus.COMPLETED,
        "trigger": Trigger.SCHEDULE,
        "started_by": "bench",
        "terms": {},
        "initial_snapshot": {},
        "total_initial_items": CALLS_OF_A_RUN,
    }


def stage_row(number: int) -> dict[str, Any]:
    stage = STAGES[number % len(STAGES)]
    return {
        "run_id": number // len(STAGES) + 1,
        "stage": stage,
        "number": stage.number,
        "status": StageStatus.DONE,
        "total": 5,
        "processed": 5,
        "credits": 25,
    }


def call_row(site_id: int, runs: int, number: int) -> dict[str, Any]:
    sent = now() - timedelta(seconds=number % 100_000)
    return {
        "key": f"{number:064}",
        "site_id": site_id,
        "run_id": number % runs + 1,
        "stage": StageKey.ARTICLES,
        "item": f"articles:{number}",
        "operation": OPERATIONS[number % len(OPERATIONS)],
        "model": "embedded/drafts",
        "status": CallStatus.ANSWERED,
        "attempt": 1,
        "sends": 1,
        "epoch": 1,
        "price": 5,
        "deadline": sent + timedelta(seconds=180),
        "sent_at": sent,
        "answered_at": sent + timedelta(seconds=number % 40),
        "reply": REPLY,
    }


if __name__ == "__main__":
    main()
