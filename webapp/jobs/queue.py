"""Handing work to RQ. The rows are the truth: a lost job is delivered again by the sweep."""

import logging
import re
import uuid
from collections.abc import Iterable

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from sqlalchemy import select, update

from webapp.content.imports.upkeep import left_alone
from webapp.core.clock import now
from webapp.core.db import change, db, reading
from webapp.core.redis import connection
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus

log = logging.getLogger(__name__)

RUNS = "runs"
UPKEEP = "upkeep"
PUBLISHING = "publishing"  # whatever waits for other sites
QUEUES = (RUNS, UPKEEP, PUBLISHING)
KEEP_RESULT = 60  # seconds
KEEP_FAILURE = 3600
LONGEST_UPKEEP = 600  # seconds
JOB_ID = re.compile(r"run-([0-9]{1,18})-([0-9]{1,18})-[0-9]{1,18}")  # of what delivers a run


def deliver(run: Run) -> bool:
    """Queues a slice of a queued run. Answers False if Redis cannot take it now: the sweep delivers it later."""
    try:
        _enqueue(run)
    except RedisError as error:
        log.warning("run %s is queued, but not delivered yet (%s)", run.id, error)
        return False
    return True


def publish(site_ids: Iterable[int]) -> bool:
    """Asks for what is due on these sites to be published. Answers False if Redis cannot take it.

    The sites do not wait for each other: a slow one holds up a worker, and no other site.
    """
    return _ask_for_each(PUBLISHING, "publish_site", "publish what is due on site", site_ids)


def read_posts(site_id: int) -> bool:
    """Asks for a look at which posts the site's WordPress has. Answers False if Redis cannot take it."""
    return _ask_for_each(PUBLISHING, "read_posts", "read the posts of site", [site_id])


def heal(site_ids: Iterable[int]) -> bool:
    """Asks for a look whether these sites can be reached again. Answers False if Redis cannot take it."""
    return _ask_for_each(PUBLISHING, "heal_site", "look again at site", site_ids)


def go_on_with_imports(import_ids: Iterable[int]) -> bool:
    """Asks for these imports to be gone on with. Answers False if Redis cannot take it: the sweep asks again."""
    return _ask_for_each(UPKEEP, "go_on_with_import", "go on with import", import_ids)


def _ask_for_each(queue_name: str, task: str, description: str, numbers: Iterable[int]) -> bool:
    """A job for each of these rows that has none waiting, however often it is asked for."""
    queue = Queue(queue_name, connection=connection())
    try:
        waiting = {job_id.rpartition("-")[0] for job_id in queue.get_job_ids()}
        for number in numbers:
            name = f"{task}-{number}"
            if name not in waiting:
                queue.enqueue(
                    f"webapp.jobs.tasks.{task}",
                    args=(number,),
                    job_id=f"{name}-{uuid.uuid4().hex[:12]}",
                    job_timeout=-1,  # it looks at the time itself, between two articles or batches
                    result_ttl=KEEP_RESULT,
                    failure_ttl=KEEP_FAILURE,
                    description=f"{description} {number}",
                )
    except RedisError as error:
        log.warning("nobody is asked to %s (%s)", description, error)
        return False
    return True


def deliver_waiting() -> int:
    """Delivers queued runs that have no job. Answers how many."""
    with reading():
        runs = db.session.scalars(
            select(Run).where(Run.status == RunStatus.QUEUED, (Run.not_before.is_(None)) | (Run.not_before <= now()))
        ).all()
        db.session.commit()  # the runs stay readable
    return sum(_deliver_again(run) for run in runs)


def deliver_imports() -> bool:
    """Delivers imports that nobody has gone on with for a while."""
    return go_on_with_imports(left_alone())


def listening(queue: str) -> int:
    """How many workers of a queue have given a sign of life lately."""
    return len(Worker.all(queue=Queue(queue, connection=connection())))


def _enqueue(run: Run) -> bool:
    """Answers False if this delivery of this epoch was made before, whatever came of it."""
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
        return False
    return True


def _job_id(run: Run) -> str:
    return f"run-{run.id}-{run.epoch}-{run.nudge}"


def delivered_by(job_id: str) -> tuple[int, int] | None:
    """The number and the epoch of the run that the job delivers; None for any other job."""
    found = JOB_ID.fullmatch(job_id)
    return (int(found[1]), int(found[2])) if found else None


def _deliver_again(run: Run) -> bool:
    """A job that is waiting in its queue is left alone; one that was lost or came to nothing gets a successor."""
    return not _is_waiting(run) and (_enqueue(run) or _nudge(run))


def _is_waiting(run: Run) -> bool:
    queue = Queue(RUNS, connection=connection())
    try:
        job = Job.fetch(_job_id(run), connection=connection())
    except NoSuchJobError:
        return False
    return job.get_status(refresh=False) is JobStatus.QUEUED and queue.get_job_position(job.id) is not None


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
