"""The wall clock jumps by a day and by an hour, forwards and backwards, while a run is at work."""

import pytest
from flask import Flask

from tests.faults.conftest import Made, assert_as_if_nothing_had_happened, started_on
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.table import Figures
from tests.faults.long.wall_clock import WallClock

JUMPS = ("+1d", "+0", "-1d", "+0", "+1h", "-1h")


@pytest.mark.row(5, "the wall clock jumps in mid-run")
def test_clocks_that_jump_take_nothing_from_anybody(
    app: Flask, environ: dict[str, str], wall_clock: WallClock, undisturbed: Made, figures: Figures
) -> None:
    with installation(environ, EMBEDDED_DELAY="1", LANES="2", **wall_clock.settings):
        disturbed = started_on(long_site())
        for jump in JUMPS:
            disturbed.come_on()
            wall_clock.jump(jump)
        assert disturbed.run.is_active, "the run was over before the last jump"
        assert_as_if_nothing_had_happened(disturbed, undisturbed)

    figures.add("jumps", "to " + ", ".join(JUMPS))
    figures.add("takeovers, calls repeated", f"{disturbed.run.takeovers}, {disturbed.sent_again()}", "0, 0")
    assert (disturbed.run.takeovers, disturbed.sent_again()) == (0, 0)
