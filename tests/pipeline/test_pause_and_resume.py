"""Pausing and resuming: at once, in the log, and a resumed run listens like a new one."""

import fcntl
import json
import threading

import pytest
from flask import Flask

from tests.pipeline.engine import (
    assert_books_agree,
    fresh,
    in_background,
    rows,
    site_with_keywords,
    start,
    turn,
    use,
    with_settings,
    work_to_the_end,
)
from tests.pipeline.scripted import Gate, ScriptedProvider
from webapp.ai.provider import Operation
from webapp.content.models import Cluster, Idea
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.pipeline import control, run_log, runner, view
from webapp.pipeline.claim import key_of
from webapp.pipeline.models import AiCall, RunEvent
from webapp.pipeline.outcome import Stop
from webapp.pipeline.states import RunStatus, StageKey, StopReason


def test_a_paused_run_holds_no_lock_and_no_worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(Operation.IDEA_GENERATION)
    use(monkeypatch, ScriptedProvider(gate))
    site = site_with_keywords()
    run = start(site)
    worker = in_background(app, run)
    assert gate.arrived.wait(30)

    control.pause(fresh(run), "Ana")

    paused = fresh(run)
    assert (paused.status, paused.owner) == (RunStatus.PAUSED, None)
    gate.open()
    assert worker.finish() == Stop(StopReason.MOVED_ON)
    assert connection().get(key_of(site.id)) is None


def test_a_pause_is_in_the_log_and_in_its_file(app: Flask) -> None:
    run = start(site_with_keywords())

    control.pause(run, "Ana")

    assert "Paused by Ana" in [event.text for event in rows(RunEvent, RunEvent.run_id == run.id)]
    written = [json.loads(line) for line in run_log.path_of(run.id).read_text().splitlines()]
    assert [line["text"] for line in written] == ["Queued by Ana", "Paused by Ana"]


def test_whoever_froze_while_writing_the_log_holds_up_no_pause(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "WAITS_FOR_OTHERS", 0.0)
    run = start(site_with_keywords())
    with run_log.path_of(run.id).open("a") as frozen:
        fcntl.flock(frozen, fcntl.LOCK_EX)
        control.pause(run, "Ana")
        assert fresh(run).status is RunStatus.PAUSED

    run_log.complete(run.id)

    written = [json.loads(line) for line in run_log.path_of(run.id).read_text().splitlines()]
    assert [line["text"] for line in written] == ["Queued by Ana", "Paused by Ana"]


def test_a_resume_is_in_the_log_by_name(app: Flask) -> None:
    run = control.pause(start(site_with_keywords()), "Ana")

    control.resume(run, "Ben")

    assert rows(RunEvent, RunEvent.run_id == run.id)[-1].text == "Resumed by Ben"


def test_no_call_is_made_after_a_pause(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with_settings(app, lanes=1)  # so that, with one call out, none is just about to go
    gate = Gate(Operation.IDEA_GENERATION)
    provider = ScriptedProvider(gate)
    use(monkeypatch, provider)
    run = start(site_with_keywords())
    worker = in_background(app, run)
    assert gate.arrived.wait(30)
    control.pause(fresh(run), "Ana")
    out = len(provider.calls)

    gate.open()
    worker.finish()

    assert len(provider.calls) == out


def test_an_answer_that_comes_after_the_pause_is_kept_and_applied_without_paying_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(Operation.IDEA_GENERATION)
    provider = ScriptedProvider(gate)
    use(monkeypatch, provider)
    run = start(site_with_keywords())
    worker = in_background(app, run)
    assert gate.arrived.wait(30)
    control.pause(fresh(run), "Ana")
    gate.open()
    worker.finish()
    assert rows(Idea) == []
    paused = view.view_of(fresh(run))
    db.session.commit()
    assert paused.kept_answers == len(rows(AiCall, AiCall.stage == StageKey.IDEAS)) > 0

    control.resume(fresh(run), "Ana")
    done = work_to_the_end(run)

    assert done.status is RunStatus.COMPLETED
    assert provider.count(Operation.IDEA_GENERATION) == len(rows(Cluster))
    assert_books_agree()


def test_a_resume_only_queues_and_a_worker_claims_again(app: Flask) -> None:
    run = start(site_with_keywords())
    control.pause(run, "Ana")
    before = fresh(run).epoch

    control.resume(fresh(run), "Ben")

    queued = fresh(run)
    assert (queued.status, queued.owner) == (RunStatus.QUEUED, None)
    assert queued.epoch == before + 1


def test_the_worker_of_before_the_pause_cannot_go_on_after_the_resume(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(Operation.IDEA_GENERATION)
    use(monkeypatch, ScriptedProvider(gate))
    run = start(site_with_keywords())
    old_worker = in_background(app, run)
    assert gate.arrived.wait(30)
    control.pause(fresh(run), "Ana")
    control.resume(fresh(run), "Ana")

    gate.open()

    assert old_worker.finish() == Stop(StopReason.MOVED_ON)
    assert fresh(run).status is RunStatus.QUEUED
    assert rows(Idea) == []


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_a_resumed_run_obeys_like_a_new_one(app: Flask, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    with_settings(app, lanes=1)
    gate = Gate(Operation.CONTENT_GENERATION)
    provider = ScriptedProvider(gate)
    use(monkeypatch, provider)
    run = start(site_with_keywords())
    control.pause(run, "Ana")
    control.resume(fresh(run), "Ana")
    worker = in_background(app, fresh(run))
    assert gate.arrived.wait(30)

    getattr(control, verb)(fresh(run), "Ana")
    out = len(provider.calls)
    gate.open()

    assert worker.finish() == Stop(StopReason.MOVED_ON)
    assert fresh(run).status is {"pause": RunStatus.PAUSED, "cancel": RunStatus.CANCELLED}[verb]
    assert len(provider.calls) == out


def test_a_stale_delivery_from_before_the_pause_does_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    run = start(site_with_keywords())
    stale = run.epoch
    control.pause(run, "Ana")
    control.resume(fresh(run), "Ana")

    outcome = runner.advance(run.id, stale, worker="late", stopping=threading.Event())

    assert outcome == Stop(StopReason.MOVED_ON)
    assert provider.calls == []


def test_a_second_pause_and_a_second_resume_change_nothing(app: Flask) -> None:
    run = start(site_with_keywords())
    control.pause(run, "Ana")
    control.pause(fresh(run), "Ben")
    assert fresh(run).stop_detail == {"by": "Ana"}

    control.resume(fresh(run), "Ana")
    epoch = fresh(run).epoch
    control.resume(fresh(run), "Ben")
    assert fresh(run).epoch == epoch


def test_a_paused_run_is_not_delivered(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    run = start(site_with_keywords())
    control.pause(run, "Ana")

    assert isinstance(turn(run), Stop)
    assert provider.calls == []
