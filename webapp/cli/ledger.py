"""The record of all credits."""

import json

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import json_option


@click.group()
def ledger() -> None:
    """The record of all credits."""


@ledger.command()
@json_option
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
