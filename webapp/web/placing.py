"""Which cluster keywords belong to, as a person decides it: chosen on a list, put where they belong on a page."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from webapp.accounts.models import Role
from webapp.content import clustering_by_hand, queries
from webapp.content.clustering_by_hand import Moved
from webapp.content.models import Cluster
from webapp.content.queries import Filter
from webapp.core.db import db
from webapp.web.access import row_or_404, site_or_404

pages = Blueprint("placing", __name__, url_prefix="/sites/<slug>/placing")

MOST_ASKED = 200  # keywords that an address names


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    keywords = clustering_by_hand.placeable(site.id, request.args.getlist("keyword", type=int)[:MOST_ASKED])
    text = request.args.get("q", "")
    offered = {one.nearest.id: one.nearest for one in keywords if one.nearest}
    found = queries.clusters(site.id, Filter(text=text))
    return render_template(
        "placing/index.html",
        page="keywords",
        site=site,
        keywords=keywords,
        own=clustering_by_hand.name_for(site, keywords) if keywords else None,
        offered=list(offered.values()),
        found=[cluster for cluster in found.rows if cluster.id not in offered],
        has_more=found.after is not None,
        text=text,
        back=_back(slug, request.args.get("back", "")),
    )


@pages.post("")
def choose(slug: str) -> ResponseReturnValue:
    """To the page on which these keywords are placed: its address names them, so that it can search."""
    site_or_404(slug, Role.EDITOR)
    back, chosen = _back(slug, request.form.get("back", "")), _chosen()[:MOST_ASKED]
    if not chosen:
        flash("Choose the keywords first, then Move.", "warn")
        return redirect(back, 303)
    return redirect(url_for("placing.show", slug=slug, keyword=chosen, back=back), 303)


@pages.post("/into/<int:cluster_id>")
def into(slug: str, cluster_id: int) -> ResponseReturnValue:
    cluster = row_or_404(Cluster, site_or_404(slug, Role.EDITOR), cluster_id)
    moved = clustering_by_hand.put_into(cluster, _chosen())
    return _done(slug, moved, f"in “{cluster.name}” now, and no run moves {_them(moved)}.")


@pages.post("/nearest")
def nearest(slug: str) -> ResponseReturnValue:
    moved = clustering_by_hand.put_into_nearest(site_or_404(slug, Role.EDITOR).id, _chosen())
    return _done(slug, moved, f"in the clusters that were offered now, and no run moves {_them(moved)}.")


@pages.post("/out")
def out(slug: str) -> ResponseReturnValue:
    moved = clustering_by_hand.take_out(site_or_404(slug, Role.EDITOR).id, _chosen())
    told = f"in no cluster now. Runs leave {_them(moved)} there until you move or restore {_them(moved)}."
    return _done(slug, moved, told)


@pages.post("/own")
def own(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    cluster, moved = clustering_by_hand.found_cluster(site, _chosen(), current_user.name)
    _done(slug, moved, f"in a cluster of {'its' if moved.keywords == 1 else 'their'} own now.")
    return redirect(url_for("clusters.show", slug=slug, id=cluster.id), 303)


def _chosen() -> list[int]:
    """The one keyword whose own button was pressed, else all that were chosen."""
    return request.form.getlist("only", type=int) or request.form.getlist("keyword", type=int)


def _done(slug: str, moved: Moved, told: str) -> ResponseReturnValue:
    db.session.commit()
    if moved.keywords:
        count = "1 keyword is" if moved.keywords == 1 else f"{moved.keywords} keywords are"
        flash(" ".join([f"{count} {told}", *map(_is_gone, moved.removed.values())]), "ok")
    else:
        flash("No keyword was moved: what you chose is where it should go already, or has no nearest cluster.", "warn")
    return redirect(_still_there(slug, moved, _back(slug, request.form.get("back", ""))), 303)


def _them(moved: Moved) -> str:
    return "it" if moved.keywords == 1 else "them"


def _is_gone(name: str) -> str:
    return f"“{name}” had no keyword left, nor any idea, and was removed."


def _back(slug: str, came: str) -> str:
    """Where a form says that it came from, if that is a list of keywords or a page of clusters of this site."""
    keywords, clusters = url_for("keywords.index", slug=slug), url_for("clusters.index", slug=slug)
    path = came.partition("?")[0]
    return came if path in (keywords, clusters) or path.startswith(f"{clusters}/") else keywords


def _still_there(slug: str, moved: Moved, back: str) -> str:
    """The list of clusters in place of the page of one that is gone."""
    gone = {url_for("clusters.show", slug=slug, id=id) for id in moved.removed}
    return url_for("clusters.index", slug=slug) if back.partition("?")[0] in gone else back
