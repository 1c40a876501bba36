"""Counts and lists of a site's content: one definition each, for every page that shows them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, func, literal, or_, select, type_coerce, union_all
from sqlalchemy.orm import defer, joinedload, selectinload

from webapp.ai.functions.idea_generation import IdeaKind
from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Idea,
    IdeaStatus,
    Image,
    ImageStatus,
    Intent,
    Keyword,
    KeywordStatus,
    Task,
    TaskStatus,
)
from webapp.content.normal import normal
from webapp.core.db import db
from webapp.core.paging import START, Page, Place, Stretch, page

STATUSES: dict[type[Any], type[StrEnum]] = {
    Keyword: KeywordStatus,
    Cluster: ClusterStatus,
    Idea: IdeaStatus,
    Task: TaskStatus,
    Article: ArticleStatus,
    Image: ImageStatus,
}
# What is searched for most comes first, what nobody measured last. Without that split no index would serve.
MOST_SEARCHED = (
    Stretch((Keyword.volume, Keyword.id), where=(Keyword.volume.is_not(None),)),
    Stretch((Keyword.id,), where=(Keyword.volume.is_(None),)),
)
LEAST_SURE = (
    Stretch((Keyword.doubt, Keyword.id), where=(Keyword.confidence.is_not(None),)),
    Stretch((Keyword.id,), where=(Keyword.confidence.is_(None),)),
)


class KeywordOrder(StrEnum):
    MOST_SEARCHED = "searched"
    NEWEST = "newest"
    LEAST_SURE = "unsure"


@dataclass(frozen=True)
class Counts:
    """How many rows of each kind a site has, by status; a status without rows counts 0."""

    keywords: Mapping[KeywordStatus, int]
    clusters: Mapping[ClusterStatus, int]
    ideas: Mapping[IdeaStatus, int]
    tasks: Mapping[TaskStatus, int]
    articles: Mapping[ArticleStatus, int]
    images: Mapping[ImageStatus, int]


def counts(site_id: int) -> Counts:
    found = db.session.execute(union_all(*(_by_status(model, site_id) for model in STATUSES))).all()
    return Counts(*(_complete(model, found) for model in STATUSES))


def counts_of(model: type[Any], site_id: int) -> dict[Any, int]:
    """The same for one kind of rows."""
    return _complete(model, db.session.execute(_by_status(model, site_id)).all())


@dataclass(frozen=True)
class Filter:
    """Which rows of a site are wanted. None or empty excludes nothing; each kind of rows uses what it has."""

    status: Any = None
    text: str = ""
    intent: Intent | None = None
    cluster_id: int | None = None
    least_volume: int | None = None
    kind: IdeaKind | None = None
    article_id: int | None = None


def keywords(
    site_id: int, wanted: Filter, place: Place = START, order: KeywordOrder = KeywordOrder.MOST_SEARCHED
) -> Page[Keyword]:
    """A page of keywords with their clusters, and with those that are offered to them."""
    rows = _of_site(Keyword, site_id, wanted).options(selectinload(Keyword.cluster), selectinload(Keyword.nearest))
    if wanted.text.strip():
        rows = rows.where(Keyword.normal.contains(normal(wanted.text), autoescape=True))
    if wanted.intent is not None:
        rows = rows.where(Keyword.intent == wanted.intent)
    if wanted.cluster_id is not None:
        rows = rows.where(Keyword.cluster_id == wanted.cluster_id)
    if wanted.least_volume is not None:
        rows = rows.where(Keyword.volume >= wanted.least_volume)
    return _page(rows, KEYWORDS_BY[order], place)


def clusters(site_id: int, wanted: Filter, place: Place = START) -> Page[Cluster]:
    """A page of clusters, the most searched first."""
    rows = _of_site(Cluster, site_id, wanted)
    rows = _with_text(rows, wanted, Cluster.name, Cluster.head)
    if wanted.intent is not None:
        rows = rows.where(Cluster.intent == wanted.intent)
    if wanted.least_volume is not None:
        rows = rows.where(Cluster.volume >= wanted.least_volume)
    return _page(rows, (Stretch((Cluster.volume, Cluster.id)),), place)


def ideas(site_id: int, wanted: Filter, place: Place = START, *, by_cluster: bool = False) -> Page[Idea]:
    """A page of ideas with their clusters, the newest first, or those of a cluster together."""
    rows = _of_site(Idea, site_id, wanted).options(selectinload(Idea.cluster))
    rows = _with_text(rows, wanted, Idea.title, Idea.target_keyword)
    if wanted.intent is not None:
        rows = rows.where(Idea.intent == wanted.intent)
    if wanted.kind is not None:
        rows = rows.where(Idea.kind == wanted.kind)
    if wanted.cluster_id is not None:
        rows = rows.where(Idea.cluster_id == wanted.cluster_id)
    return _page(rows, (Stretch((Idea.cluster_id, Idea.id)),) if by_cluster else _newest(Idea), place)


def tasks(site_id: int, wanted: Filter, place: Place = START) -> Page[Task]:
    """A page of tasks with their ideas and clusters, the newest first."""
    rows = _of_site(Task, site_id, wanted).options(selectinload(Task.idea).joinedload(Idea.cluster))
    return _page(_with_text(rows, wanted, Task.title), _newest(Task), place)


def articles(site_id: int, wanted: Filter, place: Place = START) -> Page[Article]:
    """A page of articles with their images but without their texts, the newest first."""
    rows = _of_site(Article, site_id, wanted).options(selectinload(Article.images), defer(Article.body_html))
    return _page(_with_text(rows, wanted, Article.title, Article.focus_keyword), _newest(Article), place)


def images(site_id: int, wanted: Filter, place: Place = START) -> Page[Image]:
    """A page of images with their articles, the newest first."""
    article = joinedload(Image.article)
    rows = _of_site(Image, site_id, wanted).options(article, article.defer(Article.body_html))
    if wanted.article_id is not None:
        rows = rows.where(Image.article_id == wanted.article_id)
    return _page(_with_text(rows, wanted, Image.alt_text, Image.prompt), _newest(Image), place)


@dataclass(frozen=True)
class Size:
    """How many keywords and ideas a cluster has."""

    keywords: int
    ideas: int


def sizes(cluster_ids: Collection[int]) -> dict[int, Size]:
    """The sizes of these clusters, in two queries."""
    keywords, ideas = _per_cluster(Keyword, cluster_ids), _per_cluster(Idea, cluster_ids)
    return {id: Size(keywords.get(id, 0), ideas.get(id, 0)) for id in cluster_ids}


def articles_of_tasks(task_ids: Collection[int]) -> dict[int, int]:
    """The number of the article of each of these tasks that has one."""
    rows = select(Article.task_id, Article.id).where(Article.task_id.in_(task_ids))
    return {task_id: id for task_id, id in db.session.execute(rows) if task_id is not None}


def _by_status(model: type[Any], site_id: int) -> Select[str, str, int]:
    return (
        select(literal(model.__name__), type_coerce(model.status, String), func.count())
        .where(model.site_id == site_id)
        .group_by(model.status)
    )


def _complete(model: type[Any], found: Iterable[Row[str, str, int]]) -> dict[Any, int]:
    by_word = {word: number for kind, word, number in found if kind == model.__name__}
    return {status: by_word.get(status.value, 0) for status in STATUSES[model]}


def _newest(model: type[Any]) -> tuple[Stretch, ...]:
    return (Stretch((model.id,)),)


KEYWORDS_BY = {
    KeywordOrder.MOST_SEARCHED: MOST_SEARCHED,
    KeywordOrder.NEWEST: _newest(Keyword),
    KeywordOrder.LEAST_SURE: LEAST_SURE,
}


def _of_site(model: type[Any], site_id: int, wanted: Filter) -> Select[Any]:
    rows = select(model).where(model.site_id == site_id)
    return rows if wanted.status is None else rows.where(model.status == wanted.status)


def _with_text(rows: Select[Any], wanted: Filter, *columns: Any) -> Select[Any]:
    text = " ".join(wanted.text.split())
    if not text:
        return rows
    hits: list[ColumnElement[bool]] = [column.icontains(text, autoescape=True) for column in columns]
    return rows.where(or_(*hits))


def _page(rows: Select[Any], order: tuple[Stretch, ...], place: Place) -> Page[Any]:
    return page(rows, order, after=place.after, before=place.before)


def _per_cluster(model: type[Any], cluster_ids: Collection[int]) -> dict[int, int]:
    rows = select(model.cluster_id, func.count()).where(model.cluster_id.in_(cluster_ids)).group_by(model.cluster_id)
    return dict(db.session.execute(rows).all())
