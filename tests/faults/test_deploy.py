"""SIGTERM in the middle of a run, as at a deploy: the items in hand are finished, the rest is the next one's."""

import os
import signal

import pytest

from tests.faults.conftest import Disturbed, Made, assert_as_if_nothing_had_happened
from tests.processes import Crew, eventually, lives
from webapp.jobs.queue import RUNS
from webapp.pipeline.models import CallStatus
from webapp.pipeline.states import RunStatus, StopReason


def test_the_next_worker_goes_on_and_nothing_is_repeated(
    at_leisure: Crew, disturbed: Disturbed, undisturbed: Made
) -> None:
    old = at_leisure.start(RUNS)
    at_leisure.start("timetable")
    eventually(disturbed.is_amid_articles)

    old.send(signal.SIGTERM)

    assert old.wait() == 0
    handed_over = disturbed.run
    assert (handed_over.status, handed_over.stop_reason) == (RunStatus.QUEUED, StopReason.WORKER_STOPPING)
    assert {call.status for call in disturbed.calls()} == {CallStatus.ANSWERED}

    at_leisure.start(RUNS)
    assert_as_if_nothing_had_happened(disturbed, undisturbed)
    assert disturbed.sent_again() == 0
    assert disturbed.run.takeovers == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_service_manager_may_send_it_to_every_process(at_leisure: Crew, disturbed: Disturbed) -> None:
    worker = at_leisure.start(RUNS)
    eventually(disturbed.is_amid_articles)
    _, job = disturbed.worker_in([worker])

    for pid in (job, worker.pid):
        os.kill(pid, signal.SIGTERM)

    assert worker.wait() == 0
    assert not lives(job)
    assert disturbed.run.stop_reason is StopReason.WORKER_STOPPING
