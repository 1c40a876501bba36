"""Sites that publish to WordPress."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

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

    found = site_named(site)
    _refuse_private(found)
    click.echo(read_posts(found.id).sentence)


@wordpress.command()
@site_argument
@with_appcontext
def tidy(site: str) -> None:
    """Delete drafts in the WordPress of SITE that were made twice because an answer was lost, and arrived late."""
    from webapp.publishing.wordpress.tidy import tidy as tidy_up

    found = site_named(site)
    _refuse_private(found)
    click.echo(f"Drafts deleted: {tidy_up(found.id)}.")


def _refuse_private(site: Any) -> None:
    """What only this terminal may not reach is no news for the site's page. Raises Conflict."""
    from webapp.core.db import db, reading
    from webapp.core.errors import Conflict
    from webapp.core.outbound import UnknownName, addresses_of, is_public
    from webapp.core.settings import settings
    from webapp.publishing.models import WordPressConnection

    with reading():
        connection = db.session.get(WordPressConnection, site.id)
        db.session.commit()
    if connection is None or settings().allow_private_targets:
        return
    parts = urlsplit(connection.address)
    with suppress(UnknownName):
        if not all(is_public(one) for one in addresses_of(parts.hostname or "", parts.port or 443)):
            raise Conflict(
                f"{parts.hostname} is within a private network, which this command may not ask.",
                "Allow it as for the installation: ALLOW_PRIVATE_TARGETS=1. Nothing was changed.",
            )
