"""Ideas of a site: the list, flat or by cluster; dismissing and restoring."""

from collections.abc import Callable

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.ai.functions.idea_generation import IdeaKind
from webapp.content import queries, review
from webapp.content.models import Cluster, Idea, IdeaStatus, Intent
from webapp.content.queries import Filter
from webapp.core.db import db
from webapp.web.access import row_or_404, site_or_404
from webapp.web.htmx import after_post
from webapp.web.listing import back, chosen, listing, number, place

pages = Blueprint("ideas", __name__, url_prefix="/sites/<slug>/ideas")

FILTERS = ("q", "intent", "kind", "cluster")
BY_CLUSTER = "cluster"


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    status, cluster = chosen(IdeaStatus, "status"), number("cluster")
    by_cluster = request.args.get("group") == BY_CLUSTER
    wanted = Filter(
        status=status,
        text=request.args.get("q", ""),
        intent=chosen(Intent, "intent"),
        kind=chosen(IdeaKind, "kind"),
        cluster_id=cluster,
    )
    found = queries.ideas(site.id, wanted, place(), by_cluster=by_cluster)
    return render_template(
        "ideas/index.html",
        page="ideas",
        site=site,
        list=listing(found, queries.counts_of(Idea, site.id), status, FILTERS),
        wanted=wanted,
        cluster=None if cluster is None else row_or_404(Cluster, site, cluster),
        intents=list(Intent),
        kinds=list(IdeaKind),
        by_cluster=by_cluster,
    )


@pages.post("/<int:id>/dismiss")
def dismiss(slug: str, id: int) -> ResponseReturnValue:
    return _decide(slug, id, review.dismiss, "dismissed: no run will plan it.")


@pages.post("/<int:id>/restore")
def restore(slug: str, id: int) -> ResponseReturnValue:
    return _decide(slug, id, review.restore, "restored: the next run plans it.")


def _decide(slug: str, id: int, decide: Callable[[Idea], None], done: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    idea = row_or_404(Idea, site, id)
    decide(idea)
    db.session.commit()
    return after_post(
        lambda: render_template("ideas/_idea.html", site=site, idea=idea),
        back(),
        "ok",
        f"“{idea.title}” is {done}",
    )
