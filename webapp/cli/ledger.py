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
    """Compare every balance with the sum of its entries, and every hold with its call.

    Exit code 0: they agree; 1: they do not.
    """
    from dataclasses import asdict

    from webapp.credits.ledger import verify as add_up
    from webapp.pipeline.open_holds import unaccounted

    found, holds = add_up(), unaccounted()
    ok = found.ok and not holds
    if as_json:
        told = {"ok": ok, **asdict(found), "open_holds": [asdict(one) for one in holds]}
        click.echo(json.dumps(told, indent=2, default=str))
    else:
        click.echo(f"{found.accounts} accounts, {found.entries} entries, {len(found.differences)} differences.")
        for one in found.differences:
            click.echo(f"account {one.account_id}: balance {one.balance}, entries {one.entries}", err=True)
        for hold in holds:
            click.echo(
                f"account {hold.account_id}: entry {hold.entry_id} holds {hold.credits} credits for {hold.item} of"
                f" run {hold.run_id} since {hold.at:%Y-%m-%d %H:%M} UTC, and no call is open for it",
                err=True,
            )
    raise SystemExit(0 if ok else 1)
