"""Keywords of a site."""

from typing import IO

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import InputFile, site_argument, site_named


@click.command("import-keywords")
@site_argument
@click.argument("file", type=InputFile())
@with_appcontext
def import_keywords(site: str, file: IO[bytes]) -> None:
    """Import a FILE of keywords into SITE: an export of a keyword tool, or a list.

    Lines and values that cannot be understood are named on standard error, and the others are imported. Exit code 0:
    the file was read; 1: it is no such file, and nothing was imported.
    """
    from webapp.content.importing.storing import import_csv

    report = import_csv(site_named(site), file)
    for number, reason in sorted(report.bad + report.unread):
        click.echo(f"line {number}: {reason}", err=True)
    if report.more_bad:
        click.echo(f"and {report.more_bad} more lines like these", err=True)
    click.echo(f"{report.new} new, {report.duplicates} already there, {report.not_understood} not understood.")
