"""A site at a glance: what waits for each stage, the run at work, what comes next."""

from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.content.queries import counts
from webapp.core.db import db
from webapp.credits import ledger
from webapp.pipeline import control
from webapp.pipeline.key_hold import refusing
from webapp.pipeline.models import Run
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import automation_of
from webapp.pipeline.view import pending_by_stage, view_of
from webapp.publishing import queries as publishing
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.destination import Destination
from webapp.web.run_page import ICONS
from webapp.web.standing import stop

pages = Blueprint("overview", __name__, url_prefix="/sites/<slug>")

LATEST = 5

# what waits for a stage: its words, the page that lists it, and the status to filter by
WAITING = {
    StageKey.CLUSTERS: ("new keywords", "keywords.index", "new"),
    StageKey.IDEAS: ("new clusters", "clusters.index", "new"),
    StageKey.TASKS: ("new ideas", "ideas.index", "new"),
    StageKey.ARTICLES: ("pending tasks", "tasks.index", "pending"),
    StageKey.PROMPTS: ("drafts", "articles.index", "draft"),
    StageKey.IMAGES: ("image prompts", "images.index", "prompted"),
    StageKey.APPROVAL: ("in review", "articles.index", "review"),
}


@pages.get("/")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    pending = pending_by_stage(site)
    active, seen, queue = control.active_run(site.id), counts(site.id), publishing.counts(site.id)
    latest = db.session.scalars(select(Run).where(Run.site_id == site.id).order_by(Run.id.desc()).limit(LATEST)).all()
    return render_template(
        "overview/index.html",
        site=site,
        stages=[_stage(site, stage, pending[stage]) for stage in StageKey],
        has_keywords=any(seen.keywords.values()),
        counts=seen,
        active=view_of(active) if active else None,
        latest=latest,
        automation=automation_of(site),
        balance=ledger.balance(site.account_id),
        destination=Destination(site),
        queue=queue,
        stopped=stop(site) if queue.waiting or queue.scheduled else None,
        refusing=refusing(site),
        upcoming=publishing.upcoming(site.id, LATEST),
        start_token=token_urlsafe(16),
        page="overview",
    )


def _stage(site: Site, stage: StageKey, pending: int) -> dict[str, Any]:
    words, endpoint, status = WAITING[stage]
    return {
        "name": stage.label,
        "icon": ICONS[stage],
        "count": pending,
        "words": words,
        "url": url_for(endpoint, slug=site.slug, status=status),
        "state": "" if automation_of(site).is_on(stage) else "off",
    }
