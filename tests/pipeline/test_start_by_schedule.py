"""Runs that start by the clock: once, on time, and with a record of why where they do not."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from tests.pipeline.engine import fresh, reload, rows, site_with_keywords, start
from webapp.core.clock import now
from webapp.core.db import db
from webapp.pipeline import control, scheduling
from webapp.pipeline.automation import Automation, Frequency, SkippedRun, next_run
from webapp.pipeline.estimate import Estimate
from webapp.pipeline.models import Run, Trigger
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site

BERLIN = ZoneInfo("Europe/Berlin")


def due_site() -> Site:
    site = site_with_keywords()
    automation = automation_of(site)
    automation.enabled = True
    automation.next_run_at = now() - timedelta(minutes=1)
    db.session.commit()
    return site


def automations(site_id: int) -> list[Automation]:
    found = list(db.session.scalars(select(Automation).where(Automation.site_id == site_id)))
    db.session.commit()
    return found


def test_a_due_site_starts_once_and_its_next_time_is_set(app: Flask) -> None:
    site = due_site()

    assert [run.site_id for run in scheduling.start_due()] == [site.id]
    assert list(scheduling.start_due()) == []

    site, run = reload(site), rows(Run)[0]
    assert run.trigger is Trigger.SCHEDULE
    assert automation_of(site).next_run_at > now()


def test_one_site_that_cannot_be_started_keeps_nobody_else_waiting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, other = due_site().id, due_site().id
    place = control.place

    def place_or_break(site: Site, **about: Any) -> Run:
        if site.id == broken:
            raise ZeroDivisionError("oops")
        return place(site, **about)

    monkeypatch.setattr(control, "place", place_or_break)

    assert [run.site_id for run in scheduling.start_due()] == [other]
    (skipped,) = rows(SkippedRun)
    assert skipped.site_id == broken
    assert "broke on our side" in skipped.why and "oops" not in skipped.why
    assert list(scheduling.start_due()) == []


def test_any_number_is_started_batch_by_batch(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "BATCH", 2)
    sites = [due_site().id for _ in range(5)]
    started, held = [], []
    for run in scheduling.start_due():
        started.append(run.site_id)
        held.append(len(list(db.session)))

    assert started == sites
    assert max(held[1:]) <= held[0], "what is done with is still held"


def test_missed_times_run_once_not_once_each(app: Flask) -> None:
    site = due_site()
    automation_of(site).next_run_at = now() - timedelta(days=9)
    db.session.commit()

    list(scheduling.start_due())
    list(scheduling.start_due())

    assert len(rows(Run)) == 1


@pytest.mark.parametrize("paused", [True, False])
def test_a_site_with_an_active_run_is_skipped_with_the_reason(app: Flask, paused: bool) -> None:
    site = due_site()
    active = start(site)
    if paused:
        control.pause(active, "Ana")

    assert list(scheduling.start_due()) == []

    skipped = rows(SkippedRun)
    assert len(rows(Run)) == 1
    assert [one.run_id for one in skipped] == [active.id]
    assert f"Run {active.id} is {'paused' if paused else 'queued'}" in skipped[0].why
    assert fresh(active).is_active


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_waits_while_the_cost_is_worked_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    site = due_site()
    waited: list[str] = []

    def slow(*_: object) -> Estimate:
        with sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=0) as another:
            another.execute("BEGIN IMMEDIATE")
            waited.append("not at all")
        return Estimate(7, 0, 0, True, [])

    monkeypatch.setattr("webapp.pipeline.control.estimate", slow)

    started = list(scheduling.start_due())

    assert [run.estimated_credits for run in started] == [7] and waited == ["not at all"]
    assert started[0].site_id == site.id


def test_a_switched_off_automation_never_starts(app: Flask) -> None:
    site = due_site()
    automation_of(site).enabled = False
    db.session.commit()

    assert list(scheduling.start_due()) == []


def at(automation: Automation, after: datetime, zone: ZoneInfo = BERLIN) -> str:
    return next_run(automation, zone, after).astimezone(zone).isoformat()


def daily(run_time: str) -> Automation:
    return Automation(frequency=Frequency.DAILY, run_time=run_time, weekdays=["mon"], month_day=1)


def test_daily_is_strictly_after() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=BERLIN)

    assert at(daily("12:00"), noon) == "2026-06-02T12:00:00+02:00"
    assert at(daily("12:01"), noon) == "2026-06-01T12:01:00+02:00"


def test_a_time_that_the_clocks_skip_is_the_first_that_exists() -> None:
    assert at(daily("02:30"), datetime(2026, 3, 28, 12, tzinfo=UTC)) == "2026-03-29T03:00:00+02:00"


def test_a_time_that_comes_twice_runs_the_first_time_only() -> None:
    automation = daily("02:30")
    first = next_run(automation, BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC))

    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at(automation, first) == "2026-10-26T02:30:00+01:00"


def test_weekly_runs_on_its_days() -> None:
    automation = Automation(frequency=Frequency.WEEKLY, run_time="09:00", weekdays=["tue", "fri"], month_day=1)

    assert at(automation, datetime(2026, 6, 3, 12, tzinfo=BERLIN)) == "2026-06-05T09:00:00+02:00"


def test_monthly_on_the_31st_runs_on_the_last_day_of_short_months() -> None:
    automation = Automation(frequency=Frequency.MONTHLY, run_time="09:00", weekdays=[], month_day=31)

    assert at(automation, datetime(2026, 2, 1, tzinfo=BERLIN)) == "2026-02-28T09:00:00+01:00"


def test_a_scheduler_that_is_lost_while_it_starts_a_run_leaves_the_site_due(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = due_site()
    site_id, due_at = site.id, automation_of(site).next_run_at

    def die(*args: object, **kwargs: object) -> None:
        raise SystemExit("killed")

    monkeypatch.setattr(control, "_new_run", die)
    with pytest.raises(SystemExit):
        list(scheduling.start_due())
    db.session.rollback()
    monkeypatch.undo()
    assert [automation.next_run_at for automation in automations(site_id)] == [due_at]

    assert [run.scheduled_for for run in scheduling.start_due()] == [due_at]
