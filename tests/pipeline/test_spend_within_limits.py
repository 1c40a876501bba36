"""Whatever the limits, budgets, prices and balances are, and whatever fails: no run spends what it may not."""

import random
import threading

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.pipeline.any_site import any_site
from tests.pipeline.engine import assert_books_agree, fresh, reload, rows, start, turn, use
from tests.pipeline.scripted import ScriptedProvider
from webapp.ai.provider import OutcomeUnknown, ProviderError, Request
from webapp.content.models import Article
from webapp.core.db import db
from webapp.credits import ledger
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline import control, paid_work
from webapp.pipeline.models import Run, StageResult
from webapp.pipeline.stage import PaidStage
from webapp.pipeline.stages import STAGES
from webapp.pipeline.states import RunStatus
from webapp.pipeline.terms import RunTerms

AS_EVER = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TROUBLES = {
    "passing": ProviderError("503 Service Unavailable", permanent=False),
    "permanent": ProviderError("400 Bad Request", permanent=True),
    "unknown": OutcomeUnknown("timed out"),
}
TURNS = 40


class Troubled:
    """What happens before the calls of a run, in their order: nothing, an error, or a person's pause."""

    def __init__(self, app: Flask, troubles: list[str]):
        self._app = app
        self._left = list(troubles)
        self._guard = threading.Lock()
        self.run_id = 0

    def __call__(self, request: Request) -> None:
        with self._guard:
            trouble = self._left.pop(0) if self._left else "none"
            if trouble == "pause":
                self._pause()
        if trouble in TROUBLES:
            raise TROUBLES[trouble]

    def _pause(self) -> None:
        with self._app.app_context():
            run = db.session.get_one(Run, self.run_id)
            if run.is_active:
                control.pause(run, "Ana")


@AS_EVER
@given(
    seed=st.integers(0, 10_000),
    troubles=st.lists(st.sampled_from(["none", "none", *TROUBLES, "pause"]), max_size=30),
)
def test_no_run_spends_more_than_it_may(app: Flask, seed: int, troubles: list[str]) -> None:
    site = any_site(random.Random(seed))
    account_id, granted = site.account_id, ledger.balance(site.account_id)
    troubled = Troubled(app, troubles)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(paid_work, "BACKOFF", 0.0)
        use(patched, ScriptedProvider(troubled))
        run = start(reload(site))
        troubled.run_id = run.id
        for _ in range(TURNS):
            turn(run)
            assert_within_its_terms(fresh(run), account_id, granted)
            current = fresh(run)
            if not current.is_active:
                break
            if current.status is RunStatus.PAUSED:
                control.resume(current, "Ana")
    assert not fresh(run).is_active
    assert_articles_cost_what_their_entries_say()


def assert_within_its_terms(run: Run, account_id: int, granted: int) -> None:
    terms = RunTerms.model_validate(run.terms)
    taken = {result.stage: result.committed for result in rows_of(run)}
    spent = -int(db.session.scalar(select(func.sum(LedgerEntry.amount)).where(LedgerEntry.run_id == run.id)) or 0)
    assert sum(taken.values()) == spent, "what the run counts is what the ledger says"
    assert not terms.cap or spent <= terms.cap
    assert 0 <= spent <= granted
    assert ledger.balance(account_id) == granted - spent
    for stage in STAGES:
        if isinstance(stage, PaidStage):
            assert taken[stage.key] <= terms.budgets[stage.operation]
    db.session.commit()
    assert_books_agree()


def rows_of(run: Run) -> list[StageResult]:
    return list(db.session.scalars(select(StageResult).where(StageResult.run_id == run.id)))


def assert_articles_cost_what_their_entries_say() -> None:
    """Every entry that belongs to an article is in the cost of that article, and of no other."""
    charged = -sum(
        entry.amount
        for entry in rows(LedgerEntry, LedgerEntry.article_id.is_not(None))
        if entry.kind in (EntryKind.CHARGE, EntryKind.HOLD, EntryKind.RELEASE)
    )
    costs = [sum(ledger.cost_of_article(article.id).values()) for article in rows(Article)]
    db.session.commit()
    assert all(cost >= 0 for cost in costs)
    assert sum(costs) == charged
