"""Cancelling: at once, with or without a worker, and the site is free by definition."""

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
from tests.pipeline.scripted import Gate, ScriptedProvider
from webapp.ai.provider import Operation
from webapp.content.models import Article, Task
from webapp.core.errors import Conflict
from webapp.pipeline import control
from webapp.pipeline.models import RunEvent
from webapp.pipeline.outcome import Stop
from webapp.pipeline.states import RunStatus


@pytest.mark.parametrize("before", ["queued", "paused"])
def test_without_a_worker_the_site_is_free_at_once(app: Flask, before: str) -> None:
    site = site_with_keywords()
    run = start(site)
    if before == "paused":
        control.pause(run, "Ana")

    control.cancel(fresh(run), "Ana")

    assert fresh(run).status is RunStatus.CANCELLED
    assert_startable(site)


def test_while_a_worker_is_in_the_middle_of_a_call_the_site_is_free_at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(Operation.IDEA_GENERATION)
    use(monkeypatch, ScriptedProvider(gate))
    site = site_with_keywords()
    run = start(site)
    worker = in_background(app, run)
    assert gate.arrived.wait(30)

    control.cancel(fresh(run), "Ana")
    second = assert_startable(site)

    gate.open()
    assert isinstance(worker.finish(), Stop)
    assert fresh(run).status is RunStatus.CANCELLED
    assert fresh(second).status is RunStatus.QUEUED


def test_what_was_paid_for_is_kept_and_the_next_run_does_not_pay_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(Operation.CONTENT_GENERATION)
    provider = ScriptedProvider(gate)
    use(monkeypatch, provider)
    site = site_with_keywords()
    run = start(site)
    worker = in_background(app, run)
    assert gate.arrived.wait(30)
    control.cancel(fresh(run), "Ana")
    gate.open()
    worker.finish()

    work_to_the_end(assert_startable(site))

    assert provider.count(Operation.CONTENT_GENERATION) == len(rows(Task)) == len(rows(Article))
    assert_books_agree()


def test_a_second_cancel_changes_nothing(app: Flask) -> None:
    run = start(site_with_keywords())
    control.cancel(run, "Ana")
    events = len(rows(RunEvent))

    control.cancel(fresh(run), "Ben")

    assert len(rows(RunEvent)) == events
    assert fresh(run).stop_detail == {"by": "Ana"}


def test_a_completed_run_says_that_it_cannot_be_cancelled(app: Flask) -> None:
    run = work_to_the_end(start(site_with_keywords(3)))

    with pytest.raises(Conflict, match="completed"):
        control.cancel(run, "Ana")


def test_a_delivery_that_comes_after_the_cancel_does_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    run = start(site_with_keywords())
    control.cancel(run, "Ana")

    assert isinstance(turn(run), Stop)
    assert provider.calls == []
