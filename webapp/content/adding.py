"""Adding keywords to a site: new ones are inserted, and of those that are there already what was unknown is filled in.

A keyword is there if its form for comparison is. What is known of it stays, and so does what became of it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from webapp.content.keyword_fields import KeywordFields
from webapp.content.models import Cluster, Keyword
from webapp.core.db import db, insert_if_absent
from webapp.sites.models import Site

MAY_BE_UNKNOWN = ("volume", "difficulty", "cpc", "intent", "country", "parent", "serp")
UNKNOWN = (None, "", ())


@dataclass(frozen=True)
class Added:
    """How many keywords are new to the site, and of how many that it had something unknown was filled in."""

    new: int
    filled_in: int


def add_keyword(site: Site, fields: KeywordFields) -> Added:
    """Adds one keyword and commits."""
    added = add_keywords(site.id, [fields])
    db.session.commit()
    return added


def add_keywords(site_id: int, some: Iterable[KeywordFields]) -> Added:
    """Adds up to a thousand or so; the same phrase may be among them twice. The caller commits."""
    take_turns(site_id)
    distinct = _distinct(some)
    new = _insert(site_id, distinct.values())
    there = {key: fields for key, fields in distinct.items() if key not in new and _says_something(fields)}
    return Added(len(new), _fill_in(site_id, there) if there else 0)


def take_turns(site_id: int) -> None:
    """Whoever else adds keywords to the site waits for the end of this transaction: two would meet in knots."""
    db.session.execute(select(Site.id).where(Site.id == site_id).with_for_update(key_share=True))


def _distinct(some: Iterable[KeywordFields]) -> dict[str, KeywordFields]:
    """Each phrase once, with what its later lines know besides."""
    found: dict[str, KeywordFields] = {}
    for fields in some:
        first = found.setdefault(fields.normal, fields)
        if first is not fields:
            found[fields.normal] = replace(first, **_missing(vars(first), fields))
    return found


def _insert(site_id: int, some: Collection[KeywordFields]) -> set[str]:
    """Inserts those that the site does not have. Answers their forms for comparison."""
    rows = [_row(fields) | {"site_id": site_id} for fields in some]
    inserted = insert_if_absent(Keyword, ["site_id", "normal"]).returning(Keyword.normal)
    return set(db.session.scalars(inserted, rows)) if rows else set()


def _fill_in(site_id: int, there: Mapping[str, KeywordFields]) -> int:
    columns = [getattr(Keyword, name) for name in MAY_BE_UNKNOWN]
    these = Keyword.site_id == site_id, Keyword.normal.in_(there), or_(*map(_is_unknown, columns))
    _lock_clusters_of(these)
    wanted = (
        select(Keyword.id, Keyword.normal, Keyword.cluster_id, *columns)
        .where(*these)
        .order_by(Keyword.id)
        .with_for_update()
    )
    known = [dict(row) for row in db.session.execute(wanted).mappings()]
    changes = [
        {"id": row["id"]} | {name: row[name] for name in MAY_BE_UNKNOWN} | missing
        for row in known
        if (missing := _missing(row, there[row["normal"]]))
    ]
    if changes:
        db.session.execute(update(Keyword), changes)
        _add_to_clusters(known, changes)
    return len(changes)


def _lock_clusters_of(these: Iterable[ColumnElement[bool]]) -> None:
    """First the clusters, then their keywords, as who moves keywords by hand does: two would meet in knots."""
    theirs = select(Keyword.cluster_id).where(*these, Keyword.cluster_id.is_not(None))
    db.session.execute(select(Cluster.id).where(Cluster.id.in_(theirs)).order_by(Cluster.id).with_for_update()).all()


def _add_to_clusters(known: Iterable[Mapping[str, Any]], changes: Iterable[Mapping[str, Any]]) -> None:
    """A cluster is searched for as its keywords are: what is known of these now counts there."""
    volumes = {row["id"]: row["volume"] or 0 for row in changes}
    more: Counter[int] = Counter()
    for row in known:
        if row["cluster_id"] is not None and row["volume"] is None:
            more[row["cluster_id"]] += volumes.get(row["id"], 0)
    for cluster_id, volume in sorted(more.items()):
        db.session.execute(
            update(Cluster).where(Cluster.id == cluster_id).values(volume=Cluster.volume + volume),
            execution_options={"synchronize_session": False},
        )


def _missing(known: Mapping[str, Any], fields: KeywordFields) -> dict[str, Any]:
    """What the fields say that is not known."""
    said = _row(fields)
    return {name: said[name] for name in MAY_BE_UNKNOWN if known[name] in UNKNOWN and said[name] not in UNKNOWN}


def _says_something(fields: KeywordFields) -> bool:
    return any(getattr(fields, name) not in UNKNOWN for name in MAY_BE_UNKNOWN)


def _is_unknown(column: Any) -> ColumnElement[bool]:
    return column == "" if column.key == "country" else column.is_(None)


def _row(fields: KeywordFields) -> dict[str, Any]:
    """As columns hold it."""
    return vars(fields) | {"parent": fields.parent or None, "serp": list(fields.serp) or None}
