"""Redis forgets everything and the clock jumps by two days, with a queue that is overdue by then: all of it goes out,
once, and at most one article in each interval of the schedule."""

import time
from collections import Counter
from datetime import datetime

import pytest
from flask import Flask

from tests import factories
from tests.faults.long.table import Figures
from tests.faults.long.wall_clock import WallClock
from tests.processes import crew, eventually
from tests.publishing.desk import approve_many, assert_in_order, change, rows
from webapp.core.redis import connection
from webapp.publishing.models import PublicationStatus
from webapp.publishing.slots import SchedulingMode
from webapp.sites.models import Site

ARTICLES = 10
OUTAGE = 2 * 86_400  # seconds
STEP = 20  # seconds by which the clock is pushed on, so that three of them are an interval
LOOKS_WITHIN = 3  # seconds of ours
MOST_STEPS = 90

EVERY_MINUTE = {
    "scheduling_mode": SchedulingMode.STAGGER,
    "stagger_start_time": "00:00",
    "stagger_end_time": "23:59",
    "stagger_interval_minutes": 1,
}


@pytest.mark.row(14, "FLUSHALL and a clock 48 hours on, with a queue")
def test_overdue_articles_go_out_once_each_and_in_no_flood(
    app: Flask, environ: dict[str, str], wall_clock: WallClock, figures: Figures
) -> None:
    site = factories.site(slug="herbs")
    change(site, **EVERY_MINUTE)
    approve_many(site, ARTICLES)
    with crew(environ | wall_clock.settings) as started:
        for role in ("publishing", "publishing", "upkeep", "timetable"):
            started.start(role)
        eventually(lambda: published(site))
        before = len(published(site))
        wall_clock.jump(f"+{OUTAGE}")
        connection().flushall()
        for step in range(1, MOST_STEPS):
            time.sleep(LOOKS_WITHIN)
            assert_in_order(site)
            if len(published(site)) == ARTICLES:
                break
            connection().flushall()
            wall_clock.jump(f"+{OUTAGE + step * STEP}")

    out = published(site)
    most = Counter(at.replace(second=0, microsecond=0) for at in out).most_common(1)[0][1]
    tries = [row.attempts for row in rows(site)]
    figures.add("articles, out before, out at last", f"{ARTICLES}, {before}, {len(out)}")
    figures.add("published more than once", sum(one > 1 for one in tries), 0)
    figures.add("most in one interval of the schedule", most, 1)
    assert before < ARTICLES - 3, "too many were out before the clock jumped"
    assert len(out) == ARTICLES
    assert set(tries) == {1}
    assert most == 1


def published(site: Site) -> list[datetime]:
    """When its articles went out, as far as they did."""
    found = [row.published_at for row in rows(site) if row.status is PublicationStatus.PUBLISHED]
    return [at for at in found if at is not None]
