"""Runs: starting one, watching it, and stopping it."""

import json
from collections.abc import Callable

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy import select

from webapp.accounts.models import Role
from webapp.core.db import db
from webapp.jobs import queue
from webapp.pipeline import control, history
from webapp.pipeline.automation import SkippedRun
from webapp.pipeline.control import RunInTheWay
from webapp.pipeline.models import Run, RunEvent, Trigger
from webapp.pipeline.states import RunStatus
from webapp.sites.models import Site
from webapp.web.access import row_or_404, site_or_404
from webapp.web.htmx import after_post, is_htmx
from webapp.web.run_page import live_run, version_of

pages = Blueprint("runs", __name__, url_prefix="/sites/<slug>/runs")

PAGE = 50
LATEST_SKIPPED = 10
LONGEST_TOKEN = 64
LATER = "Redis does not answer right now; it goes on by itself when it is back."


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    before = request.args.get("before", type=int)
    lines = history.runs_of(site.id, PAGE + 1, before)
    skipped = select(SkippedRun).where(SkippedRun.site_id == site.id).order_by(SkippedRun.id.desc())
    return render_template(
        "runs/index.html",
        site=site,
        lines=lines[:PAGE],
        next_before=lines[PAGE - 1].run.id if len(lines) > PAGE else None,
        skipped=db.session.scalars(skipped.limit(LATEST_SKIPPED)).all(),
        active=control.active_run(site.id),
        page="runs",
    )


@pages.post("")
def start(slug: str) -> ResponseReturnValue:
    """A start that finds a run in the way shows it by name, with what can be done about it."""
    site = site_or_404(slug, Role.EDITOR)
    try:
        run = control.start(
            site,
            by=current_user.name,
            trigger=Trigger.PERSON,
            token=request.form.get("start_token", "")[:LONGEST_TOKEN] or None,
        )
    except RunInTheWay as blocked:
        return render_template("runs/in_the_way.html", site=site, blocked=blocked, run=blocked.run, page="runs"), 409
    delivered = queue.deliver(run)
    return _moved(site, run, f"Run {run.id} has started." if delivered else f"Run {run.id} is queued. {LATER}")


@pages.post("/<int:run_id>/replace")
def replace(slug: str, run_id: int) -> ResponseReturnValue:
    """Cancels the run that is in the way, and starts a new one."""
    site = site_or_404(slug, Role.EDITOR)
    in_the_way = row_or_404(Run, site, run_id)
    control.cancel(in_the_way, current_user.name)
    run = control.start(site, by=current_user.name, trigger=Trigger.PERSON)
    queue.deliver(run)
    return _moved(site, run, f"Run {run_id} is cancelled, and run {run.id} has started.")


@pages.get("/<int:run_id>")
def show(slug: str, run_id: int) -> ResponseReturnValue:
    site = site_or_404(slug)
    run = row_or_404(Run, site, run_id)
    return render_template("runs/show.html", site=site, view=live_run(run, site), page="runs")


@pages.get("/<int:run_id>/live")
def live(slug: str, run_id: int) -> ResponseReturnValue:
    """The fragment that the page asks for again and again. An unchanged run answers 304 and renders nothing."""
    site = site_or_404(slug)
    run = row_or_404(Run, site, run_id)
    if not is_htmx():
        return redirect(url_for("runs.show", slug=slug, run_id=run_id))
    version = f"{version_of(run)}-{current_user.id}-{g.role.value}"  # its buttons and token are this person's
    known = {tag.split(":")[0] for tag in request.if_none_match.as_set()}  # compressing adds ":br" to a tag
    answer = Response(status=304) if version in known else _fragment(site, run)
    answer.set_etag(version)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pages.get("/<int:run_id>/log")
def log(slug: str, run_id: int) -> ResponseReturnValue:
    site = site_or_404(slug)
    run = row_or_404(Run, site, run_id)
    after = request.args.get("after", 0, type=int)
    rows = select(RunEvent).where(RunEvent.run_id == run.id, RunEvent.id > after).order_by(RunEvent.id)
    events = list(db.session.scalars(rows.limit(PAGE * 4 + 1)))
    return render_template(
        "runs/log.html",
        site=site,
        run=run,
        events=events[: PAGE * 4],
        next_after=events[PAGE * 4 - 1].id if len(events) > PAGE * 4 else None,
        page="runs",
    )


@pages.get("/<int:run_id>/cancel")
def confirm_cancel(slug: str, run_id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    run = row_or_404(Run, site, run_id)
    return render_template("runs/cancel.html", site=site, view=live_run(run, site), page="runs")


@pages.post("/<int:run_id>/pause")
def pause(slug: str, run_id: int) -> ResponseReturnValue:
    return _control(slug, run_id, control.pause, "Run {} is paused. Nothing new is begun.")


@pages.post("/<int:run_id>/resume")
def resume(slug: str, run_id: int) -> ResponseReturnValue:
    return _control(slug, run_id, control.resume, "Run {} goes on.")


@pages.post("/<int:run_id>/cancel")
def cancel(slug: str, run_id: int) -> ResponseReturnValue:
    return _control(slug, run_id, control.cancel, "Run {} is cancelled. Finished work is kept.")


def _control(slug: str, run_id: int, move: Callable[[Run, str], Run], said: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    run = move(row_or_404(Run, site, run_id), current_user.name)
    text = said.format(run.id)
    if run.status is RunStatus.QUEUED and not queue.deliver(run):
        text = f"{text} {LATER}"
    return _moved(site, run, text)


def _moved(site: Site, run: Run, text: str) -> ResponseReturnValue:
    return after_post(lambda: _fragment(site, run), url_for("runs.show", slug=site.slug, run_id=run.id), "ok", text)


def _fragment(site: Site, run: Run) -> Response:
    """The last one of a run lets the page know, so that its menu counts anew."""
    answer = make_response(render_template("runs/_live.html", site=site, view=live_run(run, site)))
    if not run.is_active:
        answer.headers["HX-Trigger"] = json.dumps({"run-ended": run.id})
    return answer
