"""Handing work to RQ. The rows are the truth: a lost job is delivered again by the sweep."""

import logging

from rq import Queue, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from sqlalchemy import select, update

from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.redis import AWAY, connection
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus

log = logging.getLogger(__name__)

RUNS = "runs"
UPKEEP = "upkeep"
KEEP_RESULT = 60  # seconds
KEEP_FAILURE = 3600


def deliver(run: Run) -> bool:
    """Queues a slice of a queued run. Answers False if Redis is away: the sweep delivers it later."""
    try:
        _enqueue(run)
    except AWAY as error:
        log.warning("run %s is queued, but Redis is away (%s)", run.id, error)
        return False
    return True


def wake_publishing() -> bool:
    """Asks for a look at what is due, now instead of at the next tick. Answers False if Redis is away."""
    try:
        Queue(UPKEEP, connection=connection()).enqueue(
            "webapp.jobs.tasks.publish_due", description="publish what is due", result_ttl=KEEP_RESULT
        )
    except AWAY as error:
        log.warning("publishing was not woken, Redis is away (%s)", error)
        return False
    return True


def deliver_waiting() -> int:
    """Delivers queued runs that have no job. Answers how many."""
    runs = db.session.scalars(
        select(Run).where(Run.status == RunStatus.QUEUED, (Run.not_before.is_(None)) | (Run.not_before <= now()))
    ).all()
    db.session.commit()  # the runs stay readable
    return sum(_deliver_again(run) for run in runs)


def workers() -> int:
    """How many workers listen for runs."""
    return Worker.count(queue=Queue(RUNS, connection=connection()))


def _enqueue(run: Run) -> None:
    queue = Queue(RUNS, connection=connection())
    try:
        queue.enqueue(
            "webapp.jobs.tasks.advance",
            args=(run.id, run.epoch),
            job_id=_job_id(run),
            unique=True,
            job_timeout=-1,
            result_ttl=KEEP_RESULT,
            failure_ttl=KEEP_FAILURE,
            description=f"run {run.id}, epoch {run.epoch}",
        )
    except DuplicateJobError:
        log.debug("run %s is delivered already", run.id)


def _job_id(run: Run) -> str:
    return f"run-{run.id}-{run.epoch}-{run.nudge}"


def _deliver_again(run: Run) -> bool:
    """A job that is waiting in its queue is left alone; one that was lost or came to nothing gets a successor."""
    queue = Queue(RUNS, connection=connection())
    try:
        job = Job.fetch(_job_id(run), connection=connection())
    except NoSuchJobError:
        _enqueue(run)
        return True
    if job.get_status() is JobStatus.QUEUED and queue.get_job_position(job.id) is not None:
        return False
    return _nudge(run)


def _nudge(run: Run) -> bool:
    """The next delivery of this epoch has the next number, so that it is not taken for the last one."""
    nudged = change(
        update(Run)
        .where(Run.id == run.id, Run.epoch == run.epoch, Run.status == RunStatus.QUEUED, Run.nudge == run.nudge)
        .values(nudge=Run.nudge + 1)
    )
    db.session.commit()
    if nudged != 1:
        return False
    _enqueue(db.session.get_one(Run, run.id, populate_existing=True))
    db.session.commit()
    return True
