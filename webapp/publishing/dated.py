"""What went out when and what will, for calendars: where there is more than has room, what is ahead comes first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, case, select
from sqlalchemy.orm import joinedload

from webapp.content.models import Article
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.models import Publication, PublicationStatus

IS_OUT = Publication.status == PublicationStatus.PUBLISHED
AT = case((IS_OUT, Publication.published_at), else_=Publication.slot_at)
DATED = (*Publication.LIVE, PublicationStatus.PUBLISHED)


@dataclass(frozen=True)
class Day:
    """Those of a day that have room, in their order, and how many more there are."""

    shown: Sequence[Publication] = ()
    more: int = 0


def around(site_id: int, start: datetime, moment: datetime, end: datetime, most: int) -> Sequence[Publication]:
    """Those from `start` until before `end`, in their order; if there are more, those next to the moment, later ones
    first."""
    later = _publications(_between(site_id, moment, end).order_by(AT, Publication.id).limit(most))
    room = most - len(later)
    earlier = _publications(_between(site_id, start, moment).order_by(AT.desc(), Publication.id.desc()).limit(room))
    return [*reversed(earlier), *later]


def by_day(site_id: int, start: datetime, end: datetime, zone: ZoneInfo, most: int) -> dict[date, Day]:
    """The local days from `start` until before `end` on which there is something, with at most so many of each."""
    dated = select(Publication.id, AT.label("at")).where(*_within(site_id, start, end)).order_by(AT, Publication.id)
    rows = db.session.execute(dated).all()
    of_day = {day: list(some) for day, some in groupby(rows, key=lambda row: row.at.astimezone(zone).date())}
    chosen = {day: _chosen(some, most) for day, some in of_day.items()}
    found = _by_id({id for ids in chosen.values() for id in ids})
    return {day: Day([found[id] for id in ids], len(of_day[day]) - len(ids)) for day, ids in chosen.items()}


def _chosen(of_day: Sequence[Row[Any]], most: int) -> list[int]:
    """Their numbers, in their order."""
    ahead = sum(row.at >= now() for row in of_day)
    first = max(0, min(len(of_day) - ahead, len(of_day) - most))
    return [row.id for row in of_day[first : first + most]]


def _by_id(ids: Collection[int]) -> dict[int, Publication]:
    wanted = select(Publication).where(Publication.id.in_(ids))
    return {one.id: one for one in _publications(wanted)}


def _between(site_id: int, start: datetime, end: datetime) -> Select[Publication]:
    return select(Publication).where(*_within(site_id, start, end))


def _within(site_id: int, start: datetime, end: datetime) -> tuple[Any, ...]:
    return Publication.site_id == site_id, Publication.status.in_(DATED), start <= AT, end > AT


def _publications(wanted: Select[Publication]) -> Sequence[Publication]:
    """With their articles."""
    return db.session.scalars(wanted.options(joinedload(Publication.article).load_only(Article.title))).all()
