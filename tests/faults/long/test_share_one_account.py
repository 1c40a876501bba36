"""Eight runs on one account at once, which has too few credits for all of them: not one credit is spent twice."""

import pytest
from flask import Flask

from tests import factories
from tests.faults.conftest import Disturbed, charged_twice, started_on
from tests.faults.long.conftest import installation
from tests.faults.long.table import Figures
from tests.pipeline import engine
from tests.processes import eventually
from webapp.core.db import db, reading
from webapp.credits import ledger
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline.models import ItemStatus, RunItem
from webapp.pipeline.states import RunStatus

PROCESSES = 8
CREDITS = 5000  # what the eight runs want costs more
ITEMS = 1000
LIMITS = {"max_tasks_per_run": 50, "max_content_per_run": 50, "max_images_per_run": 50}


@pytest.mark.row(12, "8 runs at once on one account that cannot pay for all of them")
def test_not_one_credit_is_spent_twice(app: Flask, environ: dict[str, str], figures: Figures) -> None:
    account = factories.account(credits=CREDITS)
    account_id = account.id
    sites = [engine.site_with_keywords(120, account=account, **LIMITS) for _ in range(PROCESSES)]
    with installation(environ, runs=PROCESSES):
        runs = [started_on(site) for site in sites]
        looks = watched_to_the_end(runs, account_id)

    charged = -sum(entry.amount for entry in engine.rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE))
    items = engine.rows(RunItem, RunItem.status != ItemStatus.SKIPPED)
    left = ledger.balance(account_id)
    db.session.commit()
    figures.add("items, looks at the books while they were at it", f"{len(items)}, {looks}")
    figures.add("credits there, charged, left", f"{CREDITS}, {charged}, {left}")
    figures.add("spent more than there was", CREDITS - charged - left, 0)
    assert len(items) >= ITEMS
    assert charged + left == CREDITS and left >= 0
    assert {run.run.status for run in runs} == {RunStatus.COMPLETED}
    assert [twice for run in runs for twice in charged_twice(run)] == []
    engine.assert_books_agree()


def watched_to_the_end(runs: list[Disturbed], account_id: int) -> int:
    """Looks at the balance and all entries, of one moment, again and again. Answers how often."""
    looks = 0

    def all_have_ended() -> bool:
        nonlocal looks
        looks += 1
        assert_never_overdrawn(account_id)
        return all(run.has_ended for run in runs)

    eventually(all_have_ended, within=600)
    return looks


def assert_never_overdrawn(account_id: int) -> None:
    """What was granted is what was charged, what is held, and what is left."""
    with reading():
        balance = ledger.balance(account_id)
        spent = -sum(db.session.scalars(db.select(LedgerEntry.amount).where(LedgerEntry.kind != EntryKind.TOP_UP)))
        db.session.commit()
    assert balance >= 0
    assert balance + spent == CREDITS
