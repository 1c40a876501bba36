"""Somebody who spends."""

from webapp.ai.provider import Operation
from webapp.credits.ledger import Purchase
from webapp.pipeline.models import Run


def purchase(run: Run, item: str = "articles:1", attempt: int = 1, article_id: int | None = None) -> Purchase:
    return Purchase(
        account_id=run.site.account_id,
        site_id=run.site_id,
        run_id=run.id,
        operation=Operation.CONTENT_GENERATION,
        item=item,
        attempt=attempt,
        article_id=article_id,
    )
