"""An RQ worker that outlives Redis, dies with its parent, and ends its slice when asked to stop."""

import contextlib
import ctypes
import importlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker, worker_registration
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job

from webapp.core.redis import blocking_connection
from webapp.core.settings import settings
from webapp.jobs.queue import RUNS

log = logging.getLogger(__name__)

ASK_TO_STOP = signal.SIGUSR1  # from the worker to the process that does its job
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
LOOKS_AT_ITS_JOB_EVERY = 5  # seconds
GONE_AFTER = 20  # seconds without a sign of life
ASKS_MODELS = "webapp.ai.openai.provider"  # takes half a second, once and not in the process of each job
MAINTAINS_EVERY = 60  # seconds
LONGEST_PAUSE = 5.0  # seconds between looks for a Redis that is away

stopping = threading.Event()  # set in the process that does a job when its worker was asked to stop


def worker_name() -> str:
    """The name of the worker that this process works for."""
    return os.environ.get("RQ_WORKER_ID", "here")[:12]


def work(app: Flask, queue: str) -> None:
    """Works until asked to stop. RQ's worker gives up when Redis goes away; then a new one takes its place."""
    if queue == RUNS:
        importlib.import_module(ASKS_MODELS)
    # Held back, not ignored: what arrives between the fork and the job's own handler is delivered to that.
    signal.pthread_sigmask(signal.SIG_BLOCK, {ASK_TO_STOP})
    logging.getLogger("rq.worker").addFilter(without_trace_of_absence)
    with contextlib.suppress(StopRequested):  # who is asked while Redis is away may be outside RQ's loop
        while not _worked_until_asked_to_stop(app, queue):
            time.sleep(LONGEST_PAUSE)


def _worked_until_asked_to_stop(app: Flask, queue: str) -> bool:
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.SIG_DFL)
    try:
        worker = PressroomWorker(app, queue)
        worker.work(logging_level="WARNING")
    except RedisError as error:
        log.warning("the worker of %s waits for Redis: %s", queue, error)
        return False
    return worker.was_asked_to_stop


def without_trace_of_absence(record: logging.LogRecord) -> bool:
    """Redis being away or full is no bug: a line says it, and a stack trace would only hide that line."""
    if record.exc_info and isinstance(record.exc_info[1], RedisError):
        record.msg, record.args, record.exc_info = f"Redis does not do it: {record.exc_info[1]}", (), None
    return True


class PressroomWorker(Worker):
    """Works one queue for one app."""

    log_result_lifespan = False
    max_connection_wait_time = LONGEST_PAUSE

    def __init__(self, app: Flask, queue: str):
        with app.app_context():
            client = blocking_connection(settings().redis_url)
        super().__init__(
            [Queue(queue, connection=client)],
            connection=client,
            job_monitoring_interval=LOOKS_AT_ITS_JOB_EVERY,
            worker_ttl=GONE_AFTER,
            maintenance_interval=MAINTAINS_EVERY,
            log_job_description=False,
        )
        self._app = app

    @property
    def was_asked_to_stop(self) -> bool:
        return self._shutdown_requested_date is not None

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with self._app.app_context():
            return super().perform_job(job, queue, execution)

    def subscribe(self) -> None:
        """Takes no orders by way of Redis: RQ's would kill a job in the middle."""

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """What a job did not catch is a bug of ours, with its trace; but Redis going away around it is none."""
        if isinstance(exc_info[1], RedisError):
            log.warning("job %s could not be looked after: %s", job.id, exc_info[1])
        else:
            super().handle_exception(job, *exc_info)

    # signs of life

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Redis forgets the worker GONE_AFTER seconds after its last sign of life, so who is known there lives."""
        super().heartbeat(GONE_AFTER, pipeline)
        if pipeline is None:
            self._introduce_itself()

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Every few seconds while a job is at work, which goes on without Redis: the run's row says that it lives."""
        if self.was_asked_to_stop:
            self._ask_the_job_to_stop()
        with contextlib.suppress(RedisError):
            super().maintain_heartbeats(job, execution)
            self._introduce_itself()
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()

    def _introduce_itself(self) -> None:
        """A Redis that lost its data does not know the worker any more, and RQ would not tell it again."""
        with self.connection.pipeline() as pipeline:
            pipeline.hset(self.key, mapping=self.serialize() | {"state": self.get_state()})
            pipeline.expire(self.key, GONE_AFTER)
            worker_registration.register(self, pipeline)
            pipeline.execute()

    def run_maintenance_tasks(self) -> None:
        from webapp.jobs.timetable import reconcile

        self._try(super().run_maintenance_tasks)
        self._try(lambda: reconcile(self.connection))

    def _try(self, task: Callable[[], object]) -> None:
        """What one entry of Redis is like must not end the worker, nor what there is to do besides."""
        try:
            task()
        except (RedisError, StopRequested):
            raise
        except Exception:
            log.exception("maintenance broke over something and comes again")

    # ending

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        with contextlib.suppress(RedisError):  # it also wants to tell Redis
            super().request_stop(signum, frame)

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()
        self._ask_the_job_to_stop()

    def _ask_the_job_to_stop(self) -> None:
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, ASK_TO_STOP)

    def register_death(self) -> None:
        with contextlib.suppress(RedisError):
            super().register_death()

    # in the process that does a job

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()
        for asked in (ASK_TO_STOP, signal.SIGTERM):  # service managers send SIGTERM to every process of a service
            signal.signal(asked, lambda *_: stopping.set())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {ASK_TO_STOP})
        die_with(self.pid)


def die_with(parent: int | None) -> None:
    """A job whose worker was killed must not go on beside its successor. Linux only; the fence does it too."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # killed before we could say so
            os.kill(os.getpid(), signal.SIGKILL)
