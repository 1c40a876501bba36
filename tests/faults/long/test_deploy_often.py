"""SIGTERM to everything, and everything started again, ten times during one run."""

import signal
import time

import pytest
from flask import Flask

from tests.faults.conftest import Made, assert_as_if_nothing_had_happened, started_on
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.table import Figures
from tests.processes import Crew, free_port

DEPLOYS = 10
SLOWED = {"EMBEDDED_DELAY": "0.6", "LANES": "2"}


@pytest.mark.row(10, "SIGTERM to everything during a run")
def test_ten_deploys_repeat_nothing(app: Flask, environ: dict[str, str], undisturbed: Made, figures: Figures) -> None:
    disturbed = started_on(long_site())
    longest = 0.0
    for _ in range(DEPLOYS):
        with installation(environ, **SLOWED) as crew:
            crew.start_web(free_port())
            disturbed.come_on()
            longest = max(longest, seconds_to_end(crew))
    assert disturbed.run.is_active, "the run was over before the last deploy"
    with installation(environ, **SLOWED):
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
    figures.add("deploys, with web, 2 + 1 workers, timetable", DEPLOYS)
    figures.add("calls repeated, takeovers", f"{disturbed.sent_again()}, {disturbed.run.takeovers}", "0, 0")
    figures.add("longest exit of a process", f"{longest:.1f} s", "at most 5 s")
    assert (disturbed.sent_again(), disturbed.run.takeovers) == (0, 0)


def seconds_to_end(crew: Crew) -> float:
    """Until the last of them has ended, in good order; one that was just starting ends by the signal itself."""
    began, processes = time.monotonic(), crew.living
    for process in processes:
        process.send(signal.SIGTERM)
    assert {process.wait() for process in processes} <= {0, -signal.SIGTERM}
    return time.monotonic() - began
