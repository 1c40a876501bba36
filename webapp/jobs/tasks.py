"""What RQ calls: each function calls one of ours. All of them may run twice at once, and late."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError

from webapp.content.imports import upkeep, working
from webapp.core.db import db
from webapp.core.errors import PressroomError
from webapp.jobs import queue
from webapp.jobs.worker import stopping, worker_name
from webapp.pipeline import runner, scheduling
from webapp.pipeline.models import Run
from webapp.pipeline.outcome import Again
from webapp.publishing import publisher, schedule
from webapp.publishing.wordpress import existing, healing

log = logging.getLogger(__name__)

IMPORT_SECONDS = 5  # then whatever else waits in the queue has its turn

Given = ParamSpec("Given")
Value = TypeVar("Value")


def comes_again(task: Callable[Given, Value]) -> Callable[Given, Value | None]:
    """A database that is busy or away is no failure of the task: the sweep or the timetable asks for it again."""

    @functools.wraps(task)
    def patient(*args: Given.args, **kwargs: Given.kwargs) -> Value | None:
        try:
            return task(*args, **kwargs)
        except OperationalError as error:
            log.warning("%s waits for the database: %s", task.__name__, error.orig)
            return None

    return patient


@comes_again
def advance(run_id: int, epoch: int) -> str:
    """Works on a run for a slice, and queues the next one."""
    outcome = runner.advance(run_id, epoch, worker=worker_name(), stopping=stopping)
    if isinstance(outcome, Again):
        queue.deliver(db.session.get_one(Run, run_id))
    return type(outcome).__name__


@comes_again
def tick() -> None:
    """Starts the runs that are due by their schedule."""
    for run in scheduling.start_due():
        queue.deliver(run)


@comes_again
def sweep() -> None:
    """Delivers what is to be worked on and has no job, and clears away files that nobody will import."""
    queue.deliver_waiting()
    queue.deliver_imports()
    upkeep.tidy()


@comes_again
def go_on_with_import(import_id: int) -> None:
    """Goes on with an import for some seconds; the rest comes behind what waits meanwhile."""
    if working.work_on(import_id, IMPORT_SECONDS, stopping):
        queue.go_on_with_imports([import_id])


@comes_again
def schedule_publications() -> None:
    """Gives waiting publications a slot or their reason."""
    schedule.schedule_all()


@comes_again
def publish_due() -> None:
    """Has each site published where something is due."""
    queue.publish(publisher.sites_due())


@comes_again
def publish_site(site_id: int) -> None:
    """Publishes what is due on one site."""
    publisher.publish_site(site_id, stopping)


@comes_again
def heal_sites() -> None:
    """Has each site looked at again that nobody reached."""
    queue.heal(healing.out_of_reach())


@comes_again
def heal_site(site_id: int) -> None:
    """Lets the site go on if it can be reached again."""
    healing.heal(site_id)


@comes_again
def read_posts(site_id: int) -> None:
    """Reads which posts the site's WordPress has. Why it did not work stands with the connection then."""
    try:
        existing.read_posts(site_id)
    except PressroomError as error:
        log.warning("the posts of site %s were not read: %s", site_id, error)
        existing.keep_problem(site_id, str(error))
