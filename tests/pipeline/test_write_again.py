"""An article that nobody wants as it is, written anew for its task."""

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
from webapp.ai.provider import Operation
from webapp.content.models import Article, ArticleStatus, Task, TaskStatus
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.credits import ledger
from webapp.pipeline import attention
from webapp.pipeline.answers import SPENT
from webapp.pipeline.models import CallStatus
from webapp.publishing.models import PublishingSettings


def test_the_next_run_asks_anew_and_the_old_text_is_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ScriptedProvider()
    use(monkeypatch, provider)
    site = site_with_keywords(2)
    db.session.get_one(PublishingSettings, site.id).auto_approve = False
    db.session.commit()
    work_to_the_end(start(site))
    old, asked = rows(Article)[0], provider.count(Operation.CONTENT_GENERATION)
    slug, cost, task_id = old.slug, ledger.cost_of_article(old.id), old.task_id

    attention.write_again(old, "Ana")
    db.session.commit()
    work_to_the_end(assert_startable(site))

    new = rows(Article, Article.task_id == task_id)[0]
    kept = rows(Article, Article.id == old.id)[0]
    assert provider.count(Operation.CONTENT_GENERATION) == asked + 1
    assert (new.id != kept.id, new.status, new.slug) == (True, ArticleStatus.REVIEW, slug)
    assert (kept.status, kept.task_id, kept.slug) == (ArticleStatus.REJECTED, None, f"{slug}-2")
    assert kept.attention.startswith("Ana has its task written again.")
    assert ledger.cost_of_article(kept.id) == cost == ledger.cost_of_article(new.id)
    assert_books_agree()


def test_no_answer_about_the_task_is_used_again(app: Flask) -> None:
    site = factories.site()
    article, run = factories.article(site), factories.run(site)
    calls = [
        factories.call(
            run,
            CallStatus.ANSWERED,
            item=f"articles:{article.task_id}",
            reply="{}",
            problem="no JSON" if number == 1 else None,
            attempt=number,
        )
        for number in range(3)
    ]

    attention.write_again(article, "Ana")
    db.session.commit()

    assert all(call.key.startswith(SPENT) for call in calls)
    assert rows(Task)[0].status is TaskStatus.PENDING


@pytest.mark.parametrize("status", [ArticleStatus.DRAFT, ArticleStatus.APPROVED], ids=["draft", "approved"])
def test_what_is_under_way_is_not_written_again(app: Flask, status: ArticleStatus) -> None:
    article = factories.article(factories.site(), status)
    task = article.task
    assert task is not None

    with pytest.raises(Conflict, match="cannot be written again"):
        attention.write_again(article, "Ana")
    db.session.commit()

    assert (article.status, article.task_id, task.status) == (status, task.id, TaskStatus.WRITTEN)


def test_an_article_without_a_task_cannot_be_written_again(app: Flask) -> None:
    article = factories.article(factories.site())
    article.task = None
    db.session.commit()

    with pytest.raises(Conflict, match="has no task"):
        attention.write_again(article, "Ana")
