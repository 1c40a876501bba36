import pytest
from flask import Flask

from tests import factories
from webapp.content.models import Article, ArticleStatus, ImageStatus
from webapp.content.review import settle, settle_without_images, settle_without_prompts
from webapp.core.clock import now
from webapp.core.db import db
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def draft(site: Site, *pictures: ImageStatus, has_prompts: bool = True) -> Article:
    made = factories.article(site, ArticleStatus.DRAFT, prompts_at=now() if has_prompts else None)
    for status in pictures:
        factories.image(made, status)
    return made


def status_of(article: Article) -> ArticleStatus:
    db.session.commit()
    db.session.refresh(article)
    return article.status


def test_a_draft_goes_to_review_when_its_pictures_are_there_or_given_up(site: Site) -> None:
    article = draft(site, ImageStatus.GENERATED, ImageStatus.ATTENTION)

    settle(article)

    assert status_of(article) is ArticleStatus.REVIEW


def test_a_draft_waits_for_its_last_picture(site: Site) -> None:
    article = draft(site, ImageStatus.GENERATED, ImageStatus.PROMPTED)

    settle(article)
    assert status_of(article) is ArticleStatus.DRAFT

    article.images[1].status = ImageStatus.ATTENTION
    settle(article)
    assert status_of(article) is ArticleStatus.REVIEW


def test_a_draft_waits_for_its_prompts(site: Site) -> None:
    article = draft(site, has_prompts=False)

    settle(article)

    assert status_of(article) is ArticleStatus.DRAFT


def test_a_decision_is_not_undone_by_a_late_picture(site: Site) -> None:
    article = draft(site, ImageStatus.GENERATED)
    article.status = ArticleStatus.REJECTED

    settle(article)

    assert status_of(article) is ArticleStatus.REJECTED


def test_settling_never_commits(site: Site) -> None:
    article = draft(site, ImageStatus.GENERATED)

    settle(article)
    db.session.rollback()

    assert status_of(article) is ArticleStatus.DRAFT


def test_where_nobody_writes_prompts_only_the_drafts_that_wait_for_them_move(site: Site) -> None:
    waiting, drawn = draft(site, has_prompts=False), draft(site, ImageStatus.PROMPTED)
    elsewhere = draft(factories.site(), has_prompts=False)

    settle_without_prompts(site.id)

    assert status_of(waiting) is ArticleStatus.REVIEW
    assert status_of(drawn) is ArticleStatus.DRAFT
    assert status_of(elsewhere) is ArticleStatus.DRAFT


def test_where_nobody_draws_only_the_drafts_with_prompts_move(site: Site) -> None:
    waiting, drawn = draft(site, has_prompts=False), draft(site, ImageStatus.PROMPTED)

    settle_without_images(site.id)

    assert status_of(waiting) is ArticleStatus.DRAFT
    assert status_of(drawn) is ArticleStatus.REVIEW
