"""A site's settings, and its end."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.pipeline import control
from webapp.pipeline.closing import belongings, delete_site
from webapp.pipeline.scheduling import follow_zone
from webapp.sites.ai.choices import chosen
from webapp.sites.creation import change_site
from webapp.sites.languages import LANGUAGES
from webapp.sites.models import Site
from webapp.sites.zones import zones_by_continent
from webapp.web.access import site_or_404
from webapp.web.forms.sites import DeleteSiteForm, SiteForm

pages = Blueprint("sites", __name__, url_prefix="/sites/<slug>")


@pages.get("/settings")
def settings(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    return _settings_page(site, SiteForm(obj=site))


@pages.post("/settings")
def save_settings(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = SiteForm()
    if not form.validate():
        return _settings_page(site, form), 422
    zone = site.time_zone
    change_site(
        site,
        name=form.name.data or "",
        time_zone=form.time_zone.data or "",
        language=form.language.data or "",
    )
    if site.time_zone != zone:
        follow_zone(site)
    db.session.commit()
    flash("Site settings saved.", "ok")
    return redirect(url_for("sites.settings", slug=slug), 303)


@pages.get("/delete")
def confirm_delete(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.OWNER)
    return _delete_page(site, DeleteSiteForm())


@pages.post("/delete")
def delete(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.OWNER)
    form = DeleteSiteForm()
    if (form.slug.data or "").strip() != site.slug:
        form.slug.errors = [f"Type {site.slug} to delete this site. Nothing was deleted."]
        return _delete_page(site, form), 422
    name, seen = site.name, form.run.data or ""
    gone = delete_site(site, by=current_user.name, run_seen=int(seen) if seen.isdecimal() else None)
    flash(f"{name} was deleted, with {gone}.", "ok")
    return redirect(url_for("home.sites"), 303)


def _settings_page(site: Site, form: SiteForm) -> str:
    return render_template(
        "sites/settings.html",
        site=site,
        form=form,
        zones=zones_by_continent(),
        languages=LANGUAGES,
        writer=chosen(site, Operation.CONTENT_GENERATION),
        page="settings",
    )


def _delete_page(site: Site, form: DeleteSiteForm) -> str:
    return render_template(
        "sites/delete.html",
        site=site,
        form=form,
        belongings=belongings(site),
        run=control.active_run(site.id),
        page="settings",
    )
