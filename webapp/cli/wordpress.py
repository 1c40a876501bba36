"""Sites that publish to WordPress."""

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import site_argument, site_named


@click.group()
def wordpress() -> None:
    """Sites that publish to WordPress."""


@wordpress.command()
@site_argument
@with_appcontext
def read(site: str) -> None:
    """Read which posts the WordPress of SITE has, so that articles can link to them and are not written twice."""
    from webapp.publishing.wordpress.existing import read_posts

    click.echo(read_posts(site_named(site).id).sentence)


@wordpress.command()
@site_argument
@with_appcontext
def tidy(site: str) -> None:
    """Put late copies into the trash: drafts in the WordPress of SITE that were made twice as an answer was lost."""
    from webapp.publishing.wordpress.tidy import tidy as tidy_up

    click.echo(f"Drafts put into the trash: {tidy_up(site_named(site).id)}.")
