from flask import Flask

from tests import factories
from webapp.content import queries
from webapp.content.models import (
    ArticleStatus,
    ClusterStatus,
    IdeaStatus,
    Image,
    ImageStatus,
    KeywordStatus,
    TaskStatus,
)


def test_rows_are_counted_by_status_with_zeros(app: Flask) -> None:
    site = factories.site()
    factories.keywords(site, 3)
    factories.keyword(site, status=KeywordStatus.SKIPPED)
    factories.image(factories.article(site), ImageStatus.PROMPTED)
    factories.image(factories.article(factories.site()), ImageStatus.PROMPTED)

    counts = queries.counts(site.id)

    assert counts.keywords == {**dict.fromkeys(KeywordStatus, 0), KeywordStatus.NEW: 3, KeywordStatus.SKIPPED: 1}
    assert counts.clusters == {ClusterStatus.NEW: 0, ClusterStatus.EXPANDED: 1, ClusterStatus.ATTENTION: 0}
    assert counts.ideas[IdeaStatus.PLANNED] == 1
    assert counts.tasks[TaskStatus.WRITTEN] == 1
    assert counts.articles[ArticleStatus.REVIEW] == 1
    assert sum(counts.articles.values()) == 1
    assert counts.images == queries.counts_of(Image, site.id)
    assert counts.images[ImageStatus.PROMPTED] == 1


def test_a_new_site_has_nothing(app: Flask) -> None:
    counts = queries.counts(factories.site().id)

    assert sum(counts.keywords.values()) == sum(counts.images.values()) == 0
