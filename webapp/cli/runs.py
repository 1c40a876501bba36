"""Runs: start and follow one, pause, resume and cancel it."""

import json
import sys
import time
from typing import Any

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import BY, json_option, site_argument, site_named

FOLLOWS_EVERY = 0.3  # seconds
INTERRUPTED = 130  # exit code


@click.command()
@site_argument
@click.option("--follow", is_flag=True, help="Stay and show the progress until the run ends. Ctrl-C leaves it running.")
@json_option
@with_appcontext
def run(site: str, follow: bool, as_json: bool) -> None:
    """Start a run of SITE.

    Exit code 0: it is started (with --follow: completed); 1: it is not; 130: Ctrl-C, and the run goes on.
    """
    from webapp.core.errors import Conflict
    from webapp.jobs import queue
    from webapp.pipeline import control, view
    from webapp.pipeline.models import Trigger

    try:
        started = control.start(site_named(site), by=BY, trigger=Trigger.COMMAND)
    except control.RunInTheWay as blocked:
        raise Conflict(blocked.sentence, _how_to_go_on(blocked.run, site)) from blocked
    _tell_who_will_work(queue.deliver(started))
    if follow:
        _follow(started.id, site)
    ended = _fresh(started.id)
    click.echo(json.dumps(view.as_json(ended), indent=2) if as_json else _in_words(ended))
    if follow and ended.status.value != "completed":
        raise SystemExit(1)


def _how_to_go_on(in_the_way: Any, site: str) -> str:
    going_on = f"Go on with it: pressroom resume {site}. " if in_the_way.status.value == "paused" else ""
    return f"{going_on}End it: pressroom cancel {site}. Nothing was started."


def _tell_who_will_work(delivered: bool) -> None:
    from redis.exceptions import RedisError

    from webapp.jobs import queue

    try:
        if delivered and not queue.listening(queue.RUNS):
            click.echo("No worker is listening. Start them with bin/up; the run waits for them.", err=True)
    except RedisError:
        delivered = False
    if not delivered:
        click.echo("Redis does not answer; the run is queued and starts by itself when it is back.", err=True)


def _fresh(run_id: int) -> Any:
    from webapp.core.db import db
    from webapp.pipeline.models import Run

    db.session.rollback()
    db.session.expunge_all()
    return db.session.get_one(Run, run_id)


def _follow(run_id: int, site: str) -> None:
    """Shows a bar on standard error until the run ends."""
    try:
        with click.progressbar(length=100, label=f"Run {run_id}", file=sys.stderr) as bar:
            while _show(bar, run_id):
                time.sleep(FOLLOWS_EVERY)
    except KeyboardInterrupt:
        click.echo(f"\nRun {run_id} goes on without you. Stop it with: pressroom cancel {site}", err=True)
        raise SystemExit(INTERRUPTED) from None


def _show(bar: Any, run_id: int) -> bool:
    """Brings the bar to where the run is. Answers whether there is more to come."""
    from sqlalchemy.exc import OperationalError

    from webapp.core.db import reading

    try:
        with reading():
            current = _fresh(run_id)
            stage = next((result.stage.label for result in current.stages if result.status.value == "working"), "")
    except OperationalError:
        bar.label = f"Run {run_id}  {'The database does not answer':<28}"
        bar.update(0)
        return True
    bar.label = f"Run {run_id}  {_label(current, stage):<28}"
    bar.update(current.percent - bar.pos)
    return bool(current.is_active)


def _label(run: Any, stage: str) -> str:
    return stage if stage and run.status.value == "running" else run.status.value.capitalize()


def _in_words(run: Any) -> str:
    from webapp.pipeline import view

    seen = view.view_of(run)
    lines = [f"Run {run.id} is {run.status.value}. {seen.headline}"]
    if seen.reason:
        lines.append(seen.reason.text)
    lines += [f"  {row.name:<28}{row.processed:>6} of {row.total:<6} {row.note}".rstrip() for row in seen.rows]
    return "\n".join(lines)


@click.command()
@site_argument
@json_option
@with_appcontext
def pause(site: str, as_json: bool) -> None:
    """Pause the active run of SITE, at once."""
    from webapp.pipeline import control

    _tell(control.pause(_active(site), BY), as_json)


@click.command()
@site_argument
@json_option
@with_appcontext
def resume(site: str, as_json: bool) -> None:
    """Resume the paused run of SITE where it stopped."""
    from webapp.jobs import queue
    from webapp.pipeline import control
    from webapp.pipeline.states import RunStatus

    resumed = control.resume(_active(site), BY)
    if resumed.status is RunStatus.QUEUED:
        _tell_who_will_work(queue.deliver(resumed))
    _tell(resumed, as_json)


@click.command()
@site_argument
@json_option
@with_appcontext
def cancel(site: str, as_json: bool) -> None:
    """Cancel the active run of SITE, at once. What is finished is kept."""
    from webapp.pipeline import control

    _tell(control.cancel(_active(site), BY), as_json)


def _active(site: str) -> Any:
    from webapp.core.errors import NotFound
    from webapp.pipeline import control

    active = control.active_run(site_named(site).id)
    if active is None:
        raise NotFound(f"No run of {site} is active.", f"Start one with: pressroom run {site}")
    return active


def _tell(run: Any, as_json: bool) -> None:
    from webapp.pipeline import view

    click.echo(json.dumps(view.as_json(run), indent=2) if as_json else f"Run {run.id} is {run.status.value}.")
