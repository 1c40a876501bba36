"""What a site's clusters are made of: whole topics, or keywords that belong on one page."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.ai.grouping.levels import Level
from webapp.content.level_preview import LevelPreview, preview_levels
from webapp.core.db import db, reading
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.forms.sites import GroupingForm
from webapp.web.htmx import is_htmx

pages = Blueprint("grouping", __name__, url_prefix="/sites/<slug>/grouping")


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    return _page(site, GroupingForm(obj=site))


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = GroupingForm()
    if not form.validate():
        return _page(site, form), 422
    site.cluster_level = Level(form.cluster_level.data)
    db.session.commit()
    flash(f"Saved. Runs group keywords by {site.cluster_level.value} from now on; clusters stay as they are.", "ok")
    return redirect(url_for("grouping.show", slug=slug), 303)


@pages.get("/preview")
def preview(slug: str) -> ResponseReturnValue:
    """How many clusters each level gives: the fragment for HTMX, else the page with it."""
    with reading():
        site = site_or_404(slug)
        found = preview_levels(site)
        if is_htmx():
            return render_template("grouping/_preview.html", site=site, found=found)
        return _page(site, GroupingForm(obj=site), found)


def _page(site: Site, form: GroupingForm, found: LevelPreview | None = None) -> str:
    return render_template("grouping/index.html", page="settings", site=site, form=form, found=found)
