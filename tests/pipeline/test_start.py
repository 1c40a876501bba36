"""Starting a run: an INSERT that wins, or the name of what is in the way."""

import threading

import pytest
from flask import Flask

from tests.pipeline.engine import assert_startable, fresh, rows, set_limits, site_with_keywords, start
from webapp.core.db import db
from webapp.pipeline import control
from webapp.pipeline.control import RunInTheWay
from webapp.pipeline.models import Run, RunEvent
from webapp.pipeline.states import RunStatus
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site


def test_a_run_remembers_what_waited_and_on_which_terms(app: Flask) -> None:
    site = site_with_keywords(12, credits=1000, max_keywords_per_run=5, max_credits_per_run=400)

    run = start(site)

    assert run.initial_snapshot["clusters"] == {"pending": 12, "planned": 5}
    assert run.total_initial_items == 5
    assert run.terms["budgets"]["content_generation"] == 160  # 40 % of the cap
    assert run.terms["cap"] == 400


def test_a_second_start_names_the_run_in_the_way(app: Flask) -> None:
    site = site_with_keywords()
    first = start(site)

    with pytest.raises(RunInTheWay) as refused:
        start(site)

    assert refused.value.run.id == first.id
    assert f"Run {first.id} is queued" in refused.value.sentence


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.PAUSED])
def test_no_start_by_hand_while_a_run_is_active(app: Flask, status: RunStatus) -> None:
    site = site_with_keywords()
    run = start(site)
    if status is RunStatus.PAUSED:
        control.pause(run, "Ana")

    with pytest.raises(RunInTheWay):
        start(site)

    assert len(rows(Run)) == 1


def test_a_double_click_starts_one_run(app: Flask) -> None:
    site = site_with_keywords()

    assert start(site, token="one-click").id == start(site, token="one-click").id


def test_twenty_simultaneous_starts_make_one_run(app: Flask) -> None:
    site_id = site_with_keywords().id
    started, refused = [], []
    together = threading.Barrier(20)

    def try_to_start() -> None:
        with app.app_context():
            site = db.session.get_one(Site, site_id)
            db.session.commit()
            together.wait(30)
            try:
                started.append(start(site).id)
            except RunInTheWay as error:
                refused.append(error.run.id)

    threads = [threading.Thread(target=try_to_start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(started) == 1
    assert refused == started * 19


def test_a_start_is_in_the_log(app: Flask) -> None:
    run = start(site_with_keywords())

    assert [event.text for event in rows(RunEvent, RunEvent.run_id == run.id)] == ["Queued by Ana"]


def test_a_switched_off_stage_is_not_planned(app: Flask) -> None:
    site = site_with_keywords()
    set_limits(site)
    automation_of(site).stages_off = ["clusters"]
    db.session.commit()

    run = start(site)

    assert "clusters" not in run.initial_snapshot
    assert run.total_initial_items == 0


def test_the_site_of_an_ended_run_is_free(app: Flask) -> None:
    site = site_with_keywords()
    control.cancel(start(site), "Ana")

    assert fresh(assert_startable(site)).is_active
