import pytest
from sqlalchemy import func, select

from tests import factories
from tests.publishing.desk import approve, assert_in_order, rows, set_directly
from webapp.content.models import Article, ArticleStatus
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.publishing import approval
from webapp.publishing.models import Publication, PublicationStatus
from webapp.sites.models import Site


def test_an_approved_article_is_on_its_way_at_once(site: Site) -> None:
    publication = approve(site)

    assert publication.article.status is ArticleStatus.APPROVED
    assert publication.article.approved_by == "Ana"
    assert rows(site)[0].status is PublicationStatus.SCHEDULED
    assert_in_order(site)


def test_article_and_publication_come_in_one_transaction(site: Site) -> None:
    article = factories.article(site)

    approval.approve(article, "Ana")
    db.session.rollback()  # as if the machine had stopped before the commit

    assert rows(site) == []
    assert db.session.get_one(Article, article.id).status is ArticleStatus.REVIEW


def test_a_check_stops_it_with_its_sentences(site: Site) -> None:
    article = factories.article(site, meta_description="")

    with pytest.raises(approval.Blocked) as stopped:
        approval.approve(article, "Ana")

    assert stopped.value.problems == ["It has no meta description."]
    assert rows(site) == []


def test_what_is_rejected_cannot_be_approved(site: Site) -> None:
    article = factories.article(site, ArticleStatus.REJECTED)

    with pytest.raises(Conflict, match="is rejected by now"):
        approval.approve(article, "Ana")
    db.session.rollback()

    assert rows(site) == []


def test_what_is_approved_is_not_approved_again(site: Site) -> None:
    publication = approve(site)

    with pytest.raises(Conflict, match="is approved by now"):
        approval.approve(publication.article, "Ben")
    db.session.rollback()

    assert [row.id for row in rows(site)] == [publication.id]


def test_who_comes_second_does_not_approve_again(site: Site) -> None:
    article = factories.article(site)
    seen_before = db.session.get_one(Article, article.id)
    approval.approve(article, "Ana")
    db.session.commit()

    with pytest.raises(Conflict):
        approval.approve(seen_before, "Ben")
    db.session.rollback()

    assert db.session.scalar(select(func.count()).select_from(Publication)) == 1
    assert db.session.get_one(Article, article.id).approved_by == "Ana"


@pytest.mark.parametrize("switched_on", [True, False])
def test_runs_approve_where_the_site_lets_them(site: Site, switched_on: bool) -> None:
    set_directly(site, auto_approve=switched_on)

    assert approval.approves_by_itself(site.id) is switched_on
