"""Lost workers: taken over by whoever watches, nothing twice, and no item can hold a run up for ever."""

import itertools
import sqlite3
import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from tests.pipeline.engine import (
    assert_books_agree,
    assert_startable,
    fresh,
    in_background,
    reload,
    rows,
    site_with_keywords,
    start,
    turn,
    use,
    with_settings,
    work_to_the_end,
)
from tests.pipeline.scripted import Gate, ScriptedProvider
from webapp.ai.provider import Operation, ProviderError, Request
from webapp.content.models import Article, Cluster, Task, TaskStatus
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.redis import connection
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline import claim, control, paid_work, recovery
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunEvent, RunItem
from webapp.pipeline.outcome import Again, Stop
from webapp.pipeline.recovery import RunWatch
from webapp.pipeline.runner import advance
from webapp.pipeline.states import RunStatus, StageKey, StopReason


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def lose_the_worker_of(run: Run) -> None:
    """Somebody claims the run and is never heard of again."""
    current = fresh(run)
    taken = claim.claim(current.id, current.epoch, worker="lost", lease=20, lock=connection())
    assert taken is not None


def test_a_run_that_stands_still_for_the_whole_lease_is_queued_again(app: Flask) -> None:
    run = start(site_with_keywords())
    lose_the_worker_of(run)
    clock = Clock()
    watch = RunWatch(20, clock)

    assert watch.observe() == []
    clock.now = 19.9
    assert watch.observe() == []
    clock.now = 20
    assert watch.observe() == [run.id]

    recovered = fresh(run)
    assert (recovered.status, recovered.stop_reason) == (RunStatus.QUEUED, StopReason.WORKER_LOST)
    assert recovered.takeovers == 1
    assert "Recovering after a lost worker" in rows(RunEvent)[-1].text


def test_a_run_that_beats_is_left_alone(app: Flask) -> None:
    run = start(site_with_keywords())
    current = fresh(run)
    taken = claim.claim(current.id, current.epoch, worker="alive", lease=20, lock=connection())
    assert taken is not None
    clock = Clock()
    watch = RunWatch(20, clock)
    for clock.now in (0, 15, 30, 45):
        assert watch.observe() == []
        taken.beat()


def test_while_the_database_takes_nothing_nobody_is_lost(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(site_with_keywords())
    lose_the_worker_of(run)
    clock = Clock()
    watch = RunWatch(20, clock)
    assert watch.observe() == []
    clock.now = 20
    with monkeypatch.context() as full:
        full.setattr(recovery, "take_over", refused)
        with pytest.raises(OperationalError):
            watch.observe()

    assert watch.observe() == []
    clock.now = 39.9
    assert watch.observe() == []
    clock.now = 40
    assert watch.observe() == [run.id]


def test_the_time_in_which_nobody_could_write_is_taken_off_the_lease(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(site_with_keywords())
    lose_the_worker_of(run)
    clock = Clock()
    watch = RunWatch(20, clock)
    assert watch.observe() == []
    clock.now = 12
    with monkeypatch.context() as locked:
        locked.setattr(recovery, "change", lambda _: setattr(clock, "now", clock.now + 4))
        assert watch.observe() == []

    clock.now = 23.9
    assert watch.observe() == []
    clock.now = 24
    assert watch.observe() == [run.id]


def refused(*_: object) -> bool:
    raise OperationalError("UPDATE", {}, sqlite3.OperationalError("database or disk is full"))


def test_only_one_of_two_watches_takes_a_run_over(app: Flask) -> None:
    run = start(site_with_keywords())
    lose_the_worker_of(run)
    lost = fresh(run)

    assert recovery.take_over(lost.id, lost.epoch, lost.hb)
    assert not recovery.take_over(lost.id, lost.epoch, lost.hb)


def test_a_lost_call_is_put_once_more_and_nothing_is_done_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(Operation.CONTENT_GENERATION)
    provider = ScriptedProvider(gate)
    use(monkeypatch, provider)
    run = start(site_with_keywords(6))
    frozen = in_background(app, run)
    assert gate.arrived.wait(30)
    assert _take_over(run)
    out = len(rows(AiCall, AiCall.status == CallStatus.UNKNOWN))
    assert out > 0

    gate.open()  # the frozen worker wakes, and its answers are kept
    assert isinstance(frozen.finish(), Stop)
    done = work_to_the_end(run)

    assert done.status is RunStatus.COMPLETED
    assert len(rows(Article)) == len(rows(Task))
    assert provider.count(Operation.CONTENT_GENERATION) <= len(rows(Task)) + out
    assert_books_agree()


def _take_over(run: Run) -> bool:
    """Takes the run over although its worker lives: it may still commit between our look and our move."""
    return any(recovery.take_over(lost.id, lost.epoch, lost.hb) for lost in (fresh(run) for _ in range(100)))


def test_an_item_that_kills_its_worker_again_and_again_is_set_aside(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for kill -9: no handler of ours runs."""

    site = site_with_keywords(0)
    from tests import factories

    tasks = [factories.task(site) for _ in range(3)]
    poison = tasks[1].title

    def kill(request: object) -> None:
        if (
            getattr(request, "title", None) == poison
            and getattr(request, "operation", None) is Operation.CONTENT_GENERATION
        ):
            raise Killed()

    use(monkeypatch, ScriptedProvider(kill))
    run = start(site)
    for _ in range(8):
        current = fresh(run)
        if not current.is_active:
            break
        try:
            advance(current.id, current.epoch, worker="mortal", stopping=threading.Event())
        except Killed:
            db.session.rollback()
            lost = fresh(run)
            assert recovery.take_over(lost.id, lost.epoch, lost.hb)

    ended = fresh(run)
    assert ended.status is RunStatus.COMPLETED
    (aside,) = rows(Task, Task.status == TaskStatus.ATTENTION)
    assert aside.title == poison
    assert "worker was lost" in aside.attention and "still held" in aside.attention
    assert len(rows(Article)) == 2
    assert_startable(site)


def test_a_question_that_was_refused_before_its_worker_was_lost_is_still_put_once_more(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, numbers = Gate(Operation.CLUSTERING), itertools.count()

    def refuse_then_hold(request: Request) -> None:
        match next(numbers):
            case 0:
                raise ProviderError("503 Service Unavailable", permanent=False)
            case 1:
                gate(request)

    monkeypatch.setattr(paid_work, "BACKOFF", 0.0)
    use(monkeypatch, ScriptedProvider(refuse_then_hold))
    run = start(site_with_keywords(4))
    frozen = in_background(app, run)
    assert gate.arrived.wait(30)
    assert _take_over(run)

    assert work_to_the_end(run).status is RunStatus.COMPLETED
    assert rows(RunItem, RunItem.status == ItemStatus.ATTENTION) == []
    gate.open()
    frozen.finish()
    assert_books_agree()


def test_what_comes_late_of_an_earlier_run_leaves_the_same_question_of_the_next_one_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, numbers = Gate(Operation.CLUSTERING), Gate(Operation.CLUSTERING), itertools.count()

    def hold_both_and_fail_the_first(request: Request) -> None:
        number = next(numbers) if request.operation is Operation.CLUSTERING else 2
        if number < 2:
            (first, second)[number](request)
        if number == 0:
            raise ProviderError("the connection broke while it slept", permanent=False)

    use(monkeypatch, ScriptedProvider(hold_both_and_fail_the_first))
    site = site_with_keywords(4)
    run = start(site)
    sleeper = in_background(app, run)
    assert first.arrived.wait(30)
    assert _take_over(run)
    control.cancel(fresh(run), "Ana")
    following = start(reload(site))
    worker = in_background(app, following)
    assert second.arrived.wait(30)

    first.open()
    sleeper.finish()
    (call,) = rows(AiCall)
    assert (call.run_id, call.status) == (following.id, CallStatus.SENT)

    second.open()
    worker.finish()
    charged = rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE, LedgerEntry.operation == Operation.CLUSTERING)
    assert [entry.run_id for entry in charged] == [following.id]
    assert_books_agree()


@pytest.mark.parametrize("put_back_by", [timedelta(0), timedelta(days=1)], ids=["clock right", "clock put back"])
def test_a_question_that_is_out_elsewhere_holds_up_nothing_but_its_item(
    app: Flask, monkeypatch: pytest.MonkeyPatch, put_back_by: timedelta
) -> None:
    with_settings(app, lanes=1, slice_seconds=8)
    gate = Gate(Operation.CONTENT_GENERATION)
    use(monkeypatch, ScriptedProvider(gate))
    site = site_with_keywords(8)
    run = start(site)
    gone = in_background(app, run)
    assert gate.arrived.wait(30)
    control.cancel(fresh(run), "Ana")
    later = now() + timedelta(seconds=100) + put_back_by
    change(update(AiCall).where(AiCall.status == CallStatus.SENT).values(deadline=later))
    db.session.commit()

    use(monkeypatch, ScriptedProvider())
    following = start(reload(site))
    turn(following)

    done = rows(RunItem, RunItem.run_id == following.id, RunItem.stage == StageKey.ARTICLES)
    assert sum(item.status is ItemStatus.DONE for item in done) >= len(done) - 1 > 0
    gate.open()
    gone.finish()


def test_a_run_that_never_makes_progress_fails_with_its_reason(app: Flask) -> None:
    site = site_with_keywords()
    run = start(site)
    for _ in range(20):
        if fresh(run).status is not RunStatus.QUEUED:
            break
        lose_the_worker_of(run)
        lost = fresh(run)
        assert recovery.take_over(lost.id, lost.epoch, lost.hb)

    ended = fresh(run)
    assert (ended.status, ended.stop_reason) == (RunStatus.FAILED, StopReason.WORKER_LOST_REPEATEDLY)
    assert_startable(site)


def test_a_worker_that_is_asked_to_stop_hands_over_after_the_items_in_hand(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = threading.Event()
    provider = ScriptedProvider(
        lambda request: stopping.set() if request.operation is Operation.IDEA_GENERATION else None
    )
    use(monkeypatch, provider)
    run = start(site_with_keywords())

    assert isinstance(turn(run, stopping), Again)

    handed_over = fresh(run)
    assert (handed_over.status, handed_over.stop_reason) == (RunStatus.QUEUED, StopReason.WORKER_STOPPING)
    assert {call.status for call in rows(AiCall)} == {CallStatus.ANSWERED}
    assert work_to_the_end(run).status is RunStatus.COMPLETED
    assert provider.count(Operation.IDEA_GENERATION) == len(rows(Cluster))


def test_flushing_redis_in_the_middle_loses_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = connection()
    provider = ScriptedProvider(lambda request: redis.flushall() and None)
    use(monkeypatch, provider)

    run = work_to_the_end(start(site_with_keywords(6)))

    assert run.status is RunStatus.COMPLETED
    assert provider.count(Operation.CONTENT_GENERATION) == len(rows(Article)) == len(rows(Task))
    assert_books_agree()
