"""Keywords of a site: the list, adding one, skipping."""

from collections.abc import Callable, Collection

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.content import clustering_by_hand, queries, review
from webapp.content.adding import add_keyword
from webapp.content.models import Cluster, Intent, Keyword, KeywordStatus
from webapp.content.queries import Filter, KeywordOrder
from webapp.core.db import db
from webapp.pipeline import attention
from webapp.sites.models import Site
from webapp.web.access import may, row_or_404, site_or_404
from webapp.web.forms.keywords import KeywordForm
from webapp.web.listing import back, chosen, listing, number, place

pages = Blueprint("keywords", __name__, url_prefix="/sites/<slug>/keywords")

FILTERS = ("q", "intent", "volume", "cluster")
ORDERS = {
    KeywordOrder.MOST_SEARCHED: "Most searched first",
    KeywordOrder.NEWEST: "Newest first",
    KeywordOrder.LEAST_SURE: "Least sure first",
}
# What can be done with chosen keywords: the words on the button, its icon, and of which statuses it makes sense.
ACTIONS = {
    "placing.nearest": ("Put into nearest", "check", (KeywordStatus.UNCLUSTERED,)),
    "placing.choose": ("Move…", "arrow-right", clustering_by_hand.PLACEABLE),
    "placing.out": ("Take out", "minus", (KeywordStatus.CLUSTERED,)),
    "keywords.skip": ("Skip", "ban", (KeywordStatus.NEW, KeywordStatus.UNCLUSTERED)),
    "keywords.restore": ("Restore", "refresh", (KeywordStatus.SKIPPED, KeywordStatus.UNCLUSTERED)),
}


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    return render_template("keywords/index.html", page="keywords", **_list(site_or_404(slug)))


@pages.post("/skip")
def skip(slug: str) -> ResponseReturnValue:
    return _change(slug, review.skip_keywords, "skipped")


@pages.post("/restore")
def restore(slug: str) -> ResponseReturnValue:
    return _change(slug, attention.restore_keywords, "restored")


@pages.get("/add")
def add(slug: str) -> ResponseReturnValue:
    return _add_page(site_or_404(slug), KeywordForm())


@pages.post("/add")
def add_one(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = KeywordForm()
    if not form.validate():
        return _add_page(site, form), 422
    added = add_keyword(site, form.fields)
    if added.new:
        flash(f"“{form.fields.phrase}” was added.", "ok")
    else:
        more = " What was not known of it was filled in." if added.filled_in else ""
        flash(f"“{form.fields.phrase}” was there already.{more}", "warn")
    return redirect(url_for("keywords.add", slug=slug), 303)


@pages.get("/import")
@pages.get("/paste")
def to_imports(slug: str) -> ResponseReturnValue:
    """Where keywords by the thousand came in before."""
    return redirect(url_for("imports.index", slug=site_or_404(slug).slug), 303)


def _list(site: Site) -> dict[str, object]:
    """What the list shows: the arguments of the address say which rows."""
    status, intent, cluster = chosen(KeywordStatus, "status"), chosen(Intent, "intent"), number("cluster")
    wanted = Filter(
        status=status,
        text=request.args.get("q", ""),
        intent=intent,
        cluster_id=cluster,
        least_volume=number("volume"),
    )
    order = chosen(KeywordOrder, "sort") or KeywordOrder.MOST_SEARCHED
    found = queries.keywords(site.id, wanted, place(), order)
    return {
        "site": site,
        "list": listing(found, queries.counts_of(Keyword, site.id), status, FILTERS),
        "wanted": wanted,
        "cluster": None if cluster is None else row_or_404(Cluster, site, cluster),
        "intents": list(Intent),
        "orders": ORDERS,
        "order": order,
        "actions": _actions(site, status) if may(Role.EDITOR) else [],
    }


def _actions(site: Site, status: KeywordStatus | None) -> list[tuple[str, str, str, str]]:
    """As lists.selection takes them: those for a list of that status, None for one of all keywords."""
    return [
        (url_for(endpoint, slug=site.slug), label, icon, "")
        for endpoint, (label, icon, statuses) in ACTIONS.items()
        if status is None or status in statuses
    ]


def _change(slug: str, change: Callable[[int, Collection[int]], int], done: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    changed = change(site.id, request.form.getlist("keyword", type=int))
    db.session.commit()
    if changed:
        flash(f"{changed} keyword{'s' if changed != 1 else ''} {done}.", "ok")
    else:
        flash(f"No keyword was {done}: none that you chose could be.", "warn")
    return redirect(back(), 303)


def _add_page(site: Site, form: KeywordForm) -> str:
    return render_template("keywords/add.html", page="keywords", site=site, form=form, intents=list(Intent))
