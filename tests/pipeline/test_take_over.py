"""A person takes a run from its worker: the worker is fenced, and nothing that it has asked is paid for again."""

import pytest
from flask import Flask

from tests.pipeline.engine import (
    assert_books_agree,
    fresh,
    in_background,
    rows,
    site_with_keywords,
    start,
    use,
    work_to_the_end,
)
from tests.pipeline.scripted import Gate, ScriptedProvider
from webapp.ai.provider import Operation
from webapp.content.models import Article, Task
from webapp.core.redis import connection
from webapp.pipeline import claim, recovery
from webapp.pipeline.models import AiCall, CallStatus, Run, RunEvent, RunItem
from webapp.pipeline.outcome import Stop
from webapp.pipeline.states import RunStatus, StopReason


@pytest.fixture
def run(app: Flask) -> Run:
    made = start(site_with_keywords())
    assert claim.claim(made.id, made.epoch, worker="mole", lease=20, lock=connection()) is not None
    return fresh(made)


def test_the_run_is_queued_again_and_says_by_whom(run: Run) -> None:
    epoch, owner = run.epoch, run.owner

    assert recovery.take_from_living(run.id, epoch, "Ana")

    taken = fresh(run)
    assert (taken.status, taken.stop_reason) == (RunStatus.QUEUED, StopReason.WORKER_STOPPING)
    assert taken.epoch == epoch + 1
    event = rows(RunEvent)[-1]
    assert (event.by, event.data["owner"]) == ("Ana", owner)
    assert event.text == "Taken from its worker by Ana. Another goes on with it by itself"


def test_a_worker_that_lives_is_no_loss(run: Run) -> None:
    recovery.take_from_living(run.id, run.epoch, "Ana")

    taken = fresh(run)
    assert (taken.takeovers, taken.recoveries_without_progress) == (1, 0)


def test_a_lost_worker_can_be_replaced_by_a_person(run: Run) -> None:
    assert recovery.take_over(run.id, run.epoch, run.hb, "Ana")

    taken = fresh(run)
    assert (taken.stop_reason, taken.changed_by, taken.recoveries_without_progress) == (
        StopReason.WORKER_LOST, "Ana", 1,
    )  # fmt: skip
    assert "Ana" in rows(RunEvent)[-1].text


def test_the_sweep_is_no_person(run: Run) -> None:
    recovery.take_over(run.id, run.epoch, run.hb)

    assert rows(RunEvent)[-1].text.startswith("Recovering after a lost worker")


def test_what_has_moved_is_left_alone(run: Run) -> None:
    id, epoch = run.id, run.epoch

    assert not recovery.take_from_living(id, epoch - 1, "Bo")
    assert recovery.take_from_living(id, epoch, "Ana")
    assert not recovery.take_from_living(id, epoch, "Bo")
    assert not recovery.take_from_living(id + 1000, epoch, "Bo")

    assert [run.changed_by for run in rows(Run)] == ["Ana"]


def test_what_a_living_worker_has_asked_is_paid_for_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(Operation.CONTENT_GENERATION)
    provider = ScriptedProvider(gate)
    use(monkeypatch, provider)
    run = start(site_with_keywords(6))
    stuck = in_background(app, run)
    assert gate.arrived.wait(30)

    while not recovery.take_from_living(run.id, fresh(run).epoch, "Ana"):
        pass  # it may have committed between our look and our move
    out = rows(AiCall, AiCall.status == CallStatus.SENT)
    assert out and not rows(RunItem, RunItem.losses > 0)
    gate.open()
    assert isinstance(stuck.finish(), Stop)
    done = work_to_the_end(run)

    assert done.status is RunStatus.COMPLETED
    assert provider.count(Operation.CONTENT_GENERATION) == len(rows(Article)) == len(rows(Task))
    assert {call.sends for call in rows(AiCall)} == {1}
    assert_books_agree()
