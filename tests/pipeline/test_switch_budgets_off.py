"""Operators may switch budgets off: they are shown and not enforced, and nothing of them is lost."""

from flask import Flask

from tests.pipeline.engine import assert_books_agree, reload, site_with_keywords, start, work_to_the_end
from webapp.accounts import switches
from webapp.accounts.switches import Switch
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.credits.prices import split
from webapp.credits.splits import set_split
from webapp.pipeline.estimate import LimitedBy, estimate
from webapp.pipeline.models import Run, StageResult
from webapp.pipeline.states import RunStatus, StageKey, StopReason
from webapp.sites.models import Site

ALL_FOR_ARTICLES = {
    Operation.CLUSTERING: 1000,
    Operation.IDEA_GENERATION: 0,
    Operation.CONTENT_GENERATION: 9000,
    Operation.IMAGE_PROMPT_EXTRACTION: 0,
    Operation.IMAGE_GENERATION: 0,
}


def site_without_a_budget_for_ideas() -> Site:
    site = site_with_keywords(6)
    set_split(site.id, ALL_FOR_ARTICLES)
    db.session.commit()
    return site


def switch(value: bool) -> None:
    switches.flip(Switch.BUDGET_ALLOCATION, value, "Olga")
    db.session.commit()


def ideas_of(run: Run) -> StageResult:
    found = db.session.get_one(StageResult, (run.id, StageKey.IDEAS))
    db.session.commit()
    return found


def test_a_run_spends_past_its_budgets_as_the_estimate_says(app: Flask) -> None:
    site = site_without_a_budget_for_ideas()
    switch(False)
    foretold = estimate(reload(site))
    db.session.commit()

    run = work_to_the_end(start(reload(site)))

    assert run.status is RunStatus.COMPLETED
    assert ideas_of(run).processed > 0
    assert foretold.credits == run.estimated_credits == sum(result.credits for result in run.stages) > 0
    assert_books_agree()


def test_a_run_keeps_what_it_started_with_and_the_next_one_is_held_again(app: Flask) -> None:
    site = site_without_a_budget_for_ideas()
    switch(False)
    started = start(site)
    switch(True)

    assert ideas_of(work_to_the_end(started)).processed > 0
    assert split(site.id) == ALL_FOR_ARTICLES

    other = site_without_a_budget_for_ideas()
    assert estimate(reload(other)).of(StageKey.IDEAS).limited_by is LimitedBy.BUDGET
    db.session.commit()
    assert ideas_of(work_to_the_end(start(reload(other)))).cut_short is StopReason.BUDGET_USED
