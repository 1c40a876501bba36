"""The installation as a whole: its health, its database, its demo."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import json_option

if TYPE_CHECKING:
    from webapp.jobs.system import System


@click.command()
@json_option
@with_appcontext
def doctor(as_json: bool) -> None:
    """Check everything that Pressroom needs. Exit code 0: all is well; 1: something is not."""
    from webapp.jobs.doctor import examine
    from webapp.jobs.system import look

    system = look()
    checks = examine(system)
    ok = all(check.ok for check in checks)
    if as_json:
        found = {"ok": ok, "checks": [check.as_json() for check in checks], "system": system.as_json()}
        click.echo(json.dumps(found, indent=2))
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<14} {check.detail}")
            if not check.ok:
                click.echo(f"      what to do: {check.remedy}")
        for line in _in_brief(system):
            click.echo(f"      {line}")
    raise SystemExit(0 if ok else 1)


def _in_brief(system: "System") -> Iterator[str]:
    """What goes on, a line each. `--json` and the System page have all of it."""
    if system.workers is not None:
        busy = sum(worker.busy for worker in system.workers)
        yield f"workers: {busy} at work, {len(system.workers) - busy} idle"
    for queue in system.queues or ():
        yield f"queue {queue.name}: {queue.waiting} waiting, {queue.at_work} at work, {queue.failed} failed"
    if system.runs is not None:
        runs = ", ".join(f"{count} {status}" for status, count in system.runs.active.items())
        yield f"runs: {runs}; {system.runs.recovering.count} being recovered"


@click.command()
@with_appcontext
def upgrade() -> None:
    """Bring the database to the newest shape. What is in it is kept."""
    from alembic import command
    from alembic.util import CommandError
    from flask import current_app

    from webapp.core.errors import Conflict
    from webapp.pipeline import pictures

    try:
        command.upgrade(current_app.extensions["migrate"].migrate.get_config(), "head")
    except CommandError as error:
        raise Conflict(
            f"The database fits no version of this code: {error}.", "Start the code that made it."
        ) from error
    gathered = pictures.gather()
    if gathered.taken:
        click.echo(f"Pictures that were files of this machine only and are in the database now: {gathered.taken}.")
    for line in gathered.refused:
        click.echo(f"A picture cannot be taken in: {line}. Mend it and upgrade again, or do without it.", err=True)
    click.echo("The database has the newest shape.")


@click.command()
@with_appcontext
def demo() -> None:
    """Make the demo account and its site, once. A second call changes nothing."""
    from webapp.pipeline.demo import found_demo

    click.echo(found_demo())
