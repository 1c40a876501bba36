"""What a run of a site would do and cost."""

import json
from typing import Any

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import json_option, site_argument, site_named


@click.command()
@site_argument
@json_option
@with_appcontext
def estimate(site: str, as_json: bool) -> None:
    """Say what a run of SITE would do and cost if it started now. Starts nothing."""
    from webapp.core.db import reading
    from webapp.pipeline.estimate import estimate as foretell

    with reading():
        found = foretell(site_named(site))
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
        return
    about = "" if found.is_exact else "about "
    cap = f"at most {found.cap} a run" if found.cap else "no cap"
    click.echo(f"A run would cost {about}{found.credits} credits. The account has {found.balance}; {cap}.")
    for one in found.stages:
        click.echo(_line(one))


def _line(one: Any) -> str:
    from webapp.pipeline.estimate import SAID_OF_LIMITS

    counts = f"{one.pending:>6} waiting{one.planned:>6} planned{one.credits:>6} credits"
    limited = SAID_OF_LIMITS[one.limited_by] if one.limited_by else ""
    return f"  {one.stage.label:<28}{counts}  {limited}".rstrip()
