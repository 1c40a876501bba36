"""An RQ worker that survives Redis being away, dies with its parent, and ends its slice when asked to stop."""

import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading
from typing import Any

from flask import Flask
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job

from webapp.core.redis import AWAY, blocking_connection
from webapp.core.settings import settings

log = logging.getLogger(__name__)

ASK_TO_STOP = signal.SIGUSR1  # from the worker to the process that does its job
PR_SET_PDEATHSIG = 1
LOOKS_AT_ITS_JOB_EVERY = 5  # seconds
GONE_AFTER = 20  # seconds without a sign of life
MAINTAINS_EVERY = 60  # seconds

stopping = threading.Event()  # set in the process that does a job when its worker was asked to stop


def worker_name() -> str:
    """The name of the worker that this process works for."""
    return os.environ.get("RQ_WORKER_ID", "here")[:12]


class PressroomWorker(Worker):
    """Works one queue for one app."""

    log_result_lifespan = False

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

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with self._app.app_context():
            return super().perform_job(job, queue, execution)

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Redis may be away while a job is at work: the job goes on, and the run's row says that it lives."""
        with contextlib.suppress(*AWAY):
            super().maintain_heartbeats(job, execution)

    def run_maintenance_tasks(self) -> None:
        from webapp.jobs.timetable import reconcile

        super().run_maintenance_tasks()
        reconcile(self.connection)

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, ASK_TO_STOP)

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()
        signal.signal(ASK_TO_STOP, lambda *_: stopping.set())
        die_with_parent()


def die_with_parent() -> None:
    """A job whose worker was killed must not go on beside its successor. Linux only; the fence does it too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def work(app: Flask, queue: str) -> Any:
    """Works until asked to stop."""
    # Between forking and its own handlers the job's process has ours: being asked to stop must not kill it.
    signal.signal(ASK_TO_STOP, signal.SIG_IGN)
    return PressroomWorker(app, queue).work(logging_level="WARNING")
