"""Clusters of a site: the list, and each with its keywords and ideas."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.content import queries, review
from webapp.content.models import Cluster, ClusterStatus, Intent
from webapp.content.queries import Filter
from webapp.core.db import db
from webapp.web.access import row_or_404, site_or_404
from webapp.web.listing import chosen, listing, number, place

pages = Blueprint("clusters", __name__, url_prefix="/sites/<slug>/clusters")

FILTERS = ("q", "intent", "volume")


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    status = chosen(ClusterStatus, "status")
    wanted = Filter(
        status=status,
        text=request.args.get("q", ""),
        intent=chosen(Intent, "intent"),
        least_volume=number("volume"),
    )
    found = queries.clusters(site.id, wanted, place())
    return render_template(
        "clusters/index.html",
        page="clusters",
        site=site,
        list=listing(found, queries.counts_of(Cluster, site.id), status, FILTERS),
        sizes=queries.sizes([cluster.id for cluster in found.rows]),
        wanted=wanted,
        intents=list(Intent),
    )


@pages.get("/<int:id>")
def show(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug)
    cluster = row_or_404(Cluster, site, id)
    of_cluster = Filter(cluster_id=cluster.id)
    return render_template(
        "clusters/show.html",
        page="clusters",
        site=site,
        cluster=cluster,
        size=queries.sizes([cluster.id])[cluster.id],
        keywords=queries.keywords(site.id, of_cluster).rows,
        ideas=queries.ideas(site.id, of_cluster).rows,
    )


@pages.post("/<int:id>/retry")
def retry(slug: str, id: int) -> ResponseReturnValue:
    cluster = row_or_404(Cluster, site_or_404(slug, Role.EDITOR), id)
    review.retry_cluster(cluster)
    db.session.commit()
    flash(f"The next run writes the ideas for “{cluster.name}” again.", "ok")
    return redirect(url_for("clusters.show", slug=slug, id=id), 303)
