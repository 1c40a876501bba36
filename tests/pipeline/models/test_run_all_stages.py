"""A whole run with a real model: every item ends where a person can see it, and every call is accounted for."""

import pytest
from flask import Flask

from tests.ai.openai.models.conftest import KEY, MODEL
from tests.pipeline.engine import (
    assert_books_agree,
    assert_startable,
    rows,
    site_with_keywords,
    start,
    with_settings,
    work_to_the_end,
)
from webapp.ai.provider import Operation
from webapp.content.models import Article, ArticleStatus, Cluster, ClusterStatus, Image, ImageStatus, Task, TaskStatus
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, RunItem
from webapp.pipeline.states import RunStatus
from webapp.sites.ai.models import AiConnection, ModelChoice

pytestmark = [pytest.mark.xdist_group("llama"), pytest.mark.timeout(1800)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it takes minutes, and is about the model
def test_thirty_keywords_go_through_all_stages(llama: str, app: Flask) -> None:
    with_settings(app, call_deadline=190, allow_private_targets=True)
    site = site_with_keywords(
        30, max_clusters_per_run=2, max_ideas_per_run=3, max_tasks_per_run=2, max_content_per_run=2
    )
    connection = AiConnection(
        account_id=site.account_id, name="llama.cpp", base_url=llama, key=Secret.of(KEY), text_model=MODEL,
        at_a_time=2, is_default=True,
    )  # fmt: skip
    db.session.add(connection)
    db.session.add(ModelChoice(site_id=site.id, operation=Operation.IMAGE_GENERATION))  # it draws nothing
    db.session.commit()

    run = work_to_the_end(start(site))

    assert run.status is RunStatus.COMPLETED, run.stop_detail
    assert {item.status for item in rows(RunItem)} <= {ItemStatus.DONE, ItemStatus.ATTENTION, ItemStatus.SKIPPED}
    tasks = rows(Task, Task.status != TaskStatus.PENDING)
    topics = rows(Cluster, Cluster.status == ClusterStatus.ATTENTION)  # the model's ideas about them were none
    assert len(tasks) + len(topics) >= 2
    assert all(topic.attention for topic in topics)
    for task in tasks:
        assert task.status is TaskStatus.WRITTEN or task.attention
    for article in rows(Article):
        assert article.status in (ArticleStatus.REVIEW, ArticleStatus.APPROVED)
    for image in rows(Image):
        assert image.status is ImageStatus.GENERATED or image.attention
    asked = rows(AiCall)
    answered = [call for call in asked if call.status is CallStatus.ANSWERED]
    assert {call.status for call in asked} <= {CallStatus.ANSWERED, CallStatus.FAILED}
    assert all(call.input_tokens > 0 for call in answered if call.connection_id is not None)
    charged = rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE)
    assert {(entry.item, entry.attempt) for entry in charged} == {(call.item, call.attempt) for call in answered}
    assert_books_agree()
    assert_startable(site)
