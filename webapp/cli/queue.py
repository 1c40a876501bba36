"""The publishing queue of a site."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import json_option, site_argument, site_named


@click.command()
@site_argument
@json_option
@with_appcontext
def queue(site: str, as_json: bool) -> None:
    """Show every approved article of SITE: when it goes out, why it waits, or where it is."""
    from webapp.core.db import db, reading
    from webapp.publishing import queries
    from webapp.publishing.models import PublishingSettings
    from webapp.publishing.why import Search

    with reading():
        found = site_named(site)
        counts, publications = queries.counts(found.id), _publications(found)
        limit = db.session.get_one(PublishingSettings, found.id).queue_limit
        search = Search(found)
        tried = {one.id: search.steps(one) for one in publications if one.reason is not None}
    if as_json:
        items = [_item(publication) | {"tried": tried.get(publication.id)} for publication in publications]
        shape = asdict(counts) | {"queue_limit": limit, "items": items}
        click.echo(json.dumps(shape, indent=2, ensure_ascii=False))
    else:
        click.echo(
            f"{counts.approved} approved: {counts.waiting} waiting, {counts.scheduled} scheduled,"
            f" {counts.publishing} publishing, {counts.published} published, {counts.failed} failed."
            f" Queue limit: {limit or 'none'}. Times are in {found.time_zone}."
        )
        for publication in publications:
            click.echo(_line(publication, found.zone))
            for step in tried.get(publication.id, ()):
                click.echo(f"{'':13}· {step}")


def _publications(site: Any) -> list[Any]:
    """What goes out comes first, then what waits, what failed, and what is out, the latest first."""
    from webapp.publishing import queries

    counts = queries.counts(site.id)
    return [
        *queries.upcoming(site.id, counts.scheduled + counts.publishing),
        *queries.waiting(site.id, counts.waiting),
        *queries.failed(site.id, counts.failed),
        *queries.published(site.id, counts.published),
    ]


def _item(publication: Any) -> dict[str, Any]:
    from webapp.core.clock import now
    from webapp.publishing.why import trouble

    return {
        "article_id": publication.article_id,
        "title": publication.article.title,
        "status": publication.status.value,
        "slot_at": written(publication.slot_at),
        "reason": publication.reason.value if publication.reason else None,
        "link": publication.link,
        "published_at": written(publication.published_at),
        "error": trouble(publication, now()) or None,
    }


def written(instant: datetime | None) -> str | None:
    """An instant as the JSON shapes have it: 2026-10-25T07:00:00Z."""
    return None if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _line(publication: Any, zone: ZoneInfo) -> str:
    when = f"{publication.at.astimezone(zone):%a %d %b %Y %H:%M}" if publication.at else ""
    return (
        f"  {publication.status.value:<11}{when:<22}{publication.article.title}  {_about(publication, zone)}".rstrip()
    )


def _about(publication: Any, zone: ZoneInfo) -> str:
    """Why it is not out; of what is out, where it is."""
    from webapp.core.clock import now
    from webapp.publishing.reasons import WORDS
    from webapp.publishing.why import is_retrying, trouble

    if publication.reason:
        return WORDS[publication.reason].sentence
    said = trouble(publication, now())
    if is_retrying(publication, now()):
        return f"{said} Tried again by itself from {publication.next_attempt_at.astimezone(zone):%H:%M} on."
    return said or publication.link or ""
