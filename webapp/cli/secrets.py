"""What is kept encrypted."""

import click
from flask.cli import with_appcontext


@click.group()
def secrets() -> None:
    """Passwords of other sites, kept encrypted."""


@secrets.command()
@with_appcontext
def rotate() -> None:
    """Encrypt everything anew with the present SECRET_KEY.

    What an older key opens is read with SECRET_KEY_OLD. Exit code 0: all of it is done; 1: some no key opens.
    """
    from webapp.core.secrets import rotate as encrypt_anew

    done = encrypt_anew()
    click.echo(f"Encrypted with the present key: {done.renewed}.")
    for name in done.unreadable:
        click.echo(f"SECRET_KEY has changed, and no key opens {name}: enter it again.", err=True)
    raise SystemExit(1 if done.unreadable else 0)
