"""A member's sites, each with what goes on there. As many queries for fifty sites as for one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import joinedload

from webapp.accounts.models import Member, Role, User
from webapp.content.models import Article, ArticleStatus, Keyword, KeywordStatus
from webapp.core.db import db
from webapp.pipeline.automation import Automation
from webapp.pipeline.models import Run
from webapp.pipeline.states import ACTIVE
from webapp.publishing.models import Publication, PublicationStatus
from webapp.sites.models import Site

PAGE = 50


@dataclass(frozen=True)
class SiteLine:
    """One site: `new_keywords` wait for a run, `in_review` for a person, `queued` (waiting or scheduled) for a slot."""

    site: Site
    run: Run | None
    automation: Automation | None
    new_keywords: int
    in_review: int
    queued: int
    published: int


@dataclass(frozen=True)
class SitePage:
    lines: list[SiteLine]
    next_after: int | None


def sites_of(user: User, after: int = 0) -> SitePage:
    """The sites of the user's accounts, account by account. `after`: the number of the last one on the page before."""
    query = (
        select(Site)
        .join(Member, Member.account_id == Site.account_id)
        .where(Member.user_id == user.id)
        .options(joinedload(Site.account))
        .order_by(Site.account_id, Site.id)
        .limit(PAGE + 1)
    )
    if after:
        last = select(Site.account_id, Site.id).where(Site.id == after).subquery()
        query = query.where(tuple_(Site.account_id, Site.id) > select(last.c.account_id, last.c.id).scalar_subquery())
    found = list(db.session.scalars(query))
    sites = found[:PAGE]
    return SitePage(_lines(sites), sites[-1].id if len(found) > PAGE else None)


def roles_of(user: User) -> dict[int, Role]:
    """The user's role in each account, by the account's number."""
    return dict(db.session.execute(select(Member.account_id, Member.role).where(Member.user_id == user.id)).all())


def _lines(sites: Sequence[Site]) -> list[SiteLine]:
    ids = [site.id for site in sites]
    runs = {
        run.site_id: run for run in db.session.scalars(select(Run).where(Run.site_id.in_(ids), Run.status.in_(ACTIVE)))
    }
    automations = {
        automation.site_id: automation
        for automation in db.session.scalars(select(Automation).where(Automation.site_id.in_(ids)))
    }
    keywords = _counts(select(Keyword.site_id).where(Keyword.site_id.in_(ids), Keyword.status == KeywordStatus.NEW))
    review = _counts(select(Article.site_id).where(Article.site_id.in_(ids), Article.status == ArticleStatus.REVIEW))
    on_the_way = (PublicationStatus.WAITING, *Publication.LIVE)
    queued = _counts(
        select(Publication.site_id).where(Publication.site_id.in_(ids), Publication.status.in_(on_the_way))
    )
    published = _counts(
        select(Publication.site_id).where(
            Publication.site_id.in_(ids), Publication.status == PublicationStatus.PUBLISHED
        )
    )
    return [
        SiteLine(
            site=site,
            run=runs.get(site.id),
            automation=automations.get(site.id),
            new_keywords=keywords.get(site.id, 0),
            in_review=review.get(site.id, 0),
            queued=queued.get(site.id, 0),
            published=published.get(site.id, 0),
        )
        for site in sites
    ]


def _counts(rows: Select[int]) -> dict[int, int]:
    """How many rows each site has."""
    listed = rows.subquery()
    return dict(db.session.execute(select(listed.c.site_id, func.count()).group_by(listed.c.site_id)).all())
