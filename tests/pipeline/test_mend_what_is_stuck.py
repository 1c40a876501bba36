"""What needs attention is shown with its answer, and asked about anew where that is of any use."""

import itertools

import pytest
from flask import Flask

from tests import factories
from tests.pipeline.engine import (
    assert_books_agree,
    assert_startable,
    rows,
    site_with_keywords,
    start,
    use,
    work_to_the_end,
)
from tests.pipeline.scripted import ScriptedProvider
from tests.pipeline.test_fail import break_applying
from webapp.ai.provider import Operation, Reply, Request
from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Image,
    ImageStatus,
    Keyword,
    KeywordStatus,
    Task,
    TaskStatus,
)
from webapp.core.db import db
from webapp.pipeline import attention
from webapp.pipeline.answers import SPENT, answers_about
from webapp.pipeline.models import CallStatus
from webapp.pipeline.states import RunStatus, StageKey
from webapp.publishing.models import PublishingSettings

BAD = Reply(text='{"title": "Half an art')


class Moody(ScriptedProvider):
    """Answers the first call of an operation with what nobody can use."""

    def __init__(self, operation: Operation, bad: Reply = BAD):
        super().__init__()
        self._operation, self._bad = operation, bad
        self._numbers = itertools.count()

    def answer(self, request: Request) -> Reply:
        good = super().answer(request)
        is_first = request.operation is self._operation and next(self._numbers) == 0
        return self._bad if is_first else good


@pytest.mark.parametrize(
    ("operation", "model"),
    [
        (Operation.IDEA_GENERATION, Cluster),
        (Operation.CONTENT_GENERATION, Task),
        (Operation.IMAGE_GENERATION, Image),
    ],
    ids=["cluster", "task", "image"],
)
def test_an_answer_that_could_not_be_used_is_asked_for_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, operation: Operation, model: type[attention.Stuck]
) -> None:
    provider = Moody(operation)
    use(monkeypatch, provider)
    site = site_with_keywords(4)
    db.session.get_one(PublishingSettings, site.id).auto_approve = False  # what is approved gets no other picture
    db.session.commit()
    work_to_the_end(start(site))
    before = provider.count(operation)
    stuck = rows(model, model.status == attention.ATTENTION[model])[0]

    answer = answers_about(stuck)[0]
    attention.retry(stuck)
    db.session.commit()
    work_to_the_end(assert_startable(site))

    assert answer.text == BAD.text
    assert rows(model, model.status == attention.ATTENTION[model]) == []
    assert provider.count(operation) > before
    assert_books_agree()


@pytest.mark.parametrize(
    "media", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n and no picture"], ids=["none", "another format", "broken"]
)
def test_a_picture_that_cannot_be_shown_is_set_aside_and_the_run_goes_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch, media: bytes
) -> None:
    use(monkeypatch, Moody(Operation.IMAGE_GENERATION, Reply(text="{}", media=media)))

    run = work_to_the_end(start(site_with_keywords(4)))

    aside = rows(Image, Image.status == ImageStatus.ATTENTION)
    assert run.status is RunStatus.COMPLETED
    assert len(aside) == 1 and aside[0].attention.startswith("The provider's answer cannot be used")
    assert len(rows(Image, Image.status == ImageStatus.GENERATED)) > 1


def test_an_article_that_got_no_pictures_is_asked_about_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Moody(Operation.IMAGE_PROMPT_EXTRACTION))
    site = site_with_keywords(2)
    work_to_the_end(start(site))
    article = rows(Article, Article.attention != "")[0]

    attention.ask_for_pictures(article)
    db.session.commit()
    work_to_the_end(assert_startable(site))

    assert rows(Image, Image.article_id == article.id)


def test_keywords_that_could_not_be_grouped_are_asked_about_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Moody(Operation.CLUSTERING))
    site = site_with_keywords(4)
    work_to_the_end(start(site))
    skipped = rows(Keyword, Keyword.status == KeywordStatus.SKIPPED)

    attention.restore_keywords(site.id, [keyword.id for keyword in skipped])
    db.session.commit()
    work_to_the_end(assert_startable(site))

    assert skipped
    assert rows(Keyword, Keyword.status == KeywordStatus.SKIPPED) == []
    assert_books_agree()


def test_what_broke_on_our_side_is_done_with_the_answer_that_is_there(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    site = site_with_keywords(4)
    break_applying(monkeypatch, times=1)
    work_to_the_end(start(site))

    attention.retry(rows(Task, Task.status == TaskStatus.ATTENTION)[0])
    db.session.commit()
    work_to_the_end(assert_startable(site))

    assert provider.count(Operation.CONTENT_GENERATION) == len(rows(Article)) == len(rows(Task))


ANSWERED, FAILED, UNKNOWN = CallStatus.ANSWERED, CallStatus.FAILED, CallStatus.UNKNOWN
WRONG = "no JSON"


@pytest.mark.parametrize(
    ("told", "spent"),
    [
        ([(ANSWERED, None)], [0]),
        ([(ANSWERED, WRONG), (ANSWERED, WRONG)], [0, 1]),
        ([(ANSWERED, None), (ANSWERED, WRONG), (ANSWERED, WRONG)], [1, 2]),
        ([(ANSWERED, WRONG), (ANSWERED, None)], [0, 1]),
        ([(ANSWERED, WRONG), (ANSWERED, None), (ANSWERED, WRONG)], [2]),
        ([(ANSWERED, None), (FAILED, None)], []),
        ([(UNKNOWN, None)], [0]),
    ],
    ids=["one", "repair", "step", "repaired", "later step", "refused", "never answered"],
)
def test_only_the_answers_that_were_in_the_way_are_asked_for_again(
    app: Flask, told: list[tuple[CallStatus, str | None]], spent: list[int]
) -> None:
    site = factories.site()
    task = factories.task(site, status=TaskStatus.ATTENTION, attention="The provider's answer cannot be used: x.")
    run = factories.run(site)
    calls = [
        factories.call(
            run,
            status,
            item=f"{StageKey.ARTICLES}:{task.id}",
            reply="{}" if status is ANSWERED else None,
            problem=problem,
            attempt=number,
        )
        for number, (status, problem) in enumerate(told)
    ]
    keys = [call.key for call in calls]

    attention.retry(task)
    db.session.commit()

    assert [number for number, call in enumerate(calls) if call.key != keys[number]] == spent
    assert [call.status for call in calls] == [status for status, _ in told]
    assert_books_agree()


def test_a_second_retry_reaches_the_answers_before_those_that_were_spent(app: Flask) -> None:
    site = factories.site()
    task = factories.task(site, status=TaskStatus.ATTENTION, attention="No.")
    older, newer = (
        factories.call(run, ANSWERED, item=f"articles:{task.id}", reply="{}", attempt=number)
        for run in [factories.run(site)]
        for number in (1, 2)
    )
    attention.retry(task)
    task.status, task.attention = TaskStatus.ATTENTION, "No."
    db.session.commit()
    attention.retry(task)
    db.session.commit()

    assert older.key.startswith(SPENT) and newer.key.startswith(SPENT)


def test_several_are_tried_again_at_once_and_the_others_are_left_alone(app: Flask) -> None:
    site = factories.site()
    stuck = [factories.cluster(site, status=ClusterStatus.ATTENTION, attention="No.") for _ in range(2)]
    expanded = factories.cluster(site, status=ClusterStatus.EXPANDED)
    elsewhere = factories.cluster(factories.site(), status=ClusterStatus.ATTENTION, attention="No.")

    tried = attention.retry_some(site.id, Cluster, [*(row.id for row in stuck), expanded.id, elsewhere.id])
    db.session.commit()

    assert tried == 2
    assert [row.status for row in (*stuck, expanded, elsewhere)] == ["new", "new", "expanded", "attention"]


def test_pictures_of_decided_articles_are_left_out_of_several(app: Flask) -> None:
    site = factories.site()
    approved = factories.article(site, ArticleStatus.APPROVED)
    images = [
        factories.image(article, ImageStatus.ATTENTION, attention="No.")
        for article in (approved, factories.article(site))
    ]

    tried = attention.retry_some(site.id, Image, [image.id for image in images])
    db.session.commit()

    assert tried == 1
    assert [image.status for image in images] == ["attention", "prompted"]
    assert approved.status is ArticleStatus.APPROVED


def test_a_long_answer_is_cut_and_says_so(app: Flask) -> None:
    site = factories.site()
    task = factories.task(site, status=TaskStatus.ATTENTION, attention="No.")
    factories.call(factories.run(site), ANSWERED, item=f"articles:{task.id}", reply="x" * 50_000)

    answer = answers_about(task)[0]

    assert (len(answer.text), answer.length, answer.is_cut) == (20_000, 50_000, True)


def test_nothing_is_shown_of_what_nobody_was_asked_about(app: Flask) -> None:
    assert answers_about(factories.task(factories.site())) == []
