"""Clusters of a site: the list, and each with its keywords and ideas."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.content import by_hand, queries
from webapp.content.models import Cluster, ClusterStatus, Intent
from webapp.content.queries import Filter, KeywordOrder
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.pipeline import attention
from webapp.pipeline.answers import answers_about
from webapp.sites.models import Site
from webapp.web.access import may, row_or_404, site_or_404
from webapp.web.forms.by_hand import IdeaForm
from webapp.web.forms.checks import refuse
from webapp.web.listing import Tab, address, back, chosen, listing, number, place
from webapp.web.trying_again import told, wanted_rows

pages = Blueprint("clusters", __name__, url_prefix="/sites/<slug>/clusters")

FILTERS = ("q", "intent", "volume")
ORDERS = {KeywordOrder.MOST_SEARCHED: "Most searched first", KeywordOrder.LEAST_SURE: "Least sure first"}


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
    order = chosen(KeywordOrder, "sort") or KeywordOrder.MOST_SEARCHED
    return render_template(
        "clusters/show.html",
        page="clusters",
        site=site,
        cluster=cluster,
        size=queries.sizes([cluster.id])[cluster.id],
        keywords=queries.keywords(site.id, of_cluster, order=order).rows,
        actions=_actions(slug, cluster) if may(Role.EDITOR) else [],
        orders=[_tab(one, name, order) for one, name in ORDERS.items()],
        ideas=queries.ideas(site.id, of_cluster).rows,
        answers=answers_about(cluster) if cluster.status is ClusterStatus.ATTENTION else [],
    )


@pages.post("/<int:id>/retry")
def retry(slug: str, id: int) -> ResponseReturnValue:
    cluster = row_or_404(Cluster, site_or_404(slug, Role.EDITOR), id)
    attention.retry(cluster)
    db.session.commit()
    flash(f"The next run writes the ideas for “{cluster.name}” again.", "ok")
    return redirect(url_for("clusters.show", slug=slug, id=id), 303)


@pages.post("/retry")
def retry_some(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    tried = attention.retry_some(site.id, Cluster, wanted_rows("cluster"))
    db.session.commit()
    flash(*told(tried, "cluster"))
    return redirect(back(), 303)


@pages.get("/<int:id>/write")
def write(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    cluster = row_or_404(Cluster, site, id)
    return _write_page(site, cluster, IdeaForm.about(cluster))


@pages.post("/<int:id>/write")
def keep(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    cluster = row_or_404(Cluster, site, id)
    form = IdeaForm()
    if not form.validate():
        return _write_page(site, cluster, form), 422
    try:
        idea = by_hand.add_idea(cluster, form.written())
    except Invalid as error:
        refuse(form, error)
        return _write_page(site, cluster, form), 422
    flash(f"“{idea.title}” is kept: the next run plans it. Write another one, or go back to the cluster.", "ok")
    db.session.commit()
    return redirect(url_for("clusters.write", slug=slug, id=id), 303)


def _actions(slug: str, cluster: Cluster) -> list[tuple[str, str, str, str]]:
    """What can be done with chosen keywords of it, as lists.selection takes them."""
    return [
        (url_for("placing.choose", slug=slug), "Move…", "arrow-right", ""),
        (url_for("placing.out", slug=slug), "Take out", "minus", ""),
        (url_for("placing.into", slug=slug, cluster_id=cluster.id), "They belong here", "check", ""),
    ]


def _tab(order: KeywordOrder, name: str, current: KeywordOrder) -> Tab:
    return Tab(name, None, address(sort=order.value), order is current)


def _write_page(site: Site, cluster: Cluster, form: IdeaForm) -> str:
    return render_template("clusters/write.html", page="clusters", site=site, cluster=cluster, form=form)
