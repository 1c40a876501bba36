"""A run from keywords to approved articles, and that the same data gives the same work."""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from typing import Any

from flask import Flask
from pytest import MonkeyPatch

from tests import factories
from tests.pipeline.engine import (
    assert_books_agree,
    assert_startable,
    fresh,
    rows,
    site_with_keywords,
    start,
    turn,
    use,
    with_settings,
    work_to_the_end,
)
from tests.pipeline.false_clock import FalseClock
from tests.pipeline.scripted import ScriptedProvider
from webapp.ai.provider import Operation, Reply, Request
from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Idea,
    IdeaStatus,
    Image,
    ImageStatus,
    Keyword,
    KeywordStatus,
    Task,
    TaskStatus,
)
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline import paid_work
from webapp.pipeline.models import RunEvent
from webapp.pipeline.outcome import Again
from webapp.pipeline.states import RunStatus, StopReason
from webapp.pipeline.view import as_json
from webapp.publishing.models import Publication


def test_all_seven_stages_do_their_work(app: Flask) -> None:
    run = work_to_the_end(start(site_with_keywords()))

    assert (run.status, run.stop_reason, run.percent) == (RunStatus.COMPLETED, StopReason.ALL_DONE, 100)
    assert all(stage["processed"] > 0 for stage in as_json(run)["stages"])
    assert {keyword.status for keyword in rows(Keyword)} <= {KeywordStatus.CLUSTERED, KeywordStatus.UNCLUSTERED}
    assert {cluster.status for cluster in rows(Cluster)} == {ClusterStatus.EXPANDED}
    assert {idea.status for idea in rows(Idea)} == {IdeaStatus.PLANNED}
    assert {task.status for task in rows(Task)} == {TaskStatus.WRITTEN}
    assert {image.status for image in rows(Image)} == {ImageStatus.GENERATED}
    assert {article.status for article in rows(Article)} == {ArticleStatus.APPROVED}


def test_every_approved_article_has_a_publication(app: Flask) -> None:
    work_to_the_end(start(site_with_keywords()))

    assert {publication.article_id for publication in rows(Publication)} == {article.id for article in rows(Article)}


def test_every_item_is_paid_for_once(app: Flask, monkeypatch: MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)

    run = work_to_the_end(start(site_with_keywords()))

    charges = rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE)
    assert len(charges) == len(provider.calls)
    assert provider.count(Operation.CONTENT_GENERATION) == len(rows(Article))
    assert -sum(charge.amount for charge in charges) == as_json(run)["credits"]
    assert_books_agree()


def test_an_articles_cost_is_the_sum_of_its_entries(app: Flask) -> None:
    from webapp.credits.ledger import cost_of_article

    work_to_the_end(start(site_with_keywords(3)))
    article = rows(Article)[0]

    cost = cost_of_article(article.id)

    pictures = len(rows(Image, Image.article_id == article.id))
    words = rows(Task, Task.id == article.task_id)[0].target_words
    assert cost == {
        Operation.CONTENT_GENERATION: words // 100,
        Operation.IMAGE_PROMPT_EXTRACTION: 2,
        Operation.IMAGE_GENERATION: 5 * pictures,
    }


def test_the_same_data_gives_the_same_work(app: Flask) -> None:
    def one_site() -> list[tuple[object, ...]]:
        site = site_with_keywords()
        work_to_the_end(start(site))
        articles = rows(Article, Article.site_id == site.id)
        return [(article.title, article.slug, article.body_html, article.words) for article in articles]

    assert one_site() == one_site()


def test_several_short_slices_do_what_one_long_slice_does(app: Flask, monkeypatch: MonkeyPatch) -> None:
    clock = FalseClock(monkeypatch)
    provider = ScriptedProvider(lambda request: clock.sleep(1))
    use(monkeypatch, provider)
    with_settings(app, slice_seconds=4)
    run = start(site_with_keywords(6))

    turns = 0
    while isinstance(turn(run), Again):
        turns += 1

    assert turns > 1
    assert fresh(run).status is RunStatus.COMPLETED
    assert provider.count(Operation.CONTENT_GENERATION) == len(rows(Article)) == len(rows(Task))
    assert_books_agree()


def test_an_answer_that_comes_before_its_turn_lets_the_worker_wait_for_the_first(
    app: Flask, monkeypatch: MonkeyPatch
) -> None:
    first, waited = threading.Lock(), threading.Event()

    def hold_the_first(request: Request) -> None:
        if request.operation is Operation.CONTENT_GENERATION and first.acquire(blocking=False):
            assert waited.wait(30), "the worker never rests while the first answer is out and the second is there"

    def wait_and_tell(futures: Sequence[Future[Reply]], **how: Any) -> None:
        if first.locked() and len(futures) == 1:
            waited.set()
        wait(futures, **how)

    with_settings(app, lanes=2)
    monkeypatch.setattr(paid_work, "wait", wait_and_tell)
    use(monkeypatch, ScriptedProvider(hold_the_first))
    site = site_with_keywords(0)
    for _ in range(2):
        factories.task(site)

    assert work_to_the_end(start(site)).status is RunStatus.COMPLETED


def test_a_run_with_nothing_to_do_completes(app: Flask) -> None:
    run = work_to_the_end(start(site_with_keywords(0)))

    assert (run.status, run.stop_reason, run.percent) == (RunStatus.COMPLETED, StopReason.NOTHING_WAITED, 100)


def test_a_second_run_finds_nothing_left(app: Flask, monkeypatch: MonkeyPatch) -> None:
    site = site_with_keywords()
    work_to_the_end(start(site))
    provider = ScriptedProvider()
    use(monkeypatch, provider)

    work_to_the_end(assert_startable(site))

    assert provider.calls == []


def test_percent_counts_what_waited_and_what_the_run_made_itself(app: Flask) -> None:
    run = work_to_the_end(start(site_with_keywords()))

    planned = sum(stage.total for stage in run.stages)
    created = sum(max(0, stage.total - stage.planned) for stage in run.stages)
    assert planned == run.total_initial_items + created
    assert sum(stage.processed for stage in run.stages) == planned


def test_each_stage_is_in_the_log(app: Flask) -> None:
    run = work_to_the_end(start(site_with_keywords(3)))

    names = [event.name for event in rows(RunEvent, RunEvent.run_id == run.id)]
    assert names.count("stage_started") == names.count("stage_finished") == 7
    assert names[0] == "run_queued"
    assert names[-1] == "run_completed"


class Brief(ScriptedProvider):
    """Writes the first article in a few words."""

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        if request.operation is not Operation.CONTENT_GENERATION or self.count(Operation.CONTENT_GENERATION) > 1:
            return reply
        return Reply(text=json.dumps(json.loads(reply.text) | {"body_html": "<p>Water it.</p>"}))


def test_an_article_of_another_length_than_asked_for_waits_for_a_person(app: Flask, monkeypatch: MonkeyPatch) -> None:
    use(monkeypatch, Brief())

    run = work_to_the_end(start(site_with_keywords()))

    waiting = rows(Article, Article.status == ArticleStatus.REVIEW)
    assert run.status is RunStatus.COMPLETED
    assert [article.words for article in waiting] == [2]
    assert waiting[0].attention.startswith("It has 2 words where ")
    assert len(rows(Article, Article.status == ArticleStatus.APPROVED)) == len(rows(Article)) - 1
