"""Articles are offered what they may link to, once for each task, and link to nothing else."""

import pytest
from flask import Flask

from tests import factories
from tests.pipeline.engine import (
    assert_startable,
    fresh,
    reload,
    rows,
    set_limits,
    start,
    turn,
    use,
    work_to_the_end,
)
from tests.pipeline.scripted import ScriptedProvider
from webapp.ai.functions.content_generation import ArticleRequest, ArticleResult
from webapp.ai.provider import Operation, Reply, Request
from webapp.content.models import Article, ArticleStatus, Task, TaskStatus
from webapp.core.db import db
from webapp.pipeline import attention
from webapp.sites.models import Site

WRITING = Operation.CONTENT_GENERATION


class Linking(ScriptedProvider):
    """Links to all that it is offered, to what it is not offered, and to the web."""

    bad = False

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        if not isinstance(request, ArticleRequest):
            return reply
        if self.bad:
            return Reply(text="{")
        targets = [*(f"pressroom:{link.id}" for link in request.links), "pressroom:a999", "https://x.example/"]
        result = ArticleResult.model_validate_json(reply.text)
        result.body_html += "".join(f'<p>See <a href="{target}">it</a>.</p>' for target in targets)
        return Reply(text=result.model_dump_json())

    @property
    def offered(self) -> list[list[str]]:
        return [[link.title for link in call.links] for call in self.calls if isinstance(call, ArticleRequest)]


@pytest.fixture
def site(app: Flask) -> Site:
    site = factories.site()
    set_limits(site)
    factories.task(site, title="Watering basil in winter")
    return site


def test_what_is_offered_stays_in_the_text_and_nothing_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Linking()
    use(monkeypatch, provider)
    there = factories.article(site, ArticleStatus.APPROVED, title="Basil in spring")

    work_to_the_end(start(site))

    (article,) = rows(Article, Article.id != there.id)
    assert provider.offered == [["Basil in spring"]]
    assert article.body_html.endswith(f'<p>See <a href="pressroom:a{there.id}">it</a>.</p>' + "<p>See it.</p>" * 2)
    assert article.body_html.count("<a") == 1


def test_the_same_is_offered_again_whatever_was_approved_since(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Linking()
    provider.bad = True
    use(monkeypatch, provider)
    factories.article(site, ArticleStatus.APPROVED, title="Basil in spring")
    work_to_the_end(start(site))
    factories.article(site, ArticleStatus.APPROVED, title="Watering basil")
    (task,) = rows(Task, Task.status == TaskStatus.ATTENTION)

    provider.bad = False
    attention.retry(task)
    db.session.commit()
    work_to_the_end(assert_startable(reload(site)))

    assert provider.offered == [["Basil in spring"]] * 2


def test_an_answer_that_was_paid_for_is_used_although_more_could_be_linked_to_by_now(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Linking()
    use(monkeypatch, provider)
    run = start(site)
    with monkeypatch.context() as broken:
        broken.setattr("webapp.pipeline.paid_items.PaidItems.apply", fail)
        turn(run)
    assert fresh(run).status == "failed"
    factories.article(site, ArticleStatus.APPROVED, title="Watering basil")

    work_to_the_end(assert_startable(reload(site)))

    assert provider.offered == [[]]
    assert len(rows(Article)) == 2


def fail(*told: object) -> None:
    raise RuntimeError("a bug")
