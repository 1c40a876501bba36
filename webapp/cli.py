"""`pressroom …`: what an owner or an operator does from a terminal. Each command calls one function."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import click
from flask.cli import ScriptInfo, with_appcontext

import config
from webapp.core.errors import PressroomError

FOLLOWS_EVERY = 0.3  # seconds


class Commands(click.Group):
    """Turns our errors into a sentence and exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (PressroomError, config.BadSetting) as error:
            raise click.ClickException(str(error)) from error


def _create_app() -> Any:
    from webapp import create_app

    return create_app()


@click.group(cls=Commands)
@click.pass_context
def main(context: click.Context) -> None:
    """Pressroom turns keywords into published articles."""
    context.obj = ScriptInfo(create_app=_create_app)


def _site(slug: str) -> Any:
    from sqlalchemy import select

    from webapp.core.db import db
    from webapp.core.errors import NotFound
    from webapp.sites.models import Site

    site = db.session.scalar(select(Site).where(Site.slug == slug))
    if site is None:
        known = ", ".join(db.session.scalars(select(Site.slug).order_by(Site.slug).limit(10))) or "none yet"
        raise NotFound(f"There is no site {slug!r}.", f"Sites here: {known}.")
    return site


@main.command()
@click.argument("site")
@click.option("--follow", is_flag=True, help="Stay and show the progress until the run ends.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
@with_appcontext
def run(site: str, follow: bool, as_json: bool) -> None:
    """Start a run of SITE. Exit code 0: started (or, with --follow, completed); 1: it did not."""
    from webapp.jobs import queue
    from webapp.pipeline import control, view
    from webapp.pipeline.models import Trigger

    started = control.start(_site(site), by="the command line", trigger=Trigger.COMMAND)
    run_id = started.id
    if not queue.deliver(started):
        click.echo("Redis does not answer; the run is queued and starts when it is back.", err=True)
    elif not queue.workers():
        click.echo("No worker is listening. Start them with bin/up; the run waits for them.", err=True)
    if follow:
        _follow(run_id)
    ended = _fresh(run_id)
    click.echo(json.dumps(view.as_json(ended), indent=2) if as_json else _in_words(ended))
    if follow and ended.status.value != "completed":
        raise SystemExit(1)


def _fresh(run_id: int) -> Any:
    from webapp.core.db import db
    from webapp.pipeline.models import Run

    db.session.rollback()
    db.session.expunge_all()
    return db.session.get_one(Run, run_id)


def _follow(run_id: int) -> None:
    """Shows a bar on standard error. Ctrl-C leaves the run running."""
    from webapp.core.db import reading

    with click.progressbar(length=100, label=f"Run {run_id}", file=sys.stderr) as bar:
        shown = 0
        while True:
            with reading():
                current = _fresh(run_id)
                stage = next((result.stage.label for result in current.stages if result.status.value == "working"), "")
            bar.label = f"Run {run_id}  {stage or current.status.value:<26}"
            bar.update(current.percent - shown)
            shown = current.percent
            if not current.is_active:
                return
            time.sleep(FOLLOWS_EVERY)


def _in_words(run: Any) -> str:
    from webapp.pipeline import view

    seen = view.view_of(run)
    lines = [f"Run {run.id} is {run.status.value}. {seen.headline}"]
    if seen.reason:
        lines.append(seen.reason.text)
    lines += [f"  {row.name:<28}{row.processed:>6} of {row.total:<6} {row.note}".rstrip() for row in seen.rows]
    return "\n".join(lines)


def _control(verb: str, text: str) -> Callable[..., None]:
    @main.command(name=verb, help=text)
    @click.argument("site")
    @with_appcontext
    def command(site: str) -> None:
        from webapp.core.errors import NotFound
        from webapp.jobs import queue
        from webapp.pipeline import control

        active = control.active_run(_site(site).id)
        if active is None:
            raise NotFound(f"No run of {site} is active.", f"Start one with: pressroom run {site}")
        moved = getattr(control, verb)(active, "the command line")
        if verb == "resume":
            queue.deliver(moved)
        click.echo(f"Run {moved.id} is {moved.status.value}.")

    return command


_control("pause", "Pause the active run of SITE, at once.")
_control("resume", "Resume the paused run of SITE.")
_control("cancel", "Cancel the active run of SITE, at once. What is finished is kept.")


@main.command("import-keywords")
@click.argument("site")
@click.argument("file", type=click.File("rb"))
@with_appcontext
def import_keywords(site: str, file: Any) -> None:
    """Import a CSV FILE with a header row into SITE."""
    from webapp.content.importing import import_csv

    report = import_csv(_site(site), file)
    for number, reason in report.bad:
        click.echo(f"line {number}: {reason}", err=True)
    click.echo(f"{report.new} new, {report.duplicates} already there, {len(report.bad)} not understood.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@with_appcontext
def doctor(as_json: bool) -> None:
    """Check everything that Pressroom needs. Exit code 0: all is well; 1: something is not."""
    from webapp.jobs.doctor import examine

    checks = examine()
    ok = all(check.ok for check in checks)
    if as_json:
        click.echo(json.dumps({"ok": ok, "checks": [check.as_json() for check in checks]}, indent=2))
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<10} {check.detail}")
            if not check.ok:
                click.echo(f"      what to do: {check.remedy}")
    raise SystemExit(0 if ok else 1)


@main.group()
def ledger() -> None:
    """The record of all credits."""


@ledger.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@with_appcontext
def verify(as_json: bool) -> None:
    """Compare every balance with the sum of its entries. Exit code 0: they agree; 1: they do not."""
    from dataclasses import asdict

    from webapp.credits.ledger import verify as add_up

    found = add_up()
    if as_json:
        click.echo(json.dumps({"ok": found.ok, **asdict(found)}, indent=2))
    else:
        click.echo(f"{found.accounts} accounts, {found.entries} entries, {len(found.differences)} differences.")
        for one in found.differences:
            click.echo(f"account {one.account_id}: balance {one.balance}, entries {one.entries}", err=True)
    raise SystemExit(0 if found.ok else 1)


@main.command()
@with_appcontext
def demo() -> None:
    """Make the demo account and its site, once. A second call changes nothing."""
    from webapp.pipeline.demo import found_demo

    click.echo(found_demo())


@main.command()
@with_appcontext
def upgrade() -> None:
    """Bring the database to the newest shape."""
    from flask_migrate import upgrade as run_migrations

    run_migrations()


if __name__ == "__main__":
    main(prog_name="pressroom")
