"""What RQ calls: each function calls one of ours. All of them may run twice at once, and late."""

from webapp.core.db import db
from webapp.jobs import queue
from webapp.jobs.worker import stopping, worker_name
from webapp.pipeline import runner, scheduling
from webapp.pipeline.models import Run
from webapp.pipeline.outcome import Again
from webapp.publishing import publisher, schedule


def advance(run_id: int, epoch: int) -> str:
    """Works on a run for a slice, and queues the next one."""
    outcome = runner.advance(run_id, epoch, worker=worker_name(), stopping=stopping)
    if isinstance(outcome, Again):
        queue.deliver(db.session.get_one(Run, run_id))
    return type(outcome).__name__


def tick() -> None:
    """Starts the runs that are due by their schedule."""
    for run in scheduling.start_due():
        queue.deliver(run)


def sweep() -> None:
    """Delivers queued runs that have no job."""
    queue.deliver_waiting()


def schedule_publications() -> None:
    """Gives waiting publications a slot or their reason."""
    schedule.schedule_all()


def publish_due() -> None:
    """Publishes what is due."""
    publisher.publish_due()
