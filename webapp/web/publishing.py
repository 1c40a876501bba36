"""A site's publishing settings: what goes out by itself, when, and how much of it."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.core.db import db, reading
from webapp.publishing.models import PublishingSettings
from webapp.publishing.schedule import change_settings, lock
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.foretold_slots import foretell, told_of_saved
from webapp.web.forms.publishing import MODES, PublishingForm
from webapp.web.forms.versioned import Line
from webapp.web.htmx import is_htmx
from webapp.web.standing import stop

pages = Blueprint("publishing", __name__, url_prefix="/sites/<slug>/publishing")


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    return _page(site, PublishingForm.of(_settings(site)))


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = PublishingForm()
    if not form.validate():
        return _page(site, form), 422
    stored = lock(site.id)
    lines = form.overtaken_by(form.described(stored), form.described(_wanted(site, form)))
    if lines:
        form.draw_from(form.described(stored))
        db.session.commit()
        return _page(site, form, lines), 409
    places = change_settings(site.id, form.values())
    db.session.commit()
    flash(f"Publishing settings saved. {told_of_saved(places)}", "ok")
    return redirect(url_for("publishing.show", slug=slug), 303)


@pages.post("/check")
def check(slug: str) -> ResponseReturnValue:
    """What the settings in the form would come to. Saves nothing: the fragment for HTMX, else the page as it is."""
    with reading():
        site = site_or_404(slug, Role.EDITOR)
        form = PublishingForm()
        code = 200 if form.validate() else 422
        return make_response(_fragment(site, form) if is_htmx() else _page(site, form, is_checked=True), code)


def _page(site: Site, form: PublishingForm, lines: Sequence[Line] = (), is_checked: bool = False) -> str:
    return render_template(
        "publishing/index.html",
        page="publishing",
        modes=MODES,
        stopped=stop(site),
        lines=lines,
        is_checked=is_checked,
        **_shown(site, form),
    )


def _fragment(site: Site, form: PublishingForm) -> str:
    return render_template("publishing/_foretold.html", alone=True, **_shown(site, form))


def _shown(site: Site, form: PublishingForm) -> dict[str, Any]:
    foretold = None if form.errors else foretell(site, _settings(site), _wanted(site, form))
    return {"site": site, "form": form, "foretold": foretold}


def _settings(site: Site) -> PublishingSettings:
    return db.session.get_one(PublishingSettings, site.id)


def _wanted(site: Site, form: PublishingForm) -> PublishingSettings:
    """The settings in the form, which are not saved."""
    stored = _settings(site)
    of_target = {field: getattr(stored, field) for field in PublishingSettings.TARGET_STATE}
    return PublishingSettings(site_id=site.id, **of_target, **form.values())
