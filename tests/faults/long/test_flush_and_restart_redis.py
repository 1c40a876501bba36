"""Redis forgets everything each second, and dies four times, while a run is at work."""

import time

import pytest
from flask import Flask
from redis import Redis

from tests.faults.conftest import Made, assert_as_if_nothing_had_happened, started_on
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.table import Figures
from tests.faults.test_lose_redis import all_is_there_again
from tests.processes import MortalRedis, eventually
from webapp.core.redis import connection

KILLS = 4
AWAY_FOR = 2.0  # seconds, each time
SLOWED = {"EMBEDDED_DELAY": "1", "LANES": "2"}


@pytest.mark.row(2, "Redis forgets everything, or dies")
def test_flushed_every_second_nothing_is_repeated(
    app: Flask, environ: dict[str, str], undisturbed: Made, figures: Figures
) -> None:
    flushes = 0
    with installation(environ, **SLOWED):
        disturbed = started_on(long_site())
        while not disturbed.has_ended:
            connection().flushall()
            flushes += 1
            time.sleep(1)
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
        assert (disturbed.sent_again(), disturbed.run.takeovers) == (0, 0)
        eventually(lambda: all_is_there_again(connection()))
    figures.add("FLUSHALL during one run", f"{flushes} times")
    figures.add("calls repeated, timetable back", f"{disturbed.sent_again()}, by itself", "0, by itself")


@pytest.mark.row(2, "Redis forgets everything, or dies")
def test_killed_four_times_nothing_is_repeated(
    app: Flask, environ: dict[str, str], mortal: MortalRedis, undisturbed: Made, figures: Figures
) -> None:
    with installation(environ, **SLOWED):
        disturbed = started_on(long_site())
        for _ in range(KILLS):
            disturbed.come_on()
            mortal.kill()
            time.sleep(AWAY_FOR)
            mortal.start()
        assert disturbed.run.is_active, "the run was over before Redis had died four times"
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
        assert (disturbed.sent_again(), disturbed.run.takeovers) == (0, 0)
        eventually(lambda: all_is_there_again(Redis.from_url(mortal.address)))
    figures.add("killed and back empty", f"{KILLS} times")
    figures.add("calls repeated, timetable back", f"{disturbed.sent_again()}, by itself", "0, by itself")
