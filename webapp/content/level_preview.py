"""What a site's clusters would be at each level, told beforehand. Only looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from webapp.ai.grouping.grouping import preview
from webapp.ai.grouping.levels import Level
from webapp.ai.grouping.told import KeywordToGroup
from webapp.content.models import Keyword, KeywordStatus
from webapp.core.db import db
from webapp.sites.models import Site

MOST_LOOKED_AT = 3000  # in a request


@dataclass(frozen=True)
class LevelPreview:
    """How many clusters each level gives. `waiting`: keywords in no cluster; `looked_at`: the most searched of them."""

    clusters: Mapping[Level, int]
    waiting: int
    looked_at: int


def preview_levels(site: Site) -> LevelPreview:
    """For the keywords that a run may still group. What a person took out of its cluster no run touches."""
    found = _most_searched(site)
    waiting = db.session.scalar(select(func.count()).select_from(Keyword).where(*_waiting(site))) or 0
    return LevelPreview(preview([KeywordToGroup(one.phrase, one.volume) for one in found]), waiting, len(found))


def _waiting(site: Site) -> tuple[ColumnElement[bool], ...]:
    statuses = KeywordStatus.NEW, KeywordStatus.UNCLUSTERED
    return Keyword.site_id == site.id, Keyword.status.in_(statuses), ~Keyword.placed_by_hand


def _most_searched(site: Site) -> Sequence[Keyword]:
    order = (Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id)
    return db.session.scalars(select(Keyword).where(*_waiting(site)).order_by(*order).limit(MOST_LOOKED_AT)).all()
