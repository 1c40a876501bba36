"""Limits, budgets, caps and balances: where a run stops, what it says, and who takes the rest."""

from flask import Flask
from pytest import MonkeyPatch

from tests import factories
from tests.pipeline.engine import (
    assert_books_agree,
    assert_startable,
    rows,
    set_limits,
    site_with_keywords,
    start,
    use,
    work_to_the_end,
)
from tests.pipeline.scripted import ScriptedProvider
from webapp.ai.provider import Operation
from webapp.content.models import Article, Keyword, KeywordStatus, Task, TaskStatus
from webapp.core.db import db
from webapp.credits import ledger, prices
from webapp.pipeline import view
from webapp.pipeline.models import Run, StageResult
from webapp.pipeline.states import RunStatus, StageKey, StopReason
from webapp.publishing.models import PublishingSettings
from webapp.sites.models import Site


def stage(run: Run, key: StageKey) -> StageResult:
    return next(result for result in run.stages if result.stage is key)


def set_cost(operation: Operation, **changes: object) -> None:
    cost = prices.costs()[operation]
    for name, value in changes.items():
        setattr(cost, name, value)
    db.session.add(cost)
    db.session.commit()


def test_five_of_twelve_tasks_are_written_and_the_rest_is_named(app: Flask) -> None:
    site = site_with_keywords(0)
    tasks = [factories.task(site).id for _ in range(12)]
    set_limits(site, max_tasks_per_run=5)

    run = work_to_the_end(start(site))

    assert [task.id for task in rows(Task, Task.status == TaskStatus.WRITTEN)] == tasks[:5]
    assert (run.status, run.stop_reason) == (RunStatus.COMPLETED, StopReason.LIMIT_REACHED)
    assert view.view_of(run).reason.text.startswith("7 tasks waiting beyond the limits of this run")
    assert stage(run, StageKey.ARTICLES).left_over == 7
    assert "Limit reached: 7 tasks left" in [row.note for row in view.view_of(run).rows]


def test_the_next_run_takes_the_rest_in_order(app: Flask, monkeypatch: MonkeyPatch) -> None:
    site = site_with_keywords(0)
    tasks = [factories.task(site).id for _ in range(12)]
    set_limits(site, max_tasks_per_run=5)
    work_to_the_end(start(site))

    work_to_the_end(assert_startable(site))
    work_to_the_end(assert_startable(site))

    assert [article.task_id for article in rows(Article)] == tasks


def test_keywords_are_taken_best_volume_first(app: Flask) -> None:
    site = site_with_keywords(12, max_keywords_per_run=4)

    work_to_the_end(start(site))

    taken = rows(Keyword, Keyword.status == KeywordStatus.CLUSTERED)
    assert [keyword.volume for keyword in taken] == [1000, 999, 998, 997]


def test_a_stage_stops_at_its_budget_and_the_next_ones_go_on(app: Flask) -> None:
    site = site_with_keywords(0, credits=1000)  # 100 for ideas: six clusters at 15
    for _ in range(8):
        factories.cluster(site)

    run = work_to_the_end(start(site))

    ideas = stage(run, StageKey.IDEAS)
    assert (ideas.processed, ideas.left_over, ideas.credits) == (6, 2, 90)
    assert ideas.cut_short is StopReason.BUDGET_USED
    assert stage(run, StageKey.ARTICLES).processed > 0
    assert run.stop_reason is StopReason.BUDGET_USED
    reason = view.view_of(run).reason
    assert reason.title == "Budget used up: Idea generation"
    assert reason.text.startswith("2 clusters left: the rest of their operation's share pays for no other one.")
    assert_books_agree()


def test_the_run_stops_at_its_cap(app: Flask) -> None:
    site = site_with_keywords(12, credits=5000, max_credits_per_run=30)
    for operation in Operation:
        set_cost(operation, budget_basis_points=10_000)  # so that only the cap can stop it

    run = work_to_the_end(start(site))

    assert (run.status, run.stop_reason) == (RunStatus.COMPLETED, StopReason.CREDIT_CAP_REACHED)
    assert sum(result.credits for result in run.stages) <= 30
    assert_startable(site)


def test_the_run_stops_when_the_account_is_empty_and_nothing_is_lost(app: Flask) -> None:
    site = site_with_keywords(12, credits=10_000)
    run = start(site)
    ledger._move(site.account_id, ledger.EntryKind.ADJUSTMENT, -9_980, note="spent elsewhere")
    db.session.commit()

    run = work_to_the_end(run)

    assert (run.status, run.stop_reason) == (RunStatus.COMPLETED, StopReason.OUT_OF_CREDITS)
    assert ledger.balance(site.account_id) >= 0
    assert_books_agree()
    assert_startable(site)


def test_a_switched_off_operation_is_named_and_not_bought(app: Flask, monkeypatch: MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    site = site_with_keywords(3)
    set_cost(Operation.IMAGE_GENERATION, is_active=False, off_reason="The printer is broken")

    run = work_to_the_end(start(site))

    assert provider.count(Operation.IMAGE_GENERATION) == 0
    assert stage(run, StageKey.IMAGES).cut_short is StopReason.OPERATION_OFF
    shown = view.view_of(run)
    assert shown.reason.title == "Switched off by the operator: Image generation"
    assert shown.reason.text.startswith("The operator says: “The printer is broken”. ")
    assert {row.key: row.state for row in shown.rows}[StageKey.IMAGES] == "cut"


def test_articles_do_not_wait_for_a_stage_that_is_off(app: Flask) -> None:
    site = site_with_keywords(3)
    from webapp.pipeline.terms import automation_of

    automation_of(site).stages_off = ["prompts", "images"]
    db.session.commit()

    run = work_to_the_end(start(site))

    assert stage(run, StageKey.APPROVAL).processed == len(rows(Article)) > 0


def approve_by_hand(site: Site) -> None:
    db.session.get_one(PublishingSettings, site.id).auto_approve = False
    db.session.commit()


def test_what_waits_for_a_person_is_neither_planned_nor_promised_to_the_next_run(app: Flask) -> None:
    site = site_with_keywords(12, max_keywords_per_run=4)
    factories.article(site)
    approve_by_hand(site)

    run = start(site)
    planned = run.initial_snapshot[StageKey.APPROVAL.value]["planned"]
    ended = view.view_of(work_to_the_end(run))

    assert planned == 0
    assert ended.run.stop_reason is StopReason.LIMIT_REACHED
    assert "8 keywords" in ended.reason.text and "article" not in ended.reason.text
    assert any(row.note.startswith("Waiting for your review:") for row in ended.rows)


def test_articles_wait_for_a_person_where_approving_is_by_hand_and_the_run_says_so(app: Flask) -> None:
    site = site_with_keywords(3)
    approve_by_hand(site)

    run = work_to_the_end(start(site))

    assert run.stop_reason is StopReason.NEEDS_A_PERSON
    assert stage(run, StageKey.APPROVAL).left_over == len(rows(Article)) > 0


def test_a_run_keeps_the_terms_it_started_with(app: Flask) -> None:
    site = site_with_keywords(0)
    for _ in range(4):
        factories.task(site)
    set_limits(site, max_tasks_per_run=2)
    run = start(site)
    set_limits(site, max_tasks_per_run=4)
    set_cost(Operation.CONTENT_GENERATION, credits=50)

    run = work_to_the_end(run)

    articles = stage(run, StageKey.ARTICLES)
    words = sum(task.target_words for task in rows(Task, Task.status == TaskStatus.WRITTEN))
    assert articles.processed == 2
    assert articles.credits == words // 100
