"""kill -9 in the middle of the articles: another worker finishes, and nothing is there twice."""

import os
import signal

import pytest

from tests.faults.conftest import LANES, Disturbed, Made, assert_as_if_nothing_had_happened
from tests.processes import Crew, eventually
from webapp.jobs.queue import RUNS


def test_another_worker_finishes_the_run_of_a_killed_one(
    at_work: Crew, disturbed: Disturbed, undisturbed: Made
) -> None:
    workers = [at_work.start(RUNS), at_work.start(RUNS)]
    at_work.start("timetable")
    eventually(disturbed.is_amid_articles)
    victim, _ = disturbed.worker_in(workers)

    victim.kill()

    assert_as_if_nothing_had_happened(disturbed, undisturbed)
    assert disturbed.run.takeovers == 1
    assert disturbed.sent_again() <= LANES


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_whose_job_was_killed_takes_the_run_up_again_itself(
    at_work: Crew, disturbed: Disturbed, undisturbed: Made
) -> None:
    worker = at_work.start(RUNS)
    at_work.start("timetable")
    eventually(disturbed.is_amid_articles)
    _, job = disturbed.worker_in([worker])

    os.kill(job, signal.SIGKILL)

    assert_as_if_nothing_had_happened(disturbed, undisturbed)
    assert not worker.ended
    assert disturbed.sent_again() <= LANES
