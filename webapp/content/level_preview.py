"""What a site's clusters would be at each level, told beforehand. Only looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import aliased

from webapp.ai.grouping.levels import Level
from webapp.content.grouping import is_waiting, to_group
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
    """For the keywords that the next run will look at. What a person took out of its cluster no run touches, and with
    nothing new it looks at none.
    """
    from webapp.ai.grouping.grouping import preview  # numpy takes its time, and most processes group nothing

    found = _most_searched(site)
    waiting = db.session.scalar(select(func.count()).select_from(Keyword).where(*_waiting(site))) or 0
    return LevelPreview(preview(list(map(to_group, found))), waiting, len(found))


def _waiting(site: Site) -> tuple[ColumnElement[bool], ...]:
    new = aliased(Keyword)
    is_any_new = exists().where(new.site_id == site.id, new.status == KeywordStatus.NEW)
    return Keyword.site_id == site.id, is_waiting(), is_any_new


def _most_searched(site: Site) -> Sequence[Keyword]:
    order = (Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id)
    return db.session.scalars(select(Keyword).where(*_waiting(site)).order_by(*order).limit(MOST_LOOKED_AT)).all()
