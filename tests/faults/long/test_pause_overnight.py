"""Paused in the evening; overnight Redis forgets everything and all is started anew; resumed in the morning."""

import time

import pytest
from flask import Flask

from tests.faults.conftest import Disturbed, Made, assert_as_if_nothing_had_happened, started_on
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.table import Figures
from tests.faults.long.wall_clock import WallClock
from tests.processes import MortalRedis, eventually
from webapp.jobs import queue
from webapp.pipeline import control
from webapp.pipeline.models import CallStatus
from webapp.pipeline.states import RunStatus

SLOWED = {"EMBEDDED_DELAY": "0.4", "LANES": "2"}
WATCHED_FOR = 15.0  # seconds, in the evening and in the morning: more than one round of the timetable


@pytest.mark.row(8, "pause, 8 hours, FLUSHALL, restart of everything, resume")
def test_a_night_changes_nothing(
    app: Flask,
    environ: dict[str, str],
    wall_clock: WallClock,
    mortal: MortalRedis,
    undisturbed: Made,
    figures: Figures,
) -> None:
    with installation(environ, **SLOWED, **wall_clock.settings):
        disturbed = started_on(long_site())
        disturbed.come_on()
        control.pause(disturbed.run, "Ana")
        eventually(lambda: all(call.status is CallStatus.ANSWERED for call in disturbed.calls()))
        before = sends(disturbed)
        time.sleep(WATCHED_FOR)
        wall_clock.jump("+8h")
        time.sleep(WATCHED_FOR)
    mortal.kill()
    mortal.start()
    with installation(environ, **SLOWED, **wall_clock.settings):
        time.sleep(WATCHED_FOR)
        while_paused = sends(disturbed) - before
        assert disturbed.run.status is RunStatus.PAUSED
        began = time.monotonic()
        queue.deliver(control.resume(disturbed.run, "Ana"))
        eventually(lambda: sends(disturbed) > before)
        first_call = time.monotonic() - began
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
    figures.add("calls while paused, repeated", f"{while_paused}, {disturbed.sent_again()}", "0, 0")
    figures.add("resume to first call", f"{first_call:.1f} s", "at most 3 s")
    assert (while_paused, disturbed.sent_again()) == (0, 0)


def sends(disturbed: Disturbed) -> int:
    """How many questions were put so far."""
    return sum(call.sends for call in disturbed.calls())
