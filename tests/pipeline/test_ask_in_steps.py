"""Items that take several questions: each is bought once, whatever comes between, and the first carries the price."""

import threading

import pytest
from flask import Flask

from tests.pipeline.engine import (
    assert_books_agree,
    assert_startable,
    fresh,
    in_background,
    rows,
    site_with_keywords,
    start,
    turn,
    use,
    work_to_the_end,
)
from tests.pipeline.in_steps import PARTS, InSteps, Part
from webapp.ai.provider import Operation, OutcomeUnknown, ProviderError, Request
from webapp.content.models import Article, Task, TaskStatus
from webapp.core.db import db
from webapp.credits import ledger
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline import control, paid_work, slice
from webapp.pipeline.models import AiCall, CallStatus, Run
from webapp.pipeline.states import RunStatus, StageKey, StopReason
from webapp.sites.models import Site

WRITING = Operation.CONTENT_GENERATION


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paid_work, "BACKOFF", 0.0)


def small_site(**limits: int) -> Site:
    return site_with_keywords(12, **({"max_tasks_per_run": 2} | limits))


def calls_for_articles() -> list[AiCall]:
    return rows(AiCall, AiCall.stage == StageKey.ARTICLES)


def at_part(number: int, act: object) -> object:
    """Raises the error, or does the act, when that part is asked for the first time."""
    left = [act]

    def before(request: Request) -> None:
        if isinstance(request, Part) and request.number == number and left:
            once = left.pop()
            if isinstance(once, Exception):
                raise once
            once()

    return before


def test_each_question_is_a_call_and_the_first_carries_the_price(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, InSteps())

    run = work_to_the_end(start(small_site()))

    assert run.status is RunStatus.COMPLETED
    calls = calls_for_articles()
    for task in rows(Task, Task.status == TaskStatus.WRITTEN):
        mine = [call for call in calls if call.item == f"articles:{task.id}"]
        assert [call.step for call in mine] == [f"part {number} of {PARTS}" for number in range(1, PARTS + 1)]
        assert [call.price for call in mine] == [task.target_words // 100, 0, 0, 0]
    charges = rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE, LedgerEntry.operation == WRITING)
    assert {(entry.item, entry.attempt) for entry in charges} == {(call.item, call.attempt) for call in calls}
    assert_books_agree()


def test_an_article_costs_the_sum_of_its_entries(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, InSteps())

    work_to_the_end(start(small_site()))

    for article in rows(Article):
        task = db.session.get_one(Task, article.task_id)
        assert ledger.cost_of_article(article.id)[WRITING] == task.target_words // 100
    db.session.commit()


@pytest.mark.parametrize("number", range(1, PARTS + 1))
@pytest.mark.parametrize(
    "error", [ProviderError("503", permanent=False), OutcomeUnknown("timed out")], ids=["failed", "unknown"]
)
def test_only_the_question_that_failed_is_put_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, number: int, error: Exception
) -> None:
    provider = InSteps(at_part(number, error))
    use(monkeypatch, provider)

    run = work_to_the_end(start(small_site(max_tasks_per_run=1)))

    assert run.status is RunStatus.COMPLETED
    asked = [call.number for call in provider.calls if isinstance(call, Part)]
    assert asked == sorted([*range(1, PARTS + 1), number])
    assert len(rows(Article)) == 1
    assert_books_agree()


def test_a_slice_that_ends_amid_an_article_is_gone_on_with(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    provider = InSteps(at_part(2, over.set))
    use(monkeypatch, provider)
    stop = slice.Slice.stop

    def ends(work: slice.Slice) -> slice.StopRun | None:
        if over.is_set():
            over.clear()
            return slice.StopRun(StopReason.SLICE_ENDED)
        return stop(work)

    monkeypatch.setattr(slice.Slice, "stop", ends)
    run = start(small_site(max_tasks_per_run=1))
    turn(run)
    assert fresh(run).status is RunStatus.QUEUED

    assert work_to_the_end(run).status is RunStatus.COMPLETED
    assert [call.number for call in provider.calls if isinstance(call, Part)] == [1, 2, 3, 4]
    assert_books_agree()


@pytest.mark.parametrize("number", range(1, PARTS + 1))
def test_a_run_that_is_cancelled_amid_an_article_leaves_the_next_one_only_the_rest(
    app: Flask, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    gate, arrived = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        assert gate.wait(30)

    provider = InSteps(at_part(number, hold))
    use(monkeypatch, provider)
    site = small_site(max_tasks_per_run=1)
    run = start(site)
    worker = in_background(app, run)
    assert arrived.wait(60)
    control.cancel(db.session.get_one(Run, run.id), "Ana")
    gate.set()
    worker.finish()

    second = work_to_the_end(assert_startable(site))

    assert second.status is RunStatus.COMPLETED
    assert [call.number for call in provider.calls if isinstance(call, Part)] == [1, 2, 3, 4]
    [article] = rows(Article)
    charges = rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE, LedgerEntry.article_id == article.id)
    paid = [entry.amount for entry in charges if entry.operation is WRITING and entry.amount]
    assert paid == [-(db.session.get_one(Task, article.task_id).target_words // 100)]
    assert len([call for call in calls_for_articles() if call.price]) == 1
    assert_books_agree()


def test_what_was_begun_is_finished_though_the_credits_are_gone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    site = small_site(max_tasks_per_run=1)

    def spend_all() -> None:
        with app.app_context():
            left = ledger.balance(site.account_id)
            ledger.adjust(site.account_id, -left, "spent elsewhere", by="Ana")
            db.session.commit()

    use(monkeypatch, InSteps(at_part(1, spend_all)))

    run = work_to_the_end(start(site))

    assert len(rows(Article)) == 1
    assert run.stop_reason is StopReason.OUT_OF_CREDITS
    assert {call.status for call in calls_for_articles()} == {CallStatus.ANSWERED}
    assert_books_agree()
