"""Many processes that approve articles of one site at the same time, and what must be true afterwards."""

import time
from dataclasses import dataclass
from itertools import count

from sqlalchemy import func, insert, select

from tests import factories
from tests.faults.approver import REFUSED
from tests.processes import crew, eventually
from webapp.content.models import Article, ArticleStatus
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.publishing import queries
from webapp.publishing.models import Publication, PublishingSettings
from webapp.sites.models import Site

WITHIN = 800  # seconds

_numbers = count(1)


@dataclass(frozen=True)
class Approved:
    """What came of it. `booked_twice`: slots; `lost`: articles without a publication."""

    approved: int
    scheduled: int
    booked_twice: int
    lost: int
    refused: int
    seconds: float


def site_with_articles(articles: int) -> Site:
    """They are in review, and its queue takes all of them."""
    site = factories.site()
    db.session.get_one(PublishingSettings, site.id).queue_limit = 0
    db.session.execute(insert(Article), [_article(site.id, next(_numbers)) for _ in range(articles)])
    db.session.commit()
    return site


def _article(site_id: int, number: int) -> dict[str, object]:
    return {
        "site_id": site_id,
        "title": f"Basil, part {number}",
        "slug": f"basil-part-{number}",
        "meta_title": f"Basil, part {number}",
        "meta_description": "What basil wants.",
        "excerpt": "Basil wants light.",
        "focus_keyword": "basil",
        "body_html": "<p>Basil wants light.</p>",
        "words": 3,
        "written_by": "a person",
        "status": ArticleStatus.REVIEW,
        "prompts_at": now(),
    }


def approved_at_once(site: Site, environ: dict[str, str], processes: int) -> Approved:
    """All that is in review, by so many processes."""
    with crew(environ) as started:
        approvers = [
            started.start_module("tests.faults.approver", f"{lane}/{processes}") for lane in range(1, processes + 1)
        ]
        began = time.monotonic()
        eventually(lambda: all(one.ended for one in approvers), within=WITHIN)
        seconds = time.monotonic() - began
        assert [one.wait() for one in approvers] == [0] * processes, started.said()
    return _looked_at(site, seconds)


def _looked_at(site: Site, seconds: float) -> Approved:
    db.session.expire_all()
    counts = queries.counts(site.id)
    slots = select(func.count(Publication.slot_at), func.count(Publication.slot_at.distinct()))
    booked, different = db.session.execute(slots.where(Publication.site_id == site.id)).one()
    without = select(Article.id).where(
        Article.site_id == site.id,
        Article.status == ArticleStatus.APPROVED,
        Article.id.not_in(select(Publication.article_id)),
    )
    lost = len(db.session.scalars(without).all())
    db.session.commit()
    assert counts.conserved, counts
    refused = int(connection().get(REFUSED) or 0)
    return Approved(counts.approved, counts.scheduled, booked - different, lost, refused, seconds)
