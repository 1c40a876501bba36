"""What operations cost, and how a site splits a run's credits among them."""

from sqlalchemy import select

from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.credits.models import OperationCost, SiteBudget, Unit
from webapp.credits.splits import Split, own_split

DEFAULTS: dict[Operation, tuple[Unit, int, int]] = {  # unit, credits per unit, share in basis points
    Operation.CLUSTERING: (Unit.KEYWORD_BATCH, 10, 1500),
    Operation.IDEA_GENERATION: (Unit.CLUSTER, 15, 1000),
    Operation.CONTENT_GENERATION: (Unit.HUNDRED_WORDS, 1, 4000),
    Operation.IMAGE_PROMPT_EXTRACTION: (Unit.ARTICLE, 2, 500),
    Operation.IMAGE_GENERATION: (Unit.IMAGE, 5, 3000),
}


def costs() -> dict[Operation, OperationCost]:
    """The price of every operation: as the operators have set it, else the default, which is no row of its own."""
    found = {cost.operation: cost for cost in db.session.scalars(select(OperationCost))}
    return {operation: found.get(operation) or default(operation) for operation in Operation}


def default(operation: Operation) -> OperationCost:
    unit, credits, share = DEFAULTS[operation]
    return OperationCost(operation=operation, unit=unit, credits=credits, budget_basis_points=share, is_active=True)


def cheapest() -> int:
    """The credits that one unit of the cheapest operation costs, of those that cost anything."""
    return min((cost.credits for cost in costs().values() if cost.is_active and cost.credits), default=0)


def split(site_id: int) -> Split:
    """A site's split of a run's credits, in basis points that sum to 10,000."""
    own = own_split(db.session.get_one(SiteBudget, site_id))
    return global_split() if own is None else own


def global_split() -> Split:
    return {operation: cost.budget_basis_points for operation, cost in costs().items()}
