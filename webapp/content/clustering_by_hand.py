"""Which cluster a keyword belongs to, as people decide it. No run moves what a person placed. The caller commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update

from webapp.ai.embedded.naming import named
from webapp.ai.functions.clustering import KeywordFact, KeywordGroup, NamedGroup
from webapp.content.models import Cluster, Idea, Intent, Keyword, KeywordStatus
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.sites.models import Site

PLACEABLE = (KeywordStatus.NEW, KeywordStatus.CLUSTERED, KeywordStatus.UNCLUSTERED)


@dataclass(frozen=True)
class Moved:
    """How many keywords were placed, and which clusters are gone as they lost their last one: names by number."""

    keywords: int = 0
    removed: Mapping[int, str] = field(default_factory=dict)


def put_into(cluster: Cluster, ids: Collection[int]) -> Moved:
    """Puts these keywords of its site into the cluster. Of those that are in it already it says that they belong there.

    Skipped ones stay skipped. A cluster that loses its last keyword is kept if it has ideas, else removed.
    Raises Conflict if the cluster is gone.
    """
    return _place(cluster.site_id, ids, cluster, Keyword.status.in_(PLACEABLE))


def take_out(site_id: int, ids: Collection[int]) -> Moved:
    """Takes clustered keywords out: they are unclustered then, and none is offered to them."""
    return _place(site_id, ids, None, Keyword.status == KeywordStatus.CLUSTERED)


def put_into_nearest(site_id: int, ids: Collection[int]) -> Moved:
    """Puts unclustered keywords into the clusters that are offered to them. Those without an offer stay."""
    offered = select(Cluster).where(
        Cluster.id.in_(select(Keyword.nearest_cluster_id).where(*_of(site_id, ids))), Cluster.site_id == site_id
    )
    clusters = db.session.scalars(offered.order_by(Cluster.id)).all()
    return Moved(sum(_accept(cluster, ids) for cluster in clusters))


def found_cluster(site: Site, ids: Collection[int], by: str) -> tuple[Cluster, Moved]:
    """A cluster of these keywords, named after the most searched one. Raises Conflict if none of them can be placed."""
    chosen = placeable(site.id, ids)
    if not chosen:
        raise _nothing_to_place()
    cluster = Cluster(site_id=site.id, reason=f"Made by {by}.", volume=0, **_called(name_for(site, chosen)))
    db.session.add(cluster)
    db.session.flush()
    moved = put_into(cluster, ids)
    if not moved.keywords:
        raise _nothing_to_place()
    return cluster, moved


def placeable(site_id: int, ids: Collection[int]) -> Sequence[Keyword]:
    """Those of these keywords that can be placed, the most searched first."""
    order = (Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id)
    return db.session.scalars(
        select(Keyword).where(*_of(site_id, ids), Keyword.status.in_(PLACEABLE)).order_by(*order)
    ).all()


def name_for(site: Site, keywords: Iterable[Keyword]) -> NamedGroup:
    """What a cluster of these keywords, at least one, would be called."""
    facts = [
        KeywordFact(phrase=one.phrase, volume=one.volume, intent=one.intent.value if one.intent else None)
        for one in keywords
    ]
    return named(KeywordGroup(key="", keywords=facts), site.language)


def _called(told: NamedGroup) -> dict[str, Any]:
    return {"name": told.name, "head": told.head, "intent": Intent(told.intent) if told.intent else None}


def _nothing_to_place() -> Conflict:
    return Conflict(
        "None of the keywords that you chose can be put into a cluster.",
        "Nothing was changed. Restore those that are skipped first.",
    )


def _of(site_id: int, ids: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    return Keyword.site_id == site_id, Keyword.id.in_(ids)


def _accept(cluster: Cluster, ids: Collection[int]) -> int:
    offered = Keyword.status == KeywordStatus.UNCLUSTERED, Keyword.nearest_cluster_id == cluster.id
    return _place(cluster.site_id, ids, cluster, *offered).keywords


def _place(site_id: int, ids: Collection[int], into: Cluster | None, *which: ColumnElement[bool]) -> Moved:
    """Moves those of the keywords that are still where they were when the clusters were locked.

    Each cluster is searched for as its keywords are then, and one whose head keyword left has another.
    """
    db.session.flush()
    left = set(db.session.scalars(select(Keyword.cluster_id).where(*_of(site_id, ids)).distinct())) - {None}
    locked = _lock({*left, into.id} if into else left)
    if into and into.id not in locked:
        raise Conflict(f"The cluster “{into.name}” is gone.", "Nothing was changed: choose another one.")
    status = KeywordStatus.CLUSTERED if into else KeywordStatus.UNCLUSTERED
    moved = db.session.scalars(
        update(Keyword)
        .where(*_of(site_id, ids), *which, or_(Keyword.cluster_id.is_(None), Keyword.cluster_id.in_(locked)))
        .values(
            status=status,
            cluster_id=into.id if into else None,
            confidence=None,
            nearest_cluster_id=None,
            placed_by_hand=True,
        )
        .returning(Keyword.phrase)
    ).all()
    removed = _remove_empty(left - {into.id if into else None})
    for cluster in (cluster for id, cluster in locked.items() if id not in removed):
        cluster.volume = _volume_of(cluster)
        if cluster is not into and cluster.head in moved:
            cluster.head = _most_searched_of(cluster) or cluster.head
    db.session.flush()
    return Moved(len(moved), removed)


def _lock(ids: Collection[int | None]) -> dict[int, Cluster]:
    """The clusters as they are now, by number. Others who place keywords there wait: so their volumes add up."""
    rows = select(Cluster).where(Cluster.id.in_(ids)).order_by(Cluster.id).with_for_update()
    return {cluster.id: cluster for cluster in db.session.scalars(rows.execution_options(populate_existing=True))}


def _remove_empty(ids: Collection[int | None]) -> dict[int, str]:
    """Those of the clusters that have neither keywords nor ideas go."""
    has_keywords = exists().where(Keyword.cluster_id == Cluster.id)
    has_ideas = exists().where(Idea.cluster_id == Cluster.id)
    gone = delete(Cluster).where(Cluster.id.in_(ids), ~has_keywords, ~has_ideas).returning(Cluster.id, Cluster.name)
    found = db.session.execute(gone.execution_options(synchronize_session="fetch"))
    return {row.id: row.name for row in found}


def _volume_of(cluster: Cluster) -> int:
    return db.session.scalar(select(func.sum(Keyword.volume)).where(Keyword.cluster_id == cluster.id)) or 0


def _most_searched_of(cluster: Cluster) -> str | None:
    order = (Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id)
    return db.session.scalar(select(Keyword.phrase).where(Keyword.cluster_id == cluster.id).order_by(*order).limit(1))
