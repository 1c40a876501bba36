"""Five schedulers and eight workers over two hundred due sites, killed at random."""

import random
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.faults.long.table import Figures
from tests.pipeline import engine
from tests.processes import Crew, crew, eventually
from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.pipeline.automation import Automation, SkippedRun
from webapp.pipeline.models import Run
from webapp.pipeline.states import ACTIVE
from webapp.pipeline.terms import automation_of

SITES = 200
CREW = {"timetable": 5, "runs": 4, "upkeep": 4}
KILLS = 30
SEED = 7


@pytest.mark.row(3, "5 schedulers, 8 workers, 200 due sites, killed at random")
def test_each_due_site_starts_once(app: Flask, environ: dict[str, str], figures: Figures) -> None:
    due_at = make_due_sites()
    with crew(environ | {"LEASE_TTL": "5"}) as processes:
        for role, count in CREW.items():
            for _ in range(count):
                processes.start(role)
        kills = kill_at_random(processes)
        eventually(lambda: counted(Run, Run.status.not_in(ACTIVE)) >= SITES, within=300)

    with reading():
        started = db.session.execute(select(Run.site_id, Run.scheduled_for)).all()
        db.session.commit()
    assert counted(SkippedRun) == 0
    assert counted(Automation, Automation.next_run_at <= now()) == 0
    assert {scheduled_for for _, scheduled_for in started} == {due_at}
    assert len({site_id for site_id, _ in started}) == SITES
    figures.add("killed", f"{kills} processes")
    figures.add("runs, duplicates, missed", f"{len(started)}, {len(started) - SITES}, 0", f"{SITES}, 0, 0")
    assert len(started) == SITES


def make_due_sites() -> datetime:
    """Without keywords, and all due at the same instant."""
    account = factories.account(credits=5000)
    due_at = now().replace(microsecond=0) - timedelta(minutes=1)
    for _ in range(SITES):
        automation = automation_of(engine.site_with_keywords(0, account=account))
        automation.enabled, automation.next_run_at = True, due_at
    db.session.commit()
    return due_at


def kill_at_random(processes: Crew) -> int:
    """From when the first run is there until the last, or for KILLS times. Whoever is killed gets a successor."""
    chance = random.Random(SEED)
    eventually(lambda: counted(Run) > 0)
    for kill in range(KILLS):
        role = chance.choice(list(CREW))
        chance.choice(processes.alive(role)).kill()
        processes.start(role)
        ended = counted(Run, Run.status.not_in(ACTIVE))
        if ended == SITES:
            return kill + 1
        eventually(lambda ended=ended: counted(Run, Run.status.not_in(ACTIVE)) > ended)
    return KILLS


def counted(model: type, *where: object) -> int:
    with reading():
        found = db.session.scalar(select(func.count()).select_from(model).where(*where))  # type: ignore[arg-type]
        db.session.commit()
    return found or 0
