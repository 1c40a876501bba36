import pytest
from flask import Flask
from sqlalchemy import update

from tests import factories
from webapp.content import review
from webapp.content.models import (
    Article,
    ArticleStatus,
    ClusterStatus,
    IdeaStatus,
    ImageStatus,
    KeywordStatus,
    TaskStatus,
)
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


@pytest.mark.parametrize("status", [ArticleStatus.DRAFT, ArticleStatus.REVIEW])
def test_a_rejected_article_says_by_whom(site: Site, status: ArticleStatus) -> None:
    article = factories.article(site, status)

    review.reject(article, "Ana")
    db.session.commit()

    assert (article.status, article.attention) == (ArticleStatus.REJECTED, "Rejected by Ana.")


@pytest.mark.parametrize("status", [ArticleStatus.APPROVED, ArticleStatus.REJECTED])
def test_a_decided_article_cannot_be_rejected(site: Site, status: ArticleStatus) -> None:
    article = factories.article(site, status)

    with pytest.raises(Conflict, match=f"is {status.value} by now"):
        review.reject(article, "Ana")


def test_a_decision_that_was_made_meanwhile_wins(site: Site) -> None:
    article = factories.article(site)
    db.session.execute(
        update(Article).values(status=ArticleStatus.APPROVED).execution_options(synchronize_session=False)
    )
    assert article.status is ArticleStatus.REVIEW  # as this person saw it

    with pytest.raises(Conflict, match="is approved by now"):
        review.reject(article, "Ana")
    assert article.status is ArticleStatus.APPROVED


def test_a_reopened_article_is_in_review_again(site: Site) -> None:
    article = factories.article(site, ArticleStatus.REJECTED, attention="Rejected by Ana.")

    review.reopen(article)

    assert (article.status, article.attention) == (ArticleStatus.REVIEW, "")


def test_a_reopened_article_without_all_its_pictures_is_a_draft(site: Site) -> None:
    article = factories.article(site, ArticleStatus.REJECTED)
    factories.image(article, ImageStatus.PROMPTED)

    review.reopen(article)

    assert article.status is ArticleStatus.DRAFT


def test_an_article_of_another_length_says_so_whatever_is_decided_about_it(site: Site) -> None:
    """Otherwise it would be approved by itself, where a person was to look at it first."""
    rejected = factories.article(site, ArticleStatus.REJECTED, words=400)
    without_pictures = factories.article(site, ArticleStatus.REVIEW, words=400, attention="No picture.")

    review.reopen(rejected)
    review.ask_for_pictures(without_pictures)

    for article in (rejected, without_pictures):
        assert article.attention.startswith("It has 400 words where 600 were asked for.")


def test_ideas_are_dismissed_and_restored(site: Site) -> None:
    idea = factories.idea(site)

    review.dismiss(idea)
    assert idea.status is IdeaStatus.DISMISSED

    review.restore(idea)
    assert idea.status is IdeaStatus.NEW


def test_a_planned_idea_is_neither_dismissed_nor_restored(site: Site) -> None:
    idea = factories.idea(site, status=IdeaStatus.PLANNED)

    for decide in (review.dismiss, review.restore):
        with pytest.raises(Conflict, match="is planned by now"):
            decide(idea)


def test_skipping_takes_only_new_keywords_of_the_site(site: Site) -> None:
    new, clustered = factories.keyword(site), factories.keyword(site, status=KeywordStatus.CLUSTERED)
    elsewhere = factories.keyword(factories.site())

    assert review.skip_keywords(site.id, [new.id, clustered.id, elsewhere.id]) == 1
    db.session.commit()

    assert [row.status for row in (new, clustered, elsewhere)] == ["skipped", "clustered", "new"]


def test_restoring_takes_only_skipped_keywords(site: Site) -> None:
    skipped = factories.keyword(site, status=KeywordStatus.SKIPPED)
    clustered = factories.keyword(site, status=KeywordStatus.CLUSTERED)

    assert review.restore_keywords(site.id, [skipped.id, clustered.id]) == 1
    assert skipped.status is KeywordStatus.NEW


def test_what_needed_attention_is_tried_again(site: Site) -> None:
    cluster = factories.cluster(site, status=ClusterStatus.ATTENTION, attention="No answer.")
    task = factories.task(site, status=TaskStatus.ATTENTION, attention="No answer.")

    review.retry_cluster(cluster)
    review.retry_task(task)

    assert (cluster.status, cluster.attention) == (ClusterStatus.NEW, "")
    assert (task.status, task.attention) == (TaskStatus.PENDING, "")


def test_what_needs_no_attention_is_not_tried_again(site: Site) -> None:
    with pytest.raises(Conflict, match="is written by now"):
        review.retry_task(factories.task(site, status=TaskStatus.WRITTEN))


def test_an_article_waits_as_a_draft_for_a_picture_that_is_tried_again(site: Site) -> None:
    article = factories.article(site)
    image = factories.image(article, ImageStatus.ATTENTION)

    review.retry_image(image)

    assert (image.status, image.attention) == (ImageStatus.PROMPTED, "")
    assert article.status is ArticleStatus.DRAFT


@pytest.mark.parametrize("status", [ArticleStatus.APPROVED, ArticleStatus.REJECTED])
def test_the_pictures_of_a_decided_article_stay_as_they_are(site: Site, status: ArticleStatus) -> None:
    image = factories.image(factories.article(site, status), ImageStatus.ATTENTION)

    with pytest.raises(Conflict):
        review.retry_image(image)
    assert image.status is ImageStatus.ATTENTION


def test_pictures_are_asked_for_again_where_there_are_none(site: Site) -> None:
    article = factories.article(site, prompts_at=now(), attention="No answer.")

    review.ask_for_pictures(article)

    assert (article.status, article.prompts_at, article.attention) == (ArticleStatus.DRAFT, None, "")


def test_pictures_are_not_asked_for_twice(site: Site) -> None:
    article = factories.article(site)
    factories.image(article)

    with pytest.raises(Conflict, match="has its pictures"):
        review.ask_for_pictures(article)
