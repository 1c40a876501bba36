from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert

from tests import factories
from webapp.ai.functions.idea_generation import IdeaKind
from webapp.content import queries
from webapp.content.models import (
    ArticleStatus,
    ClusterStatus,
    IdeaStatus,
    ImageStatus,
    Intent,
    Keyword,
    KeywordStatus,
    TaskStatus,
)
from webapp.content.queries import Filter, KeywordOrder
from webapp.core.db import db
from webapp.core.paging import PAGE, Page, Place
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def many_keywords(site: Site, volumes: list[int | None]) -> None:
    db.session.execute(
        insert(Keyword),
        [
            {"site_id": site.id, "phrase": f"phrase {number}", "normal": f"phrase {number}", "volume": volume}
            for number, volume in enumerate(volumes)
        ],
    )
    db.session.commit()


def pages(listed: Callable[[Place], Page[Any]]) -> list[list[int]]:
    """The numbers of the rows, page by page to the end, after checking that the way back shows the same pages."""
    forwards = [page := listed(Place())]
    assert page.before is None
    while page.after is not None:
        forwards.append(page := listed(Place(after=page.after)))
    backwards = [page]
    while page.before is not None:
        backwards.append(page := listed(Place(before=page.before)))
    numbers = [[row.id for row in page.rows] for page in forwards]
    assert [[row.id for row in page.rows] for page in backwards[::-1]] == numbers
    return numbers


@pytest.mark.parametrize("unknown", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 7])
def test_pages_hold_every_keyword_once_with_unknown_volumes_last(site: Site, unknown: int) -> None:
    volumes: list[int | None] = [number % 7 for number in range(PAGE + 20)]
    many_keywords(site, [None] * unknown + volumes)

    listed = pages(lambda place: queries.keywords(site.id, Filter(), place))

    rows = [db.session.get_one(Keyword, number) for numbers in listed for number in numbers]
    assert len(rows) == len({row.id for row in rows}) == unknown + len(volumes)
    expected = sorted(rows, key=lambda row: (row.volume is None, -(row.volume or 0), -row.id))
    assert rows == expected
    assert all(len(numbers) == PAGE for numbers in listed[:-1])


def test_the_newest_keywords_come_first_if_asked_for(site: Site) -> None:
    many_keywords(site, [None, 5, 9, None])

    found = queries.keywords(site.id, Filter(), order=KeywordOrder.NEWEST).rows

    assert [row.phrase for row in found] == ["phrase 3", "phrase 2", "phrase 1", "phrase 0"]


@pytest.mark.parametrize("key", ["", "x", "1-2-3", "-", "99999999999999999999", "٣", "1;drop"])
def test_a_key_that_is_none_shows_the_first_page(site: Site, key: str) -> None:
    many_keywords(site, [5, 9])

    for place in (Place(after=key), Place(before=key)):
        assert [row.volume for row in queries.keywords(site.id, Filter(), place).rows] == [9, 5]


def test_a_greater_number_than_any_row_has_is_a_key(site: Site) -> None:
    many_keywords(site, [5, 9])

    assert len(queries.keywords(site.id, Filter(), Place(after="9999999999-9999999999")).rows) == 2


def test_keywords_are_found_by_what_is_known_of_them(site: Site) -> None:
    cluster = factories.cluster(site)
    factories.keyword(
        site, "Café crème", volume=500, intent=Intent.COMMERCIAL, cluster=cluster, status=KeywordStatus.CLUSTERED
    )
    factories.keyword(site, "100% arabica", volume=None, intent=None, status=KeywordStatus.SKIPPED)
    factories.keyword(factories.site(), "café elsewhere")

    def found(**wanted: Any) -> list[str]:
        return [row.phrase for row in queries.keywords(site.id, Filter(**wanted)).rows]

    assert found() == ["Café crème", "100% arabica"]
    assert found(text="  CAFÉ  ") == ["Café crème"]
    assert found(text="0%") == ["100% arabica"]
    assert found(text="1%a") == found(text="caf_") == []
    assert found(intent=Intent.COMMERCIAL) == ["Café crème"]
    assert found(status=KeywordStatus.SKIPPED) == ["100% arabica"]
    assert found(cluster_id=cluster.id) == ["Café crème"]
    assert found(least_volume=500) == ["Café crème"]
    assert found(least_volume=501) == []


def test_the_other_lists_are_filtered_too(site: Site) -> None:
    cluster = factories.cluster(site, name="Moka pots", head="moka pot", volume=900, intent=Intent.COMMERCIAL)
    idea = factories.idea(site, cluster, title="Choose a moka pot", kind=IdeaKind.SUPPORTING)
    task = factories.task(site, idea, status=TaskStatus.WRITTEN)
    article = factories.article(site, task=task, title="Choose a moka pot")
    image = factories.image(article, ImageStatus.ATTENTION, alt_text="A moka pot")
    factories.image(factories.article(factories.site(), title="A moka pot elsewhere"))
    other = factories.image(factories.article(site, ArticleStatus.APPROVED))

    def found(listed: Callable[..., Page[Any]], **wanted: Any) -> list[int]:
        return [row.id for row in listed(site.id, Filter(**wanted)).rows]

    assert found(queries.clusters, text="MOKA", intent=Intent.COMMERCIAL, least_volume=900) == [cluster.id]
    assert found(queries.clusters, status=ClusterStatus.ATTENTION) == []
    assert found(queries.ideas, text="moka", kind=IdeaKind.SUPPORTING, cluster_id=cluster.id) == [idea.id]
    assert found(queries.ideas, status=IdeaStatus.DISMISSED) == []
    assert found(queries.tasks, text="moka", status=TaskStatus.WRITTEN) == [task.id]
    assert found(queries.articles, text="moka", status=ArticleStatus.REVIEW) == [article.id]
    assert found(queries.images, text="moka", status=ImageStatus.ATTENTION) == [image.id]
    assert found(queries.images, article_id=other.article_id) == [other.id]


def test_ideas_of_a_cluster_can_stand_together(site: Site) -> None:
    first, second = factories.cluster(site), factories.cluster(site)
    ideas = [factories.idea(site, cluster) for cluster in (first, second, first, second)]

    listed = pages(lambda place: queries.ideas(site.id, Filter(), place, by_cluster=True))

    assert listed == [[ideas[3].id, ideas[1].id, ideas[2].id, ideas[0].id]]


@pytest.mark.parametrize(
    "look",
    [
        lambda site: [row.cluster and row.cluster.name for row in queries.keywords(site, Filter()).rows],
        lambda site: [row.cluster.name for row in queries.ideas(site, Filter()).rows],
        lambda site: [row.idea.cluster.name for row in queries.tasks(site, Filter()).rows],
        lambda site: [row.images for row in queries.articles(site, Filter()).rows],
        lambda site: [row.article.title for row in queries.images(site, Filter()).rows],
        lambda site: queries.sizes([row.id for row in queries.clusters(site, Filter()).rows]),
        lambda site: queries.articles_of_tasks([row.id for row in queries.tasks(site, Filter()).rows]),
    ],
)
def test_a_longer_list_takes_no_more_queries(site: Site, look: Callable[[int], Any]) -> None:
    def row() -> None:
        article = factories.article(site)
        factories.image(article)
        assert article.task
        factories.keyword(site, cluster=article.task.idea.cluster)

    def queries_for_a_look() -> int:
        db.session.expunge_all()
        seen: list[str] = []

        def see(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", see)
        look(site_id)
        event.remove(db.engine, "before_cursor_execute", see)
        db.session.commit()
        return len([statement for statement in seen if statement.lstrip().startswith("SELECT")])

    site_id = site.id
    row()
    row()
    few = queries_for_a_look()
    site = db.session.get_one(Site, site_id)
    for _ in range(6):
        row()
    assert queries_for_a_look() == few


def test_sizes_of_clusters(site: Site) -> None:
    cluster, empty = factories.cluster(site), factories.cluster(site)
    factories.keywords(site, 3, cluster=cluster)
    factories.idea(site, cluster)

    assert queries.sizes([cluster.id, empty.id]) == {
        cluster.id: queries.Size(keywords=3, ideas=1),
        empty.id: queries.Size(keywords=0, ideas=0),
    }
