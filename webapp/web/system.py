"""The operator's page: how the installation is, and what to do about a run that does not go on."""

from math import ceil

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from webapp.core.db import db
from webapp.core.errors import Conflict, NotFound
from webapp.core.settings import settings
from webapp.jobs import takeover
from webapp.jobs.takeover import Sighting, TakenOver
from webapp.pipeline import control
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus
from webapp.web.access import LARGEST_ID, require_operator
from webapp.web.htmx import is_htmx
from webapp.web.system_page import system_page

pages = Blueprint("system", __name__, url_prefix="/operator/system")

LATER = "It is delivered as soon as Redis answers."


@pages.before_request
def _only_operators() -> None:
    require_operator()


@pages.get("")
def show() -> ResponseReturnValue:
    return render_template("system/index.html", view=system_page(), page="system")


@pages.get("/live")
def live() -> ResponseReturnValue:
    """The fragment that the page asks for again and again. Where nothing changed it answers 304 and renders nothing."""
    if not is_htmx():
        return redirect(url_for("system.show"))
    view = system_page()
    known = {tag.split(":")[0] for tag in request.if_none_match.as_set()}  # compressing adds ":br" to a tag
    same = view.version in known
    answer = Response(status=304) if same else make_response(render_template("system/_live.html", view=view))
    answer.set_etag(view.version)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pages.get("/runs/<int:run_id>/take-over")
def confirm_take_over(run_id: int) -> ResponseReturnValue:
    run = takeover.running(_number(run_id))
    return render_template(
        "system/take_over.html",
        run=run,
        seen=takeover.sight(run),
        seconds=ceil(takeover.longest_wait()),
        lease=ceil(settings().lease_ttl),
        page="system",
    )


@pages.post("/runs/<int:run_id>/take-over")
def take_over(run_id: int) -> ResponseReturnValue:
    done = takeover.take_over(_number(run_id), _seen(), current_user.name)
    return _back(_words_of(done))


@pages.get("/runs/<int:run_id>/cancel")
def confirm_cancel(run_id: int) -> ResponseReturnValue:
    run = _run(run_id)
    if not run.is_active:
        raise Conflict(f"Run {run.id} is {run.status.value} by now.", "Nothing was changed; its site is free.")
    return render_template("system/cancel.html", run=run, page="system")


@pages.post("/runs/<int:run_id>/cancel")
def cancel(run_id: int) -> ResponseReturnValue:
    run = control.cancel(_run(run_id), current_user.name)
    return _back(f"Run {run.id} is cancelled, and its site is free. Finished work is kept.")


def _run(run_id: int) -> Run:
    run = db.session.get(Run, _number(run_id))
    if run is None:
        raise NotFound(f"There is no run {run_id} any more.", "It was deleted with its site.")
    return run


def _number(run_id: int) -> int:
    if run_id > LARGEST_ID:
        raise NotFound(f"There is no run {run_id}.")
    return run_id


def _seen() -> Sighting:
    """What the confirm page was about. What cannot be read was never seen."""
    form = request.form
    return Sighting(
        epoch=form.get("epoch", -1, type=int),
        heartbeat=form.get("heartbeat", -1, type=int),
        at=form.get("at", float("inf"), type=float),
    )


def _words_of(done: TakenOver) -> str:
    run = done.run
    if run.status is RunStatus.FAILED:
        return f"Run {run.id} has failed: its workers were lost again and again. Its site is free."
    if done.was_gone:
        text = f"Run {run.id} is queued again. Its worker was gone."
    else:
        text = f"Run {run.id} is queued again. What its worker had asked may still come back: that is waited for."
    return text if done.delivered else f"{text} {LATER}"


def _back(text: str) -> ResponseReturnValue:
    flash(text, "ok")
    return redirect(url_for("system.show"), 303)
