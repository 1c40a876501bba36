"""A site's automation settings: when runs start, which stages they have, their limits, and what those come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.pipeline import advice
from webapp.pipeline.automation import Automation, next_runs
from webapp.pipeline.estimate import SAID_OF_LIMITS, Estimate, StageEstimate, estimate
from webapp.pipeline.key_hold import refusing
from webapp.pipeline.scheduling import set_schedule
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import automation_of, lock_automation, terms_with
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.forms.automation import AutomationForm
from webapp.web.forms.versioned import Line
from webapp.web.htmx import is_htmx
from webapp.web.run_page import ICONS

pages = Blueprint("automation", __name__, url_prefix="/sites/<slug>/automation")

RUNS_AHEAD = 3  # whose times are shown


@dataclass(frozen=True)
class Start:
    """When a run would start by itself. `is_moved`: the time that was asked for does not exist on that day."""

    at: datetime
    weekday: str
    is_moved: bool


@dataclass(frozen=True)
class Foretold:
    """What templates/automation/_foretold.html takes: what these settings would come to."""

    found: Estimate
    stages: dict[str, str]  # what a stage would do, in words, by its key
    starts: list[Start]
    asked_for: str
    tips: list[str]


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    automation = automation_of(site)
    form = AutomationForm(obj=automation)
    form.stages_on.data = [stage.value for stage in StageKey if automation.is_on(stage)]
    form.frequency.data = automation.frequency.value
    form.draw_from(form.described(automation))
    return _page(site, form)


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = AutomationForm()
    if not form.validate():
        return _page(site, form), 422
    stored = lock_automation(site)
    wanted = _wanted(site, form)
    lines = form.overtaken_by(form.described(stored), form.described(wanted))
    if lines:
        form.draw_from(form.described(stored))
        db.session.commit()
        return _page(site, form, lines), 409
    times = stored.times
    form.write_to(stored)
    if stored.times != times:
        set_schedule(stored)
    db.session.commit()
    flash("Automation settings saved. They apply from the next run.", "ok")
    return redirect(url_for("automation.show", slug=slug), 303)


@pages.post("/check")
def check(slug: str) -> ResponseReturnValue:
    """What the settings in the form would come to. Saves nothing: the fragment for HTMX, else the page as it is."""
    with reading():
        site = site_or_404(slug, Role.EDITOR)
        form = AutomationForm()
        code = 200 if form.validate() else 422
        return make_response(_fragment(site, form) if is_htmx() else _page(site, form, is_checked=True), code)


@pages.get("/cost")
def cost(slug: str) -> ResponseReturnValue:
    """What a run would cost now, to stand beside the button that starts it."""
    with reading():
        site = site_or_404(slug)
        if not is_htmx():
            return redirect(url_for("automation.show", slug=slug, _anchor="foretold"))
        return render_template("automation/_cost.html", site=site, found=estimate(site))


def _page(site: Site, form: AutomationForm, lines: Sequence[Line] = (), is_checked: bool = False) -> str:
    shown = _shown(site, form)
    return render_template(
        "automation/index.html", page="automation", lines=lines, is_checked=is_checked, refusing=refusing(site), **shown
    )


def _fragment(site: Site, form: AutomationForm) -> str:
    return render_template("automation/_foretold.html", alone=True, **_shown(site, form))


def _shown(site: Site, form: AutomationForm) -> dict[str, Any]:
    return {
        "site": site,
        "form": form,
        "stages": [
            {"key": stage.value, "name": stage.label, "icon": ICONS[stage], "field": form.limit(stage)}
            for stage in StageKey
        ],
        "foretold": None if form.errors else _foretell(site, form),
    }


def _foretell(site: Site, form: AutomationForm) -> Foretold:
    automation, moment = _wanted(site, form), now()
    terms = terms_with(site, automation)
    found = estimate(site, terms)
    return Foretold(
        found=found,
        stages={one.stage.value: _in_words(one) for one in found.stages},
        starts=[_start(site, automation, at) for at in next_runs(automation, site.zone, moment, RUNS_AHEAD)],
        asked_for=automation.run_time,
        tips=advice.tips(site, automation, terms, found, moment),
    )


def _wanted(site: Site, form: AutomationForm) -> Automation:
    """The settings in the form, which are not saved."""
    automation = Automation(site_id=site.id)
    form.write_to(automation)
    return automation


def _start(site: Site, automation: Automation, at: datetime) -> Start:
    local = at.astimezone(site.zone)
    return Start(at, f"{local:%a}", f"{local:%H:%M}" != automation.run_time)


def _in_words(one: StageEstimate) -> str:
    """ "10 this run for 30 credits; its limit per run leaves the rest for later. About 3 runs for what waits." """
    if not one.pending and not one.planned:
        return "Nothing to do."
    why = f"; {SAID_OF_LIMITS[one.limited_by]} leaves the rest for later" if one.limited_by else ""
    price = f" for {one.credits:,} credits" if one.credits else ""
    return f"{one.planned:,} this run{price}{why}. {_runs_to_clear(one)}".strip()


def _runs_to_clear(one: StageEstimate) -> str:
    match one.runs_to_clear:
        case 0:
            return ""
        case None:
            return "What waits is not taken."
        case 1:
            return "" if one.limited_by else "One run takes all of it."
        case runs:
            return f"About {runs:,} runs for what waits."
