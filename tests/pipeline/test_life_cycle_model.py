"""The life of a site's runs under everything that can happen to them, in random order, against a plain picture.

People start, pause, resume and cancel; deliveries come twice, late or not at all; workers stop, freeze, wake and are
lost; sweeps look; clocks jump; Redis forgets; the database fails before and after each statement and each commit.
After each step the rows must agree, nobody but the holder may have changed anything, and a way must free the site.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.pipeline.engine import set_limits
from tests.pipeline.false_clock import FalseClock
from tests.pipeline.picture import Move, Picture, RunSeen, at_rest, check, check_books, check_change, picture
from tests.pipeline.trouble import Trouble, Troublemaker, Where
from tests.pipeline.workshop import Worker, Workshop
from webapp.ai.provider import OutcomeUnknown, ProviderError
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.core.redis import connection
from webapp.core.settings import settings as installed
from webapp.jobs import queue, takeover
from webapp.pipeline import control, scheduling
from webapp.pipeline.automation import Automation, SkippedRun
from webapp.pipeline.claim import Fenced, key_of
from webapp.pipeline.models import AiCall, CallStatus, Run, Trigger
from webapp.pipeline.recovery import RunWatch, patience
from webapp.pipeline.states import ACTIVE, RunStatus, StageKey, StopReason
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site

QUEUED, RUNNING, PAUSED = RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.PAUSED
COMPLETED, FAILED, CANCELLED = RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED

CLUSTERS = 6
AT_WORK = (StageKey.IDEAS, StageKey.TASKS)  # one that is paid for, and a free one
MOST_WORKERS = 4
MINUTES = 60.0
DAYS = 24 * 60 * MINUTES
WAYS_OUT = ("work to the end", "cancel", "operator", "sweep")
WHOLE_RUN = 24  # steps of a worker that nobody disturbs, about
LONGEST_WAY = 60  # deliveries and takeovers until a run must have ended

any_one = st.integers(0, MOST_WORKERS - 1)
some_steps = st.integers(0, WHOLE_RUN)
maybe_steps = st.none() | some_steps
some_trouble = st.builds(
    Trouble, st.sampled_from((*Where, Where.AFTER_COMMIT)), st.sampled_from((0, 0, 1, 1, 2, 3, 5, 8, 10))
)
maybe_trouble = st.none() | some_trouble
refusals = st.sampled_from(
    (
        ProviderError("503 Service Unavailable", permanent=False),
        ProviderError("429 Too Many Requests", permanent=False, retry_after=100),
        ProviderError("400 Bad Request", permanent=True),
        OutcomeUnknown("504 Gateway Timeout"),
    )
)


class LifeCycle(RuleBasedStateMachine):
    def __init__(self, workshop: Workshop, clock: FalseClock, troublemaker: Troublemaker):
        super().__init__()
        self._workshop, self._clock, self._trouble = workshop, clock, troublemaker
        self._workers: list[Worker] = []
        self._all_workers: list[Worker] = []
        self._deliveries: list[tuple[int, int]] = []
        self._page: tuple[int, takeover.Sighting] | None = None
        self._is_sound = False  # from a picture that does not hold no way out is tried
        self._new_watch()

    @initialize(steps=some_steps, trouble=maybe_trouble)
    def found_site(self, steps: int, trouble: Trouble | None) -> None:
        """With a run that a worker is at, somewhere between its first and its last step."""
        _clear_away()
        self._clock.set()
        site = factories.site(factories.account(credits=10_000))
        for _ in range(CLUSTERS):
            factories.cluster(site)
        automation_of(site).stages_off = [stage.value for stage in StageKey if stage not in AT_WORK]
        set_limits(site, max_clusters_per_run=2, max_ideas_per_run=1)
        self._site_id = site.id
        self._now = picture(site.id)
        self.start(token=None, steps=0, trouble=None)
        self.work(-1, steps, trouble)

    # people

    @rule(token=st.sampled_from((None, "a click", "another click")), steps=maybe_steps, trouble=maybe_trouble)
    def start(self, token: str | None, steps: int | None, trouble: Trouble | None) -> None:
        """Starts a run and, if there are to be any steps, tells the queue, which finds a worker at once."""
        token = token and f"{token} on {self._site_id}"
        expected, refused = self._expected_of_start(token)
        self._do(lambda: self._start(token, steps), expected, trouble, refused=refused)
        self._deliver_at_once(steps)

    def _start(self, token: str | None, steps: int | None) -> None:
        run = control.start(db.session.get_one(Site, self._site_id), by="Ana", trigger=Trigger.PERSON, token=token)
        if steps is not None:
            queue.deliver(run)

    def _deliver_at_once(self, steps: int | None) -> None:
        if steps is not None and self._waiting_jobs:
            self.deliver(again=None, steps=steps, trouble=None)

    def _expected_of_start(self, token: str | None) -> tuple[list[RunStatus], bool]:
        same = next((run for run in self._now.runs.values() if token and run.start_token == token), None)
        if same and (same.is_active or now() - same.created_at < control.SAME_CLICK):
            return [], False
        return ([], True) if self._now.active else ([QUEUED], False)

    @rule(trouble=maybe_trouble)
    def pause(self, trouble: Trouble | None) -> None:
        status = self._last.status
        expected = [PAUSED] if status in (QUEUED, RUNNING) else []
        self._do(lambda: control.pause(self._run(), "Ana"), expected, trouble, refused=not self._last.is_active)

    @rule(steps=maybe_steps, trouble=maybe_trouble)
    def resume(self, steps: int | None, trouble: Trouble | None) -> None:
        expected = [QUEUED] if self._last.status is PAUSED else []
        self._do(lambda: self._resume(steps), expected, trouble, refused=not self._last.is_active)
        self._deliver_at_once(steps)

    def _resume(self, steps: int | None) -> None:
        run = control.resume(self._run(), "Ana")
        if steps is not None:
            queue.deliver(run)

    @rule(trouble=maybe_trouble)
    def cancel(self, trouble: Trouble | None) -> None:
        expected = [CANCELLED] if self._last.is_active else []
        refused = self._last.status in (COMPLETED, FAILED)
        self._do(lambda: control.cancel(self._run(), "Ana"), expected, trouble, refused=refused)

    @precondition(lambda self: self._page or self._is(RUNNING))
    @rule(looks=st.booleans(), steps=maybe_steps, trouble=maybe_trouble)
    def take_over(self, looks: bool, steps: int | None, trouble: Trouble | None) -> None:
        """The operator's button, on a page that may be old."""
        if self._page is None or (looks and self._is(RUNNING)):
            self._page = self._last.id, takeover.sight(self._run())
            db.session.rollback()
        run_id, seen = self._page
        run = self._now.runs[run_id]
        refused = run.status is not RUNNING or run.epoch != seen.epoch
        gone = not refused and run.hb == seen.heartbeat and self._lock() != _name_in_lock(run)
        expected = self._recovery() if gone else [] if refused else [QUEUED]
        made = self._do(
            lambda: takeover.take_over(run_id, seen, "Ana"), expected, trouble, refused=refused, or_else=[QUEUED]
        )
        if made and not self._trouble.happened:
            assert (made[0].reason is StopReason.WORKER_LOST) == gone
        self._deliver_at_once(steps)

    # the clock

    @rule(seconds=st.sampled_from((1, 7, 15, 20, 60, 200, 400)))
    def pass_time(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    @rule(seconds=st.sampled_from((-2 * DAYS, -1.5 * MINUTES, 5 * MINUTES, DAYS)))
    def jump_the_clock(self, seconds: float) -> None:
        self._clock.jump(seconds)

    @rule(is_set=st.booleans(), waits=st.booleans(), trouble=maybe_trouble)
    def tick(self, is_set: bool, waits: bool, trouble: Trouble | None) -> None:
        """Each due time ends in a run or in a record of why not."""
        if is_set:
            self._set_schedule()
        due = self._next_run_at()
        if waits and due is not None:
            self._clock.jump(max(0.0, (due - now()).total_seconds()))
        is_due = due is not None and due <= now()
        was_used = any(run.scheduled_for == due for run in self._now.runs.values())
        runs, skipped = len(self._now.runs), self._skipped()
        self._do(self._tick, [QUEUED] if is_due and not self._now.active and not was_used else [], trouble)
        is_dealt_with = is_due and self._next_run_at() != due
        assert len(self._now.runs) - runs + self._skipped() - skipped == is_dealt_with
        assert is_dealt_with == is_due or self._trouble.happened

    def _set_schedule(self) -> None:
        automation = automation_of(db.session.get_one(Site, self._site_id))
        automation.enabled = True
        scheduling.set_schedule(automation)
        db.session.commit()

    @staticmethod
    def _tick() -> None:
        for run in scheduling.start_due():
            queue.deliver(run)

    # deliveries

    @precondition(lambda self: self._waiting_jobs or self._deliveries)
    @rule(again=st.none() | st.integers(0, 20), steps=some_steps, trouble=maybe_trouble)
    def deliver(self, again: int | None, steps: int, trouble: Trouble | None) -> None:
        """The first job of the queue, or one that came before, comes to a worker."""
        if self._waiting_jobs and again is None:
            job_id = self._waiting_jobs[0]
            connection().lrem(self._queue().key, 1, job_id)
            self._deliveries.append(queue.delivered_by(job_id))
            self._look_into_the_queue()
            again = -1
        self._take_on(*self._deliveries[(again or 0) % len(self._deliveries)])
        self.work(-1, steps, trouble)

    @rule(trouble=maybe_trouble)
    def deliver_waiting(self, trouble: Trouble | None) -> None:
        self._do(queue.deliver_waiting, [], trouble)
        run = self._now.active
        if run and run.status is QUEUED and not self._trouble.happened and (run.not_before or now()) <= now():
            assert (run.id, run.epoch) in [queue.delivered_by(job_id) for job_id in self._waiting_jobs]

    @rule(what=st.sampled_from(("a job", "the lock", "all")))
    def lose_from_redis(self, what: str) -> None:
        match what:
            case "a job":
                connection().lpop(self._queue().key)
            case "the lock":
                connection().delete(key_of(self._site_id))
            case _:
                connection().flushall()
        self._look_into_the_queue()

    # workers

    @precondition(lambda self: self._workers)
    @rule(which=any_one, steps=some_steps, trouble=maybe_trouble)
    def work(self, which: int, steps: int, trouble: Trouble | None) -> None:
        worker = self._workers[which % len(self._workers)]
        self._trouble.plan(trouble)
        for _ in range(steps):
            if not worker.has_ended:
                self._step(worker)
        self._let_go()

    @precondition(lambda self: self._workers)
    @rule(which=any_one, steps=some_steps, trouble=some_trouble)
    def work_in_trouble(self, which: int, steps: int, trouble: Trouble) -> None:
        self.work(which, steps, trouble)

    @precondition(lambda self: self._workers)
    @rule(which=any_one, refusal=refusals, steps=some_steps)
    def refuse_an_answer(self, which: int, refusal: ProviderError, steps: int) -> None:
        """The worker goes on to its next call, if any, and gets this for an answer."""
        worker = self._workers[which % len(self._workers)]
        self._trouble.plan(None)
        while not (worker.asking or worker.has_ended):
            self._step(worker)
        worker.refusal = refusal
        self.work(which, steps, None)

    @precondition(lambda self: self._workers)
    @rule(which=any_one)
    def ask_to_stop(self, which: int) -> None:
        self._workers[which % len(self._workers)].stopping.set()

    @precondition(lambda self: any(worker.claim for worker in self._workers))
    @rule(which=any_one, trouble=maybe_trouble)
    def beat(self, which: int, trouble: Trouble | None) -> None:
        claimed = [worker for worker in self._workers if worker.claim]
        self._beat(claimed[which % len(claimed)], trouble)

    def _beat(self, worker: Worker, trouble: Trouble | None) -> None:
        before, held, lock = self._now, self._holds(worker), self._lock()
        assert worker.claim is not None
        fenced = False
        self._trouble.plan(trouble)
        with self._trouble.allowed():
            try:
                worker.claim.beat()
            except Fenced:
                fenced = True
            except OperationalError:
                assert self._trouble.happened
        self._see([])
        assert fenced != held or self._trouble.happened
        if not held:
            assert at_rest(before, self._now, worker.run_id) and self._lock() == lock
        elif not self._trouble.happened:
            assert self._now.runs[worker.run_id].hb == before.runs[worker.run_id].hb + 1
            assert self._lock() == _name_in_lock(self._now.runs[worker.run_id])

    @precondition(lambda self: self._workers)
    @rule(which=any_one)
    def lose_the_worker(self, which: int) -> None:
        """Nobody hears of it any more, until it wakes up when all is over."""
        self._workers.pop(which % len(self._workers))

    @rule(steps=maybe_steps)
    def miss_every_heartbeat(self, steps: int | None) -> None:
        """Whoever is at work counts as lost. It is replaced, and may wake up beside its successor."""
        self.look_for_lost_workers(None)
        self._clock.sleep(installed().lease_ttl + 1)
        self.look_for_lost_workers(None)
        assert not self._is(RUNNING)
        if self._deliveries:
            self.deliver(again=-1, steps=2, trouble=None)
        self.deliver_waiting(None)
        self._deliver_at_once(steps)
        self.wake_the_fenced()

    @rule()
    def wake_the_fenced(self) -> None:
        """Each who has lost its run beats once and takes one step, as if nothing had happened."""
        self._trouble.plan(None)
        for worker in self._all_workers:
            if worker.claim and not worker.has_ended and not self._holds(worker):
                self._beat(worker, None)
                self._step(worker)

    @rule(trouble=maybe_trouble)
    def look_for_lost_workers(self, trouble: Trouble | None) -> None:
        """Whoever has stood still for the whole lease, by the clock of the watch, is taken over; nobody else is."""
        run, lost = self._now.active, self._stood_still()
        self._do(self._watch.observe, self._recovery() if lost else [], trouble)
        if self._trouble.happened:
            self._new_watch()
        elif lost:
            assert run is not None and not self._calls_out(run.id, run.epoch)

    @precondition(lambda self: self._is(RUNNING) and any(map(self._holds, self._all_workers)))
    @rule()
    def beat_at_the_last_moment(self) -> None:
        """A sign of life after the sweep's look and before its move is in time."""
        holder = next(worker for worker in self._all_workers if self._holds(worker))
        assert holder.claim is not None
        self.look_for_lost_workers(None)
        self._clock.sleep(installed().lease_ttl + 1)
        if self._stood_still():
            self._workshop.meanwhile(lambda: None, holder.claim.beat)
            self._do(self._watch.observe, [], None)

    def _stood_still(self) -> bool:
        """Whether the next look finds it so."""
        run, moment = self._now.active, self._clock.monotonic()
        running = {(run.id, run.epoch, run.hb)} if run and run.status is RUNNING else set()
        self._seen = {state: self._seen.get(state, moment) for state in running}
        return any(moment - since >= installed().lease_ttl for since in self._seen.values())

    # the way out

    @rule(way=st.sampled_from(WAYS_OUT), steps=some_steps)
    def free_the_site(self, way: str, steps: int) -> None:
        self._free(way)
        check_books(self._site_id)
        self.start(token=None, steps=steps, trouble=None)

    def _free(self, way: str) -> None:
        for _ in range(LONGEST_WAY):
            run = self._now.active
            if run is None:
                return
            match way, run.status:
                case ("cancel", _) | ("operator", RunStatus.QUEUED | RunStatus.PAUSED):
                    self.cancel(None)
                case "operator", _:
                    self.take_over(looks=True, steps=None, trouble=None)
                case _, RunStatus.PAUSED:
                    self.resume(steps=None, trouble=None)
                case _, RunStatus.RUNNING:
                    self._work_or_take_over(run, way)
                case _, _:
                    self._claim(run)
        raise AssertionError(f"no way out of {self._now.active} by {way}")

    def _claim(self, run: RunSeen) -> None:
        """Some worker gets the delivery that the sweep sees to."""
        if run.not_before is not None:
            self._clock.sleep(max(0.0, (run.not_before - now()).total_seconds()))
        self.deliver_waiting(None)
        worker = self._take_on(run.id, run.epoch)
        while worker.claim is None:
            self._step(worker)
        self.wake_the_fenced()

    def _work_or_take_over(self, run: RunSeen, way: str) -> None:
        holder = next((worker for worker in self._workers if self._holds(worker)), None)
        if holder is None or way == "sweep":
            return self.miss_every_heartbeat(None)
        while not holder.has_ended:
            self._step(holder)
        return self._let_go()

    def teardown(self) -> None:
        """Whatever state it came to, a way leads out of it; then all who were lost wake up, and nothing changes."""
        sound = self._is_sound
        try:
            if sound:
                self._free(WAYS_OUT[len(self._all_workers) % len(WAYS_OUT)])
                check_books(self._site_id)
        finally:
            db.session.rollback()
            for worker in self._all_workers:
                worker.go_home()
        if sound:
            self._see([])
            check_books(self._site_id)
            assert [worker.error for worker in self._all_workers if worker.error] == []

    # what is done, and what is seen of it

    def _do(
        self,
        action: Callable[[], object],
        expected: list[RunStatus],
        trouble: Trouble | None,
        *,
        refused: bool = False,
        or_else: list[RunStatus] | None = None,
    ) -> tuple[Move, ...]:
        """Does it, and sees the expected moves; where trouble got in the way, all of them or none."""
        was_refused = False
        self._trouble.plan(trouble)
        with self._trouble.allowed():
            try:
                action()
            except Conflict:
                was_refused = True
            except (OperationalError, RedisError):
                assert self._trouble.happened
            db.session.rollback()
            db.session.expunge_all()
        assert was_refused == refused or self._trouble.happened
        outcomes = [expected] + [or_else or [], []] * self._trouble.happened
        return self._see(*outcomes)

    def _see(self, *outcomes: list[RunStatus]) -> tuple[Move, ...]:
        self._is_sound = False
        before, self._now = self._now, picture(self._site_id)
        check(self._now)
        check_change(before, self._now)
        made = self._now.since(before)
        assert [move.new for move in made] in list(outcomes), f"{made}, not one of {outcomes}"
        self._look_into_the_queue()
        self._is_sound = True
        return made

    def _step(self, worker: Worker) -> None:
        """One transaction or one call; only who holds the run may change it, and who does not leaves no trace."""
        before, was_asking, held = self._now, worker.asking, self._holds(worker)
        lock = "" if held else self._lock()
        may_claim = not worker.claim and self._is(QUEUED) and self._last.delivery == (worker.run_id, worker.epoch)
        with self._trouble.allowed():
            worker.step()
        made = self._see(*([], [RUNNING]) if may_claim else ([], [QUEUED], [COMPLETED], [FAILED]) if held else ([],))
        self._is_sound = False
        assert worker.error is None
        assert all(at_rest(before, self._now, id) for id in before.runs if id != worker.run_id)
        if may_claim:
            worker.claimed_at = self._clock.monotonic()
        elif held:
            self._check_step_of_holder(worker, before, made)
        else:
            assert at_rest(before, self._now, worker.run_id), "a stale claim has changed its run"
            assert lock in (self._lock(), _name_of(worker)), "a stale claim has touched the lock of another"
        assert self._holds(worker) or was_asking or not worker.asking, "a call went out without a claim"
        self._is_sound = True

    def _check_step_of_holder(self, worker: Worker, before: Picture, made: tuple[Move, ...]) -> None:
        run_id = worker.run_id
        beats = self._now.runs[run_id].hb - before.runs[run_id].hb
        assert beats == 1 or (beats == 0 and at_rest(before, self._now, run_id)), "it changed the run without its fence"
        for move in made:
            match move.reason:
                case StopReason.WORKER_STOPPING:
                    assert worker.stopping.is_set()
                case StopReason.SLICE_ENDED:
                    assert self._clock.monotonic() - worker.claimed_at >= installed().slice_seconds
                case StopReason.DATABASE_AWAY:
                    assert self._trouble.happened
                case reason:
                    assert reason in REASONS_OF_HOLDER[move.new]

    def _holds(self, worker: Worker) -> bool:
        run = self._now.runs[worker.run_id]
        return worker.claim is not None and run.status is RUNNING and _name_of(worker) == _name_in_lock(run)

    def _take_on(self, run_id: int, epoch: int) -> Worker:
        worker = self._workshop.take_on(run_id, epoch)
        self._workers = [*self._workers, worker][-MOST_WORKERS:]
        self._all_workers.append(worker)
        return worker

    def _let_go(self) -> None:
        self._workers = [worker for worker in self._workers if not worker.has_ended]

    def _new_watch(self) -> None:
        self._watch = RunWatch(installed().lease_ttl, self._clock.monotonic)
        self._seen: dict[tuple[int, int, int], float] = {}

    @property
    def _last(self) -> RunSeen:
        return max(self._now.runs.values(), key=lambda run: run.id)

    def _is(self, status: RunStatus) -> bool:
        return self._last.status is status

    def _run(self) -> Run:
        return db.session.get_one(Run, self._last.id, populate_existing=True)

    def _recovery(self) -> list[RunStatus]:
        """What becomes of a run whose worker is lost."""
        return [QUEUED, FAILED] if self._last.recoveries_without_progress >= patience() else [QUEUED]

    def _lock(self) -> str:
        return (connection().get(key_of(self._site_id)) or b"").decode()

    @staticmethod
    def _queue() -> Queue:
        return Queue(queue.RUNS, connection=connection())

    def _look_into_the_queue(self) -> None:
        self._waiting_jobs: list[str] = self._queue().get_job_ids()

    def _next_run_at(self) -> datetime | None:
        return _looked_up(select(Automation.next_run_at).where(Automation.site_id == self._site_id, Automation.enabled))

    def _skipped(self) -> int:
        return _looked_up(select(func.count()).select_from(SkippedRun).where(SkippedRun.site_id == self._site_id))

    def _calls_out(self, run_id: int, epoch: int) -> int:
        out = AiCall.run_id == run_id, AiCall.epoch == epoch, AiCall.status == CallStatus.SENT
        return _looked_up(select(func.count()).select_from(AiCall).where(*out))


REASONS_OF_HOLDER = {
    COMPLETED: (
        StopReason.ALL_DONE,
        StopReason.NOTHING_WAITED,
        StopReason.SOME_NEED_ATTENTION,
        StopReason.LIMIT_REACHED,
    ),
    FAILED: (StopReason.PROVIDER_UNREACHABLE,),
    QUEUED: (StopReason.PROVIDER_ASKS_TO_WAIT,),
}


def _name_in_lock(run: RunSeen) -> str:
    return f"{run.id}:{run.epoch}:{run.owner}"


def _name_of(worker: Worker) -> str:
    return f"{worker.claim.run_id}:{worker.claim.epoch}:{worker.claim.owner}" if worker.claim else "nobody"


def _looked_up(wanted: Select[Any]) -> Any:
    found = db.session.scalar(wanted)
    db.session.rollback()
    return found


def _clear_away() -> None:
    """Nothing of the example before, however it ended, takes part in the next one."""
    connection().flushall()
    db.session.execute(update(Automation).values(enabled=False))
    active = db.session.scalars(select(Run).where(Run.status.in_(ACTIVE))).all()
    db.session.commit()
    for run in active:
        control.cancel(run, "Ana")
    db.session.expunge_all()


SHORT = {"max_examples": 40, "stateful_step_count": 16, "derandomize": True}
LONG = {"max_examples": 600, "stateful_step_count": 40, "derandomize": False}


@pytest.mark.timeout(3600)  # a failure is made small before it is told, which may take long
def test_whatever_happens_to_a_run(app: Flask, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    workshop, clock = Workshop(app, monkeypatch), FalseClock(monkeypatch)
    troublemaker = Troublemaker(db.engine, monkeypatch)
    run_state_machine_as_test(
        lambda: LifeCycle(workshop, clock, troublemaker),
        settings=settings(
            **LONG if request.config.getoption("--faults") else SHORT,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
