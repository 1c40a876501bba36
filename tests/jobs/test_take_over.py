"""Taking a run over by hand: what its worker has asked counts as unanswered only if the worker is surely gone."""

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from rq import Queue
from rq.job import Job
from sqlalchemy import update

from tests import factories
from tests.pipeline.engine import fresh, rows, start, with_settings
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import Conflict, NotFound
from webapp.core.redis import connection
from webapp.jobs import queue, takeover
from webapp.jobs.takeover import Sighting, TakenOver
from webapp.jobs.worker import PressroomWorker
from webapp.pipeline import claim, control
from webapp.pipeline.claim import Claim, key_of
from webapp.pipeline.models import AiCall, CallStatus, Run, RunEvent
from webapp.pipeline.recovery import patience
from webapp.pipeline.states import RunStatus, StageKey, StopReason


@dataclass
class Held:
    """A run at work, with a question out: its worker as RQ knows it, its claim, and how a person saw it."""

    run_id: int
    site_id: int
    worker: PressroomWorker
    claim: Claim
    seen: Sighting

    def die(self) -> None:
        """Redis forgets whoever renews nothing; here it is as if that time had passed."""
        connection().delete(self.worker.key, self.worker.executions_key, key_of(self.site_id))

    @property
    def run(self) -> Run:
        return next(run for run in rows(Run) if run.id == self.run_id)


@pytest.fixture
def held(app: Flask) -> Held:
    with_settings(app, heartbeat=0.2)
    run = start(factories.site())
    queue.deliver(run)
    worker = PressroomWorker(app, queue.RUNS)
    worker.register_birth()
    worker.prepare_execution(Job.fetch(worker.queues[0].pop_job_id(), connection=connection()))
    taken = claim.claim(run.id, run.epoch, worker=worker.name[:12], lease=20, lock=connection())
    assert taken is not None
    taken.beat()
    current = fresh(run)
    _ask(current)
    return Held(run.id, run.site_id, worker, taken, Sighting(current.epoch, current.hb, now().timestamp() - 60))


def _ask(run: Run) -> None:
    """A question of this claim that is out."""
    db.session.add(
        AiCall(
            key="k" * 64, site_id=run.site_id, run_id=run.id, stage=StageKey.IDEAS, item="ideas:1",
            operation="idea_generation", model="embedded/1", attempt=1, sends=1, epoch=run.epoch, price=0,
            deadline=now(),
        )
    )  # fmt: skip
    db.session.commit()


def question() -> CallStatus:
    (call,) = rows(AiCall)
    return call.status


def taken_over(held: Held, by: str = "Ana") -> TakenOver:
    done = takeover.take_over(held.run_id, held.seen, by)
    db.session.commit()
    return done


def as_it_is(held: Held) -> None:
    """Its worker lives in every way."""


def lose_the_lock(held: Held) -> None:
    connection().delete(key_of(held.site_id))


def lose_the_worker(held: Held) -> None:
    connection().delete(held.worker.key, held.worker.executions_key)


def forget_everything(held: Held) -> None:
    """Redis was flushed; the worker has said again that it lives, but not yet taken the lock."""
    connection().flushall()
    held.worker.heartbeat()


@pytest.mark.parametrize("what", [as_it_is, lose_the_lock, lose_the_worker, forget_everything])
def test_of_a_worker_that_gives_signs_of_life_the_answers_are_waited_for(
    held: Held, what: Callable[[Held], None]
) -> None:
    what(held)

    done = taken_over(held)

    assert not done.was_gone
    assert question() is CallStatus.SENT
    assert (held.run.status, held.run.changed_by, held.run.recoveries_without_progress) == (RunStatus.QUEUED, "Ana", 0)
    with pytest.raises(claim.Fenced):
        held.claim.beat()


def test_of_a_worker_that_is_gone_they_count_as_unanswered(held: Held) -> None:
    held.die()

    done = taken_over(held)

    assert done.was_gone
    assert question() is CallStatus.UNKNOWN
    assert (held.run.stop_reason, held.run.changed_by) == (StopReason.WORKER_LOST, "Ana")
    assert "Ana" in rows(RunEvent)[-1].text


def test_a_worker_that_has_another_job_by_now_is_gone_from_this_run(held: Held) -> None:
    lose_the_lock(held)
    held.worker.execution = None
    other = held.worker.queues[0].enqueue("webapp.jobs.tasks.advance", args=(7, 7), job_id="run-7-7-0")
    connection().delete(held.worker.executions_key)
    held.worker.prepare_execution(other)

    assert taken_over(held).was_gone


def test_a_worker_that_only_the_row_still_hears_lives(app: Flask, held: Held) -> None:
    """Redis is asked in vain: the worker's way to it is cut, or it was flushed a moment ago."""
    held.die()
    with_settings(app, heartbeat=20)  # so that the test has time to beat
    just_now = dataclasses.replace(held.seen, at=now().timestamp())
    beats = threading.Timer(0.5, lambda: _beat(app, held.run_id))
    beats.start()

    done = takeover.take_over(held.run_id, just_now, "Ana")
    db.session.commit()
    beats.join()

    assert not done.was_gone
    assert question() is CallStatus.SENT


def _beat(app: Flask, run_id: int) -> None:
    with app.app_context():
        change(update(Run).where(Run.id == run_id).values(hb=Run.hb + 1))
        db.session.commit()


def test_what_redis_cannot_say_counts_as_a_sign_of_life(app: Flask, held: Held) -> None:
    held.die()
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], redis_url="unix:///nowhere/redis.sock")

    done = taken_over(held)

    assert (done.was_gone, done.delivered) == (False, False)
    assert question() is CallStatus.SENT
    assert held.run.status is RunStatus.QUEUED


def test_the_run_is_delivered_at_once(held: Held) -> None:
    done = taken_over(held)

    assert done.delivered
    assert [job.args for job in Queue(queue.RUNS, connection=connection()).jobs] == [(held.run_id, held.run.epoch)]


def test_a_run_that_ended_meanwhile_stays_as_it_is(held: Held) -> None:
    control.cancel(held.run, "Bo")

    with pytest.raises(Conflict, match="cancelled by now"):
        taken_over(held)

    assert held.run.changed_by == "Bo"


def test_a_run_that_has_another_worker_meanwhile_keeps_it(held: Held) -> None:
    taken_over(held, "Bo")
    run = held.run
    assert claim.claim(run.id, run.epoch, worker="next", lease=20, lock=connection()) is not None

    with pytest.raises(Conflict, match="another worker"):
        taken_over(held)

    assert held.run.status is RunStatus.RUNNING


def test_a_run_that_went_with_its_site(app: Flask) -> None:
    with pytest.raises(NotFound):
        takeover.take_over(1000, Sighting(1, 1, 0), "Ana")


@pytest.mark.parametrize("what", [as_it_is, Held.die])
def test_of_two_people_one_takes_it_over_and_the_other_is_told(
    app: Flask, held: Held, what: Callable[[Held], None]
) -> None:
    what(held)
    together = threading.Barrier(2)
    came_of_it: list[object] = []

    def click(name: str) -> None:
        with app.app_context():
            together.wait(30)
            try:
                came_of_it.append(takeover.take_over(held.run_id, held.seen, name))
            except Conflict as told:
                came_of_it.append(told)
            db.session.remove()

    people = [threading.Thread(target=click, args=(name,)) for name in ("Ana", "Bo")]
    for one in people:
        one.start()
    for one in people:
        one.join(60)

    assert sorted(type(one).__name__ for one in came_of_it) == ["Conflict", "TakenOver"]
    assert held.run.epoch == held.seen.epoch + 1
    assert held.run.takeovers == 1


def test_a_run_that_has_lost_too_many_workers_fails_and_is_not_delivered(held: Held) -> None:
    change(update(Run).where(Run.id == held.run_id).values(recoveries_without_progress=patience()))
    db.session.commit()
    held.die()

    done = taken_over(held)

    assert (done.run.status, done.delivered) == (RunStatus.FAILED, False)
    assert Queue(queue.RUNS, connection=connection()).jobs == []
