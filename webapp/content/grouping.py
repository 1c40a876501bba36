"""Keywords of a site that wait for a cluster, as they would be grouped now: among themselves and with what is there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, func, or_, select

from webapp.ai.grouping.told import KeywordToGroup
from webapp.content.models import Keyword, KeywordStatus
from webapp.core.db import db
from webapp.sites.models import Site

MOST_AT_ONCE = 50_000  # keywords of a run: they hold 1.1 GB while they are grouped
STAND_FOR_IT = 10  # keywords of a cluster that others are compared with: its most searched


@dataclass(frozen=True)
class NewGroup:
    """The head first, each with its confidence in percent. `lone`: keywords in no group, to which it is the nearest."""

    keywords: list[Keyword]
    confidence: list[int]
    lone: list[Keyword] = field(default_factory=list)

    def first(self, most: int) -> "NewGroup":
        rest = max(0, most - len(self.keywords))
        return NewGroup(self.keywords[:most], self.confidence[:most], self.lone[:rest])


@dataclass(frozen=True)
class Place:
    """A keyword joins the cluster with that confidence; or, where it is None, belongs to none and is nearest to it."""

    keyword: Keyword
    cluster_id: int
    confidence: int | None


@dataclass(frozen=True)
class SiteGrouping:
    groups: list[NewGroup]
    places: list[Place]

    def first(self, most: int) -> "SiteGrouping":
        """So many keywords of it: first those that are placed at no cost, then groups in order."""
        places = self.places[: max(0, most)]
        room = most - len(places)
        groups = []
        for one in self.groups:
            if room > 0:
                groups.append(one.first(room))
                room -= len(groups[-1].keywords) + len(groups[-1].lone)
        return SiteGrouping(groups, places)


def is_waiting() -> ColumnElement[bool]:
    """New keywords, and those that belonged to no cluster when they were looked at, unless a person said so."""
    again = and_(Keyword.status == KeywordStatus.UNCLUSTERED, Keyword.placed_by_hand.is_(False))
    return or_(Keyword.status == KeywordStatus.NEW, again)


def waiting(site_id: int, besides: Collection[int] = ()) -> Sequence[Keyword]:
    """New ones first, the most searched first, MOST_AT_ONCE of them: the others wait for the next run.

    None at all where none is new: then nothing is to be looked at again.
    """
    order = (Keyword.status != KeywordStatus.NEW, Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id)
    most = MOST_AT_ONCE + len(besides)
    some = select(Keyword).where(Keyword.site_id == site_id, is_waiting()).order_by(*order).limit(most)
    found = [keyword for keyword in db.session.scalars(some) if keyword.id not in besides][:MOST_AT_ONCE]
    return found if any(keyword.status is KeywordStatus.NEW for keyword in found) else []


def grouped(site: Site, keywords: Sequence[Keyword]) -> SiteGrouping:
    """How the keywords would be grouped at the site's level. Nothing is changed."""
    from webapp.ai.grouping.grouping import group  # numpy takes its time, and most processes group nothing

    if not keywords:
        return SiteGrouping([], [])
    known = [*map(to_group, keywords), *_standing_for_clusters(site.id)]
    found = group(known, site.cluster_level)
    groups = [
        NewGroup([keywords[n] for n in one.members], list(one.confidence)) for one in found.groups if not one.cluster
    ]
    number_of = {at: number for number, at in enumerate(n for n, one in enumerate(found.groups) if not one.cluster)}
    places = [
        Place(keywords[n], int(one.cluster), confidence)
        for one in found.groups
        if one.cluster
        for n, confidence in zip(one.members, one.confidence, strict=True)
    ]
    for lone in found.lone:
        near = found.groups[lone.nearest].cluster if isinstance(lone.nearest, int) else lone.nearest
        if near is None and isinstance(lone.nearest, int):
            groups[number_of[lone.nearest]].lone.append(keywords[lone.keyword])
        elif near is not None:
            places.append(Place(keywords[lone.keyword], int(near), None))
    return SiteGrouping(groups, _worth_telling(places))


def _worth_telling(places: Iterable[Place]) -> list[Place]:
    """Without those that stay what they are."""
    return [
        place
        for place in places
        if place.confidence is not None
        or (place.keyword.status, place.keyword.nearest_cluster_id) != (KeywordStatus.UNCLUSTERED, place.cluster_id)
    ]


def known_to(site_id: int) -> int:
    """How many keywords are looked at to group those of the site."""
    told = or_(is_waiting(), Keyword.cluster_id.is_not(None))
    return db.session.scalar(select(func.count()).select_from(Keyword).where(Keyword.site_id == site_id, told)) or 0


def to_group(keyword: Keyword) -> KeywordToGroup:
    intent = keyword.intent.value if keyword.intent else None
    return KeywordToGroup(keyword.phrase, keyword.volume, intent, tuple(keyword.serp or ()))


def _standing_for_clusters(site_id: int) -> list[KeywordToGroup]:
    rank = (
        func.row_number()
        .over(partition_by=Keyword.cluster_id, order_by=(Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id))
        .label("rank")
    )
    ranked = (
        select(Keyword.phrase, Keyword.volume, Keyword.intent, Keyword.cluster_id, rank)
        .where(Keyword.site_id == site_id, Keyword.cluster_id.is_not(None))
        .subquery()
    )
    rows = db.session.execute(select(ranked).where(ranked.c.rank <= STAND_FOR_IT)).all()
    return [
        KeywordToGroup(row.phrase, row.volume, row.intent and row.intent.value, cluster=str(row.cluster_id))
        for row in rows
    ]
