"""A site's pages, and how much waits on each."""

from typing import Any

from flask import current_app, url_for
from sqlalchemy import Select, func, literal, select, union_all

from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Idea,
    IdeaStatus,
    Image,
    ImageStatus,
    Keyword,
    KeywordStatus,
    Task,
    TaskStatus,
)
from webapp.core.db import db
from webapp.pipeline.models import Run
from webapp.pipeline.states import ACTIVE
from webapp.publishing.models import Publication, PublicationStatus
from webapp.sites.models import Site

COUNTS_TO = 1000  # beyond that a menu says "999+"; counting a million keywords for each page would be a waste

# name, endpoint, icon, and the name that a count of waiting rows goes by
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    ("", (("overview", "Overview", "overview.show", "layout-grid"),)),
    (
        "Content",
        (
            ("keywords", "Keywords", "keywords.index", "key"),
            ("clusters", "Clusters", "clusters.index", "stack-2"),
            ("ideas", "Ideas", "ideas.index", "bulb"),
            ("tasks", "Tasks", "tasks.index", "list-check"),
            ("articles", "Articles", "articles.index", "article"),
            ("images", "Images", "images.index", "photo"),
        ),
    ),
    (
        "Runs",
        (
            ("runs", "Runs", "runs.index", "player-play"),
            ("automation", "Automation", "automation.show", "adjustments"),
            ("budget", "Budget", "budget.show", "coins"),
        ),
    ),
    (
        "Publishing",
        (
            ("queue", "Queue", "queue.index", "calendar"),
            ("publishing", "Publishing", "publishing.show", "send"),
            ("connect", "Where to", "connect.show", "world"),
        ),
    ),
)


def navigation(site: Site) -> list[dict[str, Any]]:
    """Groups of items: {"name", "items": [{"key", "name", "icon", "url", "count"}]}; a count is None or text."""
    counts = waiting(site.id)
    return [
        {
            "name": group,
            "items": [
                {
                    "key": key,
                    "name": name,
                    "icon": icon,
                    "url": url_for(endpoint, slug=site.slug),
                    "count": shown(counts.get(key, 0)),
                }
                for key, name, endpoint, icon in items
                if endpoint in current_app.view_functions
            ],
        }
        for group, items in GROUPS
    ]


def shown(count: int) -> str | None:
    if not count:
        return None
    return str(count) if count < COUNTS_TO else f"{COUNTS_TO - 1}+"


def waiting(site_id: int) -> dict[str, int]:
    """How many rows wait for the next step on each page, in one query."""
    rows = [
        _count("keywords", select(Keyword.id).where(Keyword.site_id == site_id, Keyword.status == KeywordStatus.NEW)),
        _count("clusters", select(Cluster.id).where(Cluster.site_id == site_id, Cluster.status == ClusterStatus.NEW)),
        _count("ideas", select(Idea.id).where(Idea.site_id == site_id, Idea.status == IdeaStatus.NEW)),
        _count("tasks", select(Task.id).where(Task.site_id == site_id, Task.status == TaskStatus.PENDING)),
        _count(
            "articles", select(Article.id).where(Article.site_id == site_id, Article.status == ArticleStatus.REVIEW)
        ),
        _count("images", select(Image.id).where(Image.site_id == site_id, Image.status == ImageStatus.PROMPTED)),
        _count("runs", select(Run.id).where(Run.site_id == site_id, Run.status.in_(ACTIVE))),
        _count(
            "queue",
            select(Publication.id).where(
                Publication.site_id == site_id,
                Publication.status.in_((PublicationStatus.WAITING, *Publication.LIVE)),
            ),
        ),
    ]
    return dict(db.session.execute(union_all(*rows)).all())


def _count(key: str, rows: Select[int]) -> Select[str, int]:
    some = rows.limit(COUNTS_TO).subquery()
    return select(literal(key), func.count()).select_from(some)
