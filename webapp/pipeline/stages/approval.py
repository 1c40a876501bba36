"""Review to approved: free; approving puts the article on its way to the site in the same transaction."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select

from webapp.content.models import Article, ArticleStatus
from webapp.core.db import db
from webapp.pipeline.models import RunItem
from webapp.pipeline.stage import Counts, Plan, Planned
from webapp.pipeline.stages.counting import count, rows
from webapp.pipeline.states import StageKey
from webapp.publishing.approval import approve, approves_by_itself
from webapp.sites.models import Site

BY = "automation"


class Approval:
    key = StageKey.APPROVAL

    def pending(self, site: Site) -> int:
        return count(Article, *_waiting(site))

    def plan(self, plan: Plan) -> Iterable[Planned]:
        """Nothing where approving is left to people: those articles wait for them."""
        if not approves_by_itself(plan.site.id):
            return []
        return [
            Planned(row=article.id) for article in rows(Article, plan.limit, *_waiting(plan.site), order=(Article.id,))
        ]

    def work(self, site: Site, item: RunItem) -> Counts | None:
        article = db.session.scalar(select(Article).where(*_waiting(site), Article.id == item.row))
        if article is None or not approves_by_itself(site.id):  # switched off since the run was planned
            return None
        approve(article, BY)
        return {"approved_count": 1}

    def set_aside(self, item: RunItem, why: str) -> None:
        article = db.session.get(Article, item.row)
        if article is not None:
            article.attention = why

    def when_off(self, site: Site) -> None:
        """Nothing waits: articles in review are for people then."""


def _waiting(site: Site) -> tuple[ColumnElement[bool], ...]:
    """An article that a check stopped waits for a person, not for the next run."""
    return Article.site_id == site.id, Article.status == ArticleStatus.REVIEW, Article.attention == ""
