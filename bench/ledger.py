"""How long the pages of a ledger take over a large one, and whether their queries use their indexes.

    .venv/bin/python -m bench.ledger [--entries 1000000] [--database "postgresql://user@/name?host=..."]

Fills an empty database with that many entries, most of them of one account; without one named it makes a SQLite file
that is gone afterwards.
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert, select, text

import config
from tests import factories
from webapp import create_app
from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.cli.main import main as pressroom
from webapp.core.db import db
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline.models import Run, Trigger
from webapp.pipeline.open_holds import unaccounted
from webapp.pipeline.states import RunStatus

BATCH = 10_000
TIMES = 5
OF_A_CALL = ((EntryKind.HOLD, -5), (EntryKind.RELEASE, 5), (EntryKind.CHARGE, -5))
OF_A_RUN = 3000  # entries
DAYS = 365
OPERATIONS = list(Operation)

PAGES = {
    "the newest": "",
    "a rare kind": "kind=top_up",
    "a kind": "kind=hold",
    "an operation": "operation=image_generation",
    "a site": "site=garden-small",
    "a run": "run=7",
    "an article": "article=1",
    "a week, long ago": "from={old}&to={old_end}",
    "charges of an operation in that week": "from={old}&to={old_end}&kind=charge&operation=clustering",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000, help="how many entries (default: 1000000)")
    parser.add_argument("--database", default="", help="DATABASE_URL of an empty database (default: a SQLite file)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder:
        app = create_app(config.load({"PRESSROOM_INSTANCE": folder, "DATABASE_URL": options.database}))
        with app.app_context(), contextlib.redirect_stdout(io.StringIO()):
            pressroom(["upgrade"], standalone_mode=False)
            client = fill(app, options.entries)
        with app.app_context():
            print(f"{db.engine.dialect.name}, {options.entries:,} entries (median of {TIMES}):")
        old = datetime.now(UTC).date() - timedelta(days=300)
        days = {"old": old, "old_end": old + timedelta(days=6)}
        for name, arguments in PAGES.items():
            address = f"/credits?account=1&{arguments.format(**days)}"
            print(f"  {name:40} {measured(lambda address=address: asked(client, address)) * 1000:8.0f} ms")  # type: ignore[misc]
        print(f"  {'the file of all of them':40} {took(lambda: asked(client, '/credits/export?account=1')):8.1f} s")
        with app.app_context():
            print(f"  {'holds that no call accounts for':40} {took(unaccounted):8.1f} s")


def measured(act: Callable[[], object]) -> float:
    return statistics.median(took(act) for _ in range(TIMES))


def took(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def asked(client: Any, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status
    assert answer.data


def fill(app: Flask, entries: int) -> Any:
    """Answers a client in which a member of the large account has signed in."""
    member = factories.member(Role.OWNER)
    large = factories.site(member.account, slug="garden-large")
    small = factories.site(member.account, slug="garden-small")
    articles = [factories.article(large).id for _ in range(20)]
    runs = max(10, entries // OF_A_RUN)
    in_batches(Run, runs, lambda number: run_row(large.id))
    numbers = list(db.session.scalars(select(Run.id).order_by(Run.id)))
    began = datetime.now(UTC) - timedelta(days=DAYS)
    step = timedelta(days=DAYS) / entries

    def row(number: int) -> dict[str, Any]:
        kind, amount = OF_A_CALL[number % 3]
        call = number // 3
        run = numbers[number // OF_A_RUN % len(numbers)]
        return {
            "account_id": member.account_id, "kind": kind, "amount": amount, "balance_after": 1000, "note": "",
            "at": began + number * step, "site_id": small.id if call % 1000 == 0 else large.id, "run_id": run,
            "article_id": articles[call % 20] if call % 500 == 0 else None, "item": f"articles:{call}",
            "operation": OPERATIONS[call % len(OPERATIONS)], "attempt": 1,
        }  # fmt: skip

    in_batches(LedgerEntry, entries, row)
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    return factories.signed_in(app.test_client(), member.user)


def run_row(site_id: int) -> dict[str, Any]:
    return {
        "site_id": site_id, "status": RunStatus.COMPLETED, "trigger": Trigger.PERSON, "started_by": "Ana",
        "terms": {}, "initial_snapshot": {}, "total_initial_items": 0, "percent": 100, "stop_detail": {},
    }  # fmt: skip


def in_batches(model: type, count: int, row: Callable[[int], dict[str, Any]]) -> None:
    for start in range(0, count, BATCH):
        db.session.execute(insert(model), [row(number) for number in range(start, min(start + BATCH, count))])
        db.session.commit()


if __name__ == "__main__":
    main()
