"""Errors: which end the run, which set an item aside, which are tried again. None keeps the site."""

import sqlite3
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.pipeline.engine import (
    assert_books_agree,
    assert_startable,
    fresh,
    rows,
    site_with_keywords,
    start,
    turn,
    use,
    work_to_the_end,
)
from tests.pipeline.scripted import ScriptedProvider, failing
from webapp.ai.provider import (
    KeyRefused,
    NoPlace,
    Operation,
    OutcomeUnknown,
    ProviderError,
    QuotaUsedUp,
    Reply,
    Request,
)
from webapp.content import pictures
from webapp.content.media import keep
from webapp.content.models import Article, Image, ImageStatus, Task, TaskStatus
from webapp.content.review import retry_task
from webapp.core.db import db
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline import attention, calls, claim, keeping, paid_items, paid_work, runner, view
from webapp.pipeline.models import AiCall, CallStatus, Run, RunEvent
from webapp.pipeline.outcome import Wait
from webapp.pipeline.stages.articles import Articles
from webapp.pipeline.states import RunStatus, StopReason

IMAGES = Operation.IMAGE_GENERATION
TEMPORARY = ProviderError("503 Service Unavailable", permanent=False)


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paid_work, "BACKOFF", 0.0)
    monkeypatch.setattr(paid_work, "RESTS_AFTER_REFUSAL", 0.0)


def test_an_error_of_ours_fails_the_run_with_a_reason_and_frees_the_site(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, ScriptedProvider(failing(Operation.CONTENT_GENERATION, [ZeroDivisionError("oops")])))
    site = site_with_keywords()

    run = work_to_the_end(start(site))

    assert (run.status, run.stop_reason) == (RunStatus.FAILED, StopReason.INTERNAL_ERROR)
    assert "oops" not in view.view_of(run).reason.text
    assert_startable(site)


def break_applying(monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """The first so many answers of stage 4 meet a bug of ours."""
    apply, left = Articles.apply, [None] * times

    def broken(*told: Any) -> Any:
        if left:
            left.pop()
            raise RuntimeError("a bug")
        return apply(*told)

    monkeypatch.setattr(Articles, "apply", broken)


def test_a_bug_over_one_answer_sets_it_aside_and_trying_again_costs_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    site = site_with_keywords()
    break_applying(monkeypatch, times=1)

    first = work_to_the_end(start(site))
    aside = rows(Task, Task.status == TaskStatus.ATTENTION)
    why = aside[0].attention
    retry_task(aside[0])
    db.session.commit()
    work_to_the_end(assert_startable(site))

    assert (first.status, len(aside)) == (RunStatus.COMPLETED, 1)
    assert "broke on our side" in why and "a bug" not in why
    assert provider.count(Operation.CONTENT_GENERATION) == len(rows(Article)) == len(rows(Task))
    assert_books_agree()


def test_an_answer_that_breaks_us_again_is_asked_for_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    site = site_with_keywords(max_tasks_per_run=1, max_ideas_per_run=1)
    for _ in range(2):
        break_applying(monkeypatch, times=1)
        work_to_the_end(assert_startable(site))
        [aside] = rows(Task, Task.status == TaskStatus.ATTENTION)
        why = aside.attention
        attention.retry(aside)
        db.session.commit()

    work_to_the_end(assert_startable(site))

    assert "as it did before" in why and "costs credits" in why
    assert provider.count(Operation.CONTENT_GENERATION) == 2
    assert rows(Task, Task.status == TaskStatus.ATTENTION) == []
    assert_books_agree()


def test_a_bug_over_every_answer_fails_the_run_instead_of_setting_all_aside(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, ScriptedProvider())
    site = site_with_keywords()
    break_applying(monkeypatch, times=99)

    failed = work_to_the_end(start(site))

    assert (failed.status, failed.stop_reason) == (RunStatus.FAILED, StopReason.INTERNAL_ERROR)
    assert len(rows(Task, Task.status == TaskStatus.ATTENTION)) < paid_items.BREAKS_IN_A_ROW
    assert_startable(site)
    assert_books_agree()


def test_a_database_that_stays_away_makes_the_run_wait_instead_of_failing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, ScriptedProvider())
    monkeypatch.setattr(claim, "RETRIES", 1)
    run = start(site_with_keywords())
    with monkeypatch.context() as away:
        away.setattr(runner, "_plan", refuse)
        outcome = turn(run)

    waiting = fresh(run)
    assert isinstance(outcome, Wait)
    assert (waiting.status, waiting.stop_reason) == (RunStatus.QUEUED, StopReason.DATABASE_AWAY)
    assert work_to_the_end(run).status is RunStatus.COMPLETED


def refuse(*_: object) -> None:
    raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))


def test_a_key_that_is_refused_once_is_shown_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [KeyRefused("401 invalid api key")] * (paid_work.REFUSALS - 1)
    use(monkeypatch, ScriptedProvider(failing(Operation.CLUSTERING, refusals)))

    assert work_to_the_end(start(site_with_keywords())).status is RunStatus.COMPLETED
    assert_books_agree()


def test_an_account_without_money_there_fails_the_run_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider(failing(Operation.CLUSTERING, [QuotaUsedUp("429 insufficient_quota")] * 9))
    use(monkeypatch, provider)
    site = site_with_keywords()

    run = work_to_the_end(start(site))

    assert (run.status, run.stop_reason) == (RunStatus.FAILED, StopReason.PROVIDER_QUOTA_USED)
    assert "429 insufficient_quota" in view.view_of(run).reason.text
    assert provider.count(Operation.CLUSTERING) == 1
    assert_startable(site)
    assert_books_agree()


def test_waiting_for_a_place_is_no_failed_try(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    crowded = [NoPlace("all places are taken", retry_after=0.0)] * (paid_work.TRIES + 3)
    use(monkeypatch, ScriptedProvider(failing(Operation.CLUSTERING, crowded)))

    assert work_to_the_end(start(site_with_keywords())).status is RunStatus.COMPLETED
    assert_books_agree()


def test_a_refused_key_fails_the_run_in_the_providers_own_words(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, ScriptedProvider(failing(Operation.IDEA_GENERATION, [KeyRefused("401 invalid api key")] * 9)))
    site = site_with_keywords()

    run = work_to_the_end(start(site))

    assert (run.status, run.stop_reason) == (RunStatus.FAILED, StopReason.PROVIDER_REFUSES_KEY)
    assert "401 invalid api key" in view.view_of(run).reason.text
    assert_startable(site)
    assert_books_agree()


def test_a_passing_error_is_tried_again_and_charged_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, ScriptedProvider(failing(Operation.CONTENT_GENERATION, [TEMPORARY, TEMPORARY])))

    run = work_to_the_end(start(site_with_keywords(3)))

    assert run.status is RunStatus.COMPLETED
    charges = rows(
        LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE, LedgerEntry.operation == Operation.CONTENT_GENERATION
    )
    assert len(charges) == len(rows(Article))
    assert_books_agree()


def test_a_provider_that_stays_away_fails_the_run_and_nothing_is_charged(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, ScriptedProvider(failing(Operation.CLUSTERING, [TEMPORARY] * 50)))
    site = site_with_keywords()

    run = work_to_the_end(start(site))

    assert (run.status, run.stop_reason) == (RunStatus.FAILED, StopReason.PROVIDER_UNREACHABLE)
    assert rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE) == []
    assert_books_agree()
    assert_startable(site)


def test_a_long_retry_after_frees_the_worker_and_the_run_waits(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = ProviderError("429 Too Many Requests", permanent=False, retry_after=300)
    use(monkeypatch, ScriptedProvider(failing(Operation.CLUSTERING, [patient])))
    run = start(site_with_keywords())

    outcome = turn(run)

    assert isinstance(outcome, Wait)
    assert rows(RunEvent)[-1].data["reason"] == StopReason.PROVIDER_ASKS_TO_WAIT.value


def test_an_item_that_the_provider_refuses_is_set_aside_and_the_run_goes_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = ProviderError("400 content policy", permanent=True)
    use(monkeypatch, ScriptedProvider(failing(Operation.CONTENT_GENERATION, [refusal])))

    run = work_to_the_end(start(site_with_keywords()))

    aside = rows(Task, Task.status == TaskStatus.ATTENTION)
    assert (run.status, run.stop_reason) == (RunStatus.COMPLETED, StopReason.SOME_NEED_ATTENTION)
    reason = view.view_of(run).reason
    assert reason is not None and reason.kind == "warn"
    assert reason.text.startswith("1 task could not be finished")
    assert len(aside) == 1 and "400 content policy" in aside[0].attention
    assert len(rows(Article)) == len(rows(Task)) - 1
    assert_books_agree()


class Nonsense(ScriptedProvider):
    """Answers the first article with something else."""

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        first = request.operation is Operation.CONTENT_GENERATION and self.count(Operation.CONTENT_GENERATION) == 1
        return Reply(text="<html>Bad gateway</html>") if first else reply


def test_a_nonsense_answer_sets_the_item_aside_and_is_kept_to_be_read(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Nonsense())

    run = work_to_the_end(start(site_with_keywords()))

    assert run.status is RunStatus.COMPLETED
    assert len(rows(Task, Task.status == TaskStatus.ATTENTION)) == 1
    assert "<html>Bad gateway</html>" in [call.reply for call in rows(AiCall)]


def test_a_question_whose_answer_never_came_is_put_once_more(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider(failing(Operation.CLUSTERING, [OutcomeUnknown("timed out")]))
    use(monkeypatch, provider)

    run = work_to_the_end(start(site_with_keywords()))

    assert run.status is RunStatus.COMPLETED
    assert provider.count(Operation.CLUSTERING) == 2
    assert_books_agree()


def test_a_question_that_is_never_answered_sets_its_item_aside_and_its_hold_stays(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider(failing(Operation.CLUSTERING, [OutcomeUnknown("timed out")] * 9))
    use(monkeypatch, provider)

    run = work_to_the_end(start(site_with_keywords()))

    unknown = rows(AiCall, AiCall.status == CallStatus.UNKNOWN)
    assert run.status is RunStatus.COMPLETED
    assert provider.count(Operation.CLUSTERING) == 2
    assert len(unknown) == 1
    assert sum(entry.amount for entry in rows(LedgerEntry, LedgerEntry.operation == Operation.CLUSTERING)) == -10
    assert_books_agree()


def test_a_full_disk_makes_the_run_wait_and_nothing_is_lost(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    monkeypatch.setattr(claim, "RETRY_PAUSE", 0.0)
    run = start(site_with_keywords(4))
    with monkeypatch.context() as full:
        full.setattr(pictures, "keep", no_room)
        outcome = turn(run)
        waiting = fresh(run)

    assert isinstance(outcome, Wait)
    assert (waiting.status, waiting.stop_reason) == (RunStatus.QUEUED, StopReason.STORAGE_FULL)
    assert_each_picture_was_paid_once(run, provider)


def test_an_answer_waits_for_room(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    monkeypatch.setattr(keeping, "ASKS_AGAIN_AFTER", 0.01)
    times = iter(range(5))

    def full_at_first(data: bytes, media_type: str) -> str:
        return keep(data, media_type) if next(times, None) is None else no_room()

    monkeypatch.setattr(calls, "keep", full_at_first)
    run = start(site_with_keywords(4))

    assert_each_picture_was_paid_once(run, provider)
    assert next(times, None) is None


def assert_each_picture_was_paid_once(run: Run, provider: ScriptedProvider) -> None:
    assert work_to_the_end(run).status is RunStatus.COMPLETED
    made = rows(Image)
    assert {image.status for image in made} == {ImageStatus.GENERATED}
    charges = rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE, LedgerEntry.operation == IMAGES)
    assert len(made) == len(charges) == provider.count(IMAGES) > 0
    assert_books_agree()


def no_room(*_: object) -> str:
    raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
