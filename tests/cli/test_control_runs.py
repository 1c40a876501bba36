"""`pressroom run`, pause, resume and cancel."""

import dataclasses
import json
import signal
import sys
import threading

import pytest
from flask import Flask
from rq import Queue

from tests.cli.conftest import Pressroom
from tests.pipeline.engine import (
    Turn,
    assert_startable,
    rows,
    set_limits,
    site_with_keywords,
    start,
)
from tests.processes import Process, eventually
from webapp.cli import runs
from webapp.core.redis import connection
from webapp.jobs.queue import RUNS
from webapp.pipeline import claim
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus
from webapp.sites.models import Site

STAGE = {"stage", "name", "processed", "total", "remaining", "failed", "credits", "seconds"}


@pytest.fixture
def site(app: Flask) -> Site:
    return site_with_keywords(6)


def the_run() -> Run:
    (run,) = rows(Run)
    return run


def work_as_soon_as_queued(app: Flask) -> threading.Thread:
    """A worker that waits for a run, as one in another process would."""

    def work() -> None:
        with app.app_context():
            run = eventually(lambda: next(iter(rows(Run)), None))
        Turn(app, run).finish()

    worker = threading.Thread(target=work)
    worker.start()
    return worker


def test_a_run_is_queued_and_delivered(site: Site, pressroom: Pressroom) -> None:
    said = pressroom("run", site.slug)

    assert said.code == 0
    assert "is queued" in said.out
    assert "No worker is listening" in said.err
    assert len(Queue(RUNS, connection=connection())) == 1


def test_followed_to_its_end_it_is_printed_for_a_program(app: Flask, site: Site, pressroom: Pressroom) -> None:
    worker = work_as_soon_as_queued(app)

    said = pressroom("run", site.slug, "--follow", "--json")

    worker.join()
    found = said.json
    assert set(found) == {"run_id", "status", "stop_reason", "seconds", "credits", "percent", "stages"}
    assert (found["run_id"], found["status"], found["percent"]) == (the_run().id, "completed", 100)
    assert [stage["stage"] for stage in found["stages"]] == [1, 2, 3, 4, 5, 6, 7]
    assert all(set(stage) >= STAGE for stage in found["stages"])
    assert found["stages"][0]["processed"] == found["stages"][0]["total"] == 6
    assert found["credits"] == sum(stage["credits"] for stage in found["stages"]) > 0


def test_followed_by_a_person_it_says_why_it_stopped(app: Flask, site: Site, pressroom: Pressroom) -> None:
    set_limits(site, max_ideas_per_run=1)
    worker = work_as_soon_as_queued(app)

    said = pressroom("run", site.slug, "--follow")

    worker.join()
    assert said.code == 0
    assert "is completed" in said.out
    assert "Limit reached" in said.out
    assert f"Run {the_run().id}" in said.err  # the progress


def test_a_followed_run_that_does_not_complete_is_a_failure(
    site: Site, pressroom: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.time, "sleep", lambda seconds: pressroom("cancel", site.slug))

    said = pressroom("run", site.slug, "--follow")

    assert said.code == 1
    assert "is cancelled" in said.out


def test_ctrl_c_leaves_the_run_going_and_says_so(
    site: Site, pressroom: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs.time, "sleep", interrupt)

    said = pressroom("run", site.slug, "--follow")

    assert said.code == 130
    assert f"goes on without you. Stop it with: pressroom cancel {site.slug}" in said.err
    assert the_run().status is RunStatus.QUEUED


def test_a_second_run_names_the_one_in_the_way(site: Site, pressroom: Pressroom) -> None:
    pressroom("run", site.slug)

    said = pressroom("run", site.slug)

    assert said.code == 1
    assert f"Run {the_run().id} is queued since" in said.err
    assert f"End it: pressroom cancel {site.slug}" in said.err
    assert "pressroom resume" not in said.err


def test_a_paused_run_in_the_way_can_be_gone_on_with(site: Site, pressroom: Pressroom) -> None:
    start(site)
    pressroom("pause", site.slug)

    said = pressroom("run", site.slug)

    assert said.code == 1
    assert "is paused since" in said.err
    assert f"Go on with it: pressroom resume {site.slug}" in said.err


def test_a_run_is_paused_resumed_and_cancelled(site: Site, pressroom: Pressroom) -> None:
    run = start(site)

    assert f"Run {run.id} is paused." in pressroom("pause", site.slug).out
    assert the_run().status is RunStatus.PAUSED
    assert f"Run {run.id} is queued." in pressroom("resume", site.slug).out
    assert [job.args for job in Queue(RUNS, connection=connection()).jobs] == [(run.id, the_run().epoch)]
    assert f"Run {run.id} is cancelled." in pressroom("cancel", site.slug).out
    assert_startable(site)


@pytest.mark.parametrize(("verb", "status"), [("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")])
def test_a_move_is_told_to_a_program(site: Site, pressroom: Pressroom, verb: str, status: str) -> None:
    pressroom("run", site.slug)

    said = json.loads(pressroom(verb, site.slug, "--json").out)

    assert said["status"] == status and len(said["stages"]) == 7


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_without_an_active_run_it_says_how_to_start_one(site: Site, pressroom: Pressroom, verb: str) -> None:
    said = pressroom(verb, site.slug)

    assert said.code == 1
    assert f"No run of {site.slug} is active. Start one with: pressroom run {site.slug}" in said.err


def test_resuming_what_already_runs_delivers_nothing(site: Site, pressroom: Pressroom) -> None:
    run = start(site)
    claim.claim(run.id, run.epoch, worker="here", lease=20, lock=connection())

    assert f"Run {run.id} is running." in pressroom("resume", site.slug).out

    assert len(Queue(RUNS, connection=connection())) == 0


@pytest.mark.parametrize("verb", ["run", "pause", "resume", "cancel"])
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("nowhere", 1, "There is no site 'nowhere'. Sites here: "),
        ("No Such Site", 2, "no site's short name"),
        ("\udcff", 2, "no site's short name"),
    ],
)
def test_an_unknown_site_is_named(
    site: Site, pressroom: Pressroom, verb: str, name: str, code: int, words: str
) -> None:
    said = pressroom(verb, name)

    assert said.code == code
    assert words in said.err
    assert code == 2 or site.slug in said.err


def test_without_redis_the_run_waits_and_says_so(app: Flask, site: Site, pressroom: Pressroom) -> None:
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], redis_url="unix:///nowhere/redis.sock")

    said = pressroom("run", site.slug)

    assert said.code == 0
    assert "Redis does not answer; the run is queued" in said.err
    assert the_run().status is RunStatus.QUEUED
    assert "is cancelled" in pressroom("cancel", site.slug).out


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_real_ctrl_c_ends_only_the_watching(environ: dict[str, str], site: Site) -> None:
    watching = Process([sys.executable, "-m", "webapp.cli", "run", site.slug, "--follow"], environ)
    eventually(lambda: rows(Run) and f"Run {the_run().id}" in watching.said)

    watching.send(signal.SIGINT)

    assert watching.wait() == 130
    assert "goes on without you" in watching.said
    assert "Traceback" not in watching.said
    assert the_run().status is RunStatus.QUEUED
    watching.stop()
