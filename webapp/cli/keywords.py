"""Keywords of a site."""

import json
import time
from typing import IO, Any

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import BY, InputFile, json_option, name_of, site_argument, site_named

MOST_NAMED = 1000  # lines


@click.command("import-keywords")
@site_argument
@click.argument("file", type=InputFile())
@json_option
@with_appcontext
def import_keywords(site: str, file: IO[bytes], as_json: bool) -> None:
    """Import a FILE of keywords into SITE: an export of a keyword tool, or a list.

    Lines and values that cannot be understood are named on standard error, and the others are imported; what is there
    already is not added again. Cut off, it is gone on with by a worker. Exit code 0: the file was read to its end;
    1: it is no file of keywords, and nothing was imported, or it breaks off, and what comes before is imported.
    """
    from webapp.content.imports.at_once import import_at_once
    from webapp.content.imports.queries import first_remarks

    began = time.monotonic()
    done: Any = import_at_once(site_named(site), file, name_of(file), BY)
    for note in done.understanding["notes"]:
        click.echo(note, err=True)
    remarks = first_remarks(done.id, MOST_NAMED)
    for number, _, text in remarks:
        click.echo(f"line {number}: {text}", err=True)
    if done.remarks > len(remarks):
        click.echo(f"and {done.remarks - len(remarks)} more lines like these", err=True)
    if as_json:
        click.echo(json.dumps(_figures(done) | {"seconds": round(time.monotonic() - began, 3)}))
    else:
        filled_in = f" (in {done.filled_in} something was filled in)" if done.filled_in else ""
        click.echo(f"{done.new} new, {done.duplicates} already there{filled_in}, {done.bad} not understood.")


def _figures(done: Any) -> dict[str, Any]:
    return {
        "import_id": done.id,
        "source": done.understanding["source"],
        "lines": done.lines,
        "new": done.new,
        "duplicates": done.duplicates,
        "filled_in": done.filled_in,
        "left_out": done.bad,
    }
