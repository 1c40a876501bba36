"""What the calls of a run, or about an article, cost in money at the endpoints that were asked."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from webapp.core.db import db
from webapp.pipeline.models import AiCall, CallStatus, Run
from webapp.sites.ai.prices import in_dollars


@dataclass(frozen=True)
class Money:
    """`known`: millionths of a dollar, of all calls with a price; `unpriced`: how many have none."""

    known: int
    unpriced: int

    @property
    def told(self) -> str:
        """ "$0.47", "$0.47, and 3 calls whose price is unknown", "unknown"."""
        if not self.unpriced:
            return f"${in_dollars(self.known)}"
        if not self.known:
            return "unknown"
        calls = "1 call" if self.unpriced == 1 else f"{self.unpriced:,} calls"
        return f"${in_dollars(self.known)}, and {calls} whose price is unknown"


def of_run(run: Run) -> Money | None:
    """None where it asked no endpoint."""
    return _of(AiCall.run_id == run.id)


def of_article(article_id: int) -> Money | None:
    return _of(AiCall.article_id == article_id)


def _of(which: ColumnElement[bool]) -> Money | None:
    calls, unpriced, cost = db.session.execute(
        select(func.count(), func.count().filter(AiCall.cost.is_(None)), func.sum(AiCall.cost)).where(
            which, AiCall.status == CallStatus.ANSWERED, AiCall.connection_id.is_not(None)
        )
    ).one()
    return Money(int(cost or 0), unpriced or 0) if calls else None
