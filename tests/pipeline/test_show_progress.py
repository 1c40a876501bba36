"""The percentage of a run: what it counts, what it expects, and that it never falls."""

from flask import Flask

from tests import factories
from tests.pipeline.engine import set_limits, site_with_keywords, start
from webapp.core.db import db
from webapp.pipeline.models import Run, StageResult, StageStatus
from webapp.pipeline.progress import percent, totals_of
from webapp.pipeline.states import RunStatus, StageKey
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site


def begin(run: Run, stage: StageKey, *, processed: int, total: int, done: bool = False) -> None:
    """As the engine leaves the stage after so many items."""
    result = result_of(run, stage)
    result.status = StageStatus.DONE if done else StageStatus.WORKING
    result.processed, result.total = processed, total


def result_of(run: Run, stage: StageKey) -> StageResult:
    return next(result for result in run.stages if result.stage is stage)


def only(site: Site, *stages: StageKey) -> None:
    automation_of(site).stages_off = [stage.value for stage in StageKey if stage not in stages]
    db.session.commit()


def test_a_run_that_makes_nothing_for_later_stages_counts_exactly(app: Flask) -> None:
    site = factories.site()
    for _ in range(4):
        factories.idea(site)
    only(site, StageKey.TASKS)
    run = start(site)
    run.status = RunStatus.RUNNING

    seen = []
    for processed in range(5):
        begin(run, StageKey.TASKS, processed=processed, total=4)
        seen.append(percent(run, run.stages))

    db.session.rollback()
    assert run.total_initial_items == 4
    assert seen == [0, 25, 50, 75, 99]


def test_a_stage_that_is_done_leaves_room_for_those_that_it_has_made_work_for(app: Flask) -> None:
    run = start(site_with_keywords(100))
    run.status = RunStatus.RUNNING
    begin(run, StageKey.CLUSTERS, processed=100, total=100, done=True)

    shown = percent(run, run.stages)

    db.session.rollback()
    assert 10 < shown < 50


def test_what_is_expected_stays_within_the_limits(app: Flask) -> None:
    site = site_with_keywords(40)
    set_limits(site, max_clusters_per_run=5, max_ideas_per_run=12, max_tasks_per_run=4, max_images_per_run=7)
    run = start(site)

    assert totals_of(run, run.stages) == {
        StageKey.CLUSTERS: 40,
        StageKey.IDEAS: 5,
        StageKey.TASKS: 12,
        StageKey.ARTICLES: 4,
        StageKey.PROMPTS: 4,
        StageKey.IMAGES: 7,
        StageKey.APPROVAL: 4,
    }


def test_what_a_stage_that_is_switched_off_would_make_is_not_expected(app: Flask) -> None:
    site = site_with_keywords(40)
    only(site, StageKey.CLUSTERS, StageKey.TASKS, StageKey.ARTICLES)

    run = start(site)

    assert [stage for stage, total in totals_of(run, run.stages).items() if total] == [StageKey.CLUSTERS]


def test_it_never_falls(app: Flask) -> None:
    run = start(site_with_keywords(8))
    run.status = RunStatus.RUNNING
    begin(run, StageKey.CLUSTERS, processed=8, total=8, done=True)
    run.percent = before = percent(run, run.stages)
    begin(run, StageKey.IDEAS, processed=0, total=500)

    after = percent(run, run.stages)

    db.session.rollback()
    assert after == before
