"""A site's automation settings: when runs start, which stages they have, and their limits."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.core.db import db
from webapp.pipeline.scheduling import set_schedule
from webapp.pipeline.states import StageKey
from webapp.pipeline.summary import ITEMS
from webapp.pipeline.terms import automation_of
from webapp.pipeline.view import pending_by_stage
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.forms.automation import AutomationForm
from webapp.web.run_page import ICONS

pages = Blueprint("automation", __name__, url_prefix="/sites/<slug>/automation")


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    automation = automation_of(site)
    form = AutomationForm(obj=automation)
    form.stages_on.data = [stage.value for stage in StageKey if automation.is_on(stage)]
    form.frequency.data = automation.frequency.value
    return _page(site, form)


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = AutomationForm()
    if not form.validate():
        return _page(site, form), 422
    automation = automation_of(site)
    form.write_to(automation)
    set_schedule(automation)
    db.session.commit()
    flash("Automation settings saved. They apply from the next run.", "ok")
    return redirect(url_for("automation.show", slug=slug), 303)


def _page(site: Site, form: AutomationForm) -> str:
    pending = pending_by_stage(site)
    return render_template(
        "automation/index.html",
        site=site,
        form=form,
        stages=[
            {
                "key": stage.value,
                "name": stage.label,
                "icon": ICONS[stage],
                "items": ITEMS[stage][1],
                "pending": pending[stage],
                "field": form.limit(stage),
                "runs": runs_to_clear(pending[stage], form.limit(stage).data),
            }
            for stage in StageKey
        ],
        next_run_at=automation_of(site).next_run_at,
        page="automation",
    )


def runs_to_clear(pending: int, limit: int | None) -> str:
    """In how many runs what waits now is worked through, in words."""
    if not pending:
        return "nothing waits"
    if limit is not None and limit < 0:
        return ""
    if not limit or pending <= limit:
        return "clears in 1 run"
    return f"about {-(-pending // limit)} runs to clear"
