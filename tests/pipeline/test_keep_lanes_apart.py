"""Several calls at once within one run: what becomes of one is never another's, and keeps none from being kept."""

import pytest
from flask import Flask
from sqlalchemy import update

from tests.pipeline import engine
from tests.pipeline.scripted import Volley
from webapp.ai.provider import KeyRefused, Operation, OutcomeUnknown, ProviderError, Reply
from webapp.content.models import Article, Task
from webapp.core.db import change, db
from webapp.pipeline import calls, paid_work
from webapp.pipeline.calls import Send
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, RunItem
from webapp.pipeline.states import RunStatus, StageKey
from webapp.sites.models import Site

ASKED = Operation.CONTENT_GENERATION
UNKNOWN = OutcomeUnknown("timed out")
PASSING = ProviderError("503 Service Unavailable", permanent=False)
REFUSED_FOR_NOW = ProviderError("429 Too Many Requests", permanent=False, retry_after=90)
ODD = [Reply(text='{"title": "\ud83d"}'), Reply(text='{"title": "\x00"}')]


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paid_work, "BACKOFF", 0.0)
    monkeypatch.setattr(paid_work, "RESTS_AFTER_REFUSAL", 0.0)


def site_with_tasks() -> Site:
    return engine.site_with_keywords(
        12, max_clusters_per_run=4, max_tasks_per_run=4, max_content_per_run=1, max_images_per_run=1
    )


def calls_for_articles() -> list[AiCall]:
    return engine.rows(AiCall, AiCall.stage == StageKey.ARTICLES)


def kept() -> int:
    return sum(call.status is CallStatus.ANSWERED for call in calls_for_articles())


def volley(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    *outcomes: Exception | Reply | None,
    later: dict[int, float] | None = None,
) -> Volley:
    """As many lanes as there are outcomes."""
    engine.with_settings(app, lanes=len(outcomes))
    provider = Volley(ASKED, list(outcomes), later or {})
    engine.use(monkeypatch, provider)
    return provider


def test_a_question_that_is_put_again_stays_with_its_item(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """One gets no answer and one is refused for the moment, before a third is begun."""
    volley(app, monkeypatch, UNKNOWN, PASSING, later={1: 0.05})
    keep_unknown = calls.keep_unknown

    def keep_slowly(sent: Send, error: ProviderError) -> None:
        paid_work.time.sleep(0.3)
        keep_unknown(sent, error)

    monkeypatch.setattr(calls, "keep_unknown", keep_slowly)

    run = engine.work_to_the_end(engine.start(site_with_tasks()))

    titles = {task.id: task.title for task in engine.rows(Task)}
    articles = engine.rows(Article)
    assert run.status is RunStatus.COMPLETED
    assert articles and all(article.title == titles[article.task_id] for article in articles)
    engine.assert_books_agree()


@pytest.mark.parametrize("first", [KeyRefused("401 Unauthorized"), REFUSED_FOR_NOW], ids=["key refused", "wait"])
def test_on_the_way_out_nothing_more_is_asked(app: Flask, monkeypatch: pytest.MonkeyPatch, first: Exception) -> None:
    provider = volley(app, monkeypatch, first, PASSING, later={1: 0.3})
    monkeypatch.setattr(paid_work, "REFUSALS", 1)

    engine.turn(engine.start(site_with_tasks()))

    assert provider.answered == kept() == 0
    assert {call.status for call in calls_for_articles()} == {CallStatus.FAILED}


def test_an_answer_that_comes_late_from_elsewhere_is_taken_instead_of_asking_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was frozen wakes up and keeps it, while ours waits to put the question again."""
    provider = volley(app, monkeypatch, PASSING)
    keep_failure = calls.keep_failure

    def and_then_it_comes(sent: Send, error: ProviderError) -> None:
        keep_failure(sent, error)
        change(update(AiCall).where(AiCall.id == sent.call_id).values(status=CallStatus.ANSWERED, reply="{}"))
        db.session.commit()

    monkeypatch.setattr(calls, "keep_failure", and_then_it_comes)

    run = engine.work_to_the_end(engine.start(site_with_tasks()))

    assert run.status is RunStatus.COMPLETED
    assert provider.count(ASKED) == len(calls_for_articles()) - 1
    engine.assert_books_agree()


def test_errors_of_ours_keep_no_answer_from_being_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = volley(app, monkeypatch, RuntimeError("one"), RuntimeError("another"), None, None)

    run = engine.work_to_the_end(engine.start(site_with_tasks()))

    assert run.status is RunStatus.FAILED
    assert provider.answered == kept() == 2


@pytest.mark.parametrize("odd", ODD, ids=["half a character", "NUL"])
def test_an_answer_with_odd_characters_is_kept_and_costs_one_item(
    app: Flask, monkeypatch: pytest.MonkeyPatch, odd: Reply
) -> None:
    volley(app, monkeypatch, odd, None, None, None, later={1: 0.3, 2: 0.3, 3: 0.3})

    run = engine.work_to_the_end(engine.start(site_with_tasks()))

    aside = engine.rows(RunItem, RunItem.run_id == run.id, RunItem.status == ItemStatus.ATTENTION)
    assert run.status is RunStatus.COMPLETED
    assert kept() == 4
    assert len(aside) == 1
    engine.assert_books_agree()
