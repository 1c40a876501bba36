"""What operations cost, and how a site splits a run's credits among them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.accounts.models import OperatorEvent
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid
from webapp.credits.budget import percent
from webapp.credits.models import WHOLE, OperationCost, SiteBudget, Unit
from webapp.credits.splits import Split, own_split

DEFAULTS: dict[Operation, tuple[Unit, int, int]] = {  # unit, credits per unit, share in basis points
    Operation.CLUSTERING: (Unit.KEYWORD_BATCH, 10, 1500),
    Operation.IDEA_GENERATION: (Unit.CLUSTER, 15, 1000),
    Operation.CONTENT_GENERATION: (Unit.HUNDRED_WORDS, 1, 4000),
    Operation.IMAGE_PROMPT_EXTRACTION: (Unit.ARTICLE, 2, 500),
    Operation.IMAGE_GENERATION: (Unit.IMAGE, 5, 3000),
}
MOST_CREDITS = 1_000_000  # per unit


@dataclass(frozen=True)
class Price:
    """What operators set: credits per unit, the share of a run's credits in basis points, and why it is switched off
    (None: it is not)."""

    credits: int
    share: int
    off_reason: str | None = None


class PricesMovedOn(Conflict):
    """Somebody else has changed the prices between our look and our save."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed the prices meanwhile.", "Nothing was saved: compare, and save again."
        )


def costs() -> dict[Operation, OperationCost]:
    """The price of every operation: as the operators have set it, else the default, which is no row of its own."""
    found = {cost.operation: cost for cost in db.session.scalars(select(OperationCost))}
    return {operation: found.get(operation) or default(operation) for operation in Operation}


def default(operation: Operation) -> OperationCost:
    unit, credits, share = DEFAULTS[operation]
    return OperationCost(operation=operation, unit=unit, credits=credits, budget_basis_points=share, is_active=True)


def split(site_id: int) -> Split:
    """A site's split of a run's credits, in basis points that sum to 10,000."""
    own = own_split(db.session.get_one(SiteBudget, site_id))
    return global_split() if own is None else own


def global_split() -> Split:
    return {operation: cost.budget_basis_points for operation, cost in costs().items()}


def version(current: Mapping[Operation, OperationCost]) -> str:
    """Names these prices: others have another name."""
    shown = [(operation.value, price_of(cost)) for operation, cost in current.items()]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def price_of(cost: OperationCost) -> Price:
    return Price(cost.credits, cost.budget_basis_points, None if cost.is_active else cost.off_reason or "")


def set_prices(wanted: Mapping[Operation, Price], *, by: str, seen: str) -> bool:
    """Sets all prices for runs that start from now on, and records what changed. Answers whether anything did.

    `seen` is the version that the operator looked at. Raises PricesMovedOn if there is another by now, Invalid for
    values that cannot be. The caller commits.
    """
    _check(wanted)
    current = _locked()
    if version(current) != seen:
        raise PricesMovedOn()
    changes = [told for one in Operation for told in _set(current[one], wanted[one])]
    db.session.add_all(OperatorEvent(by=by, text=told) for told in changes)
    db.session.flush()
    return bool(changes)


def _check(wanted: Mapping[Operation, Price]) -> None:
    together = sum(price.share for price in wanted.values())
    if together != WHOLE or any(not 0 <= price.share <= WHOLE for price in wanted.values()):
        raise Invalid("total", f"The percentages sum to {percent(together)} %.", "They must sum to exactly 100 %.")
    for operation, price in wanted.items():
        if not 0 <= price.credits <= MOST_CREDITS:
            raise Invalid(f"{operation}_credits", f"A price is from 0 to {MOST_CREDITS:,} credits.")
        if price.off_reason is not None and not price.off_reason.strip():
            raise Invalid(f"{operation}_off_reason", "Say why it is switched off.", "Accounts read it.")


def _locked() -> dict[Operation, OperationCost]:
    """The rows of all operations, made where there are none, so that two who save take turns."""
    rows = [
        {"operation": one, "unit": unit, "credits": credits, "budget_basis_points": share, "is_active": True}
        for one, (unit, credits, share) in DEFAULTS.items()
    ]
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    db.session.execute(insert(OperationCost).values(rows).on_conflict_do_nothing())
    found = db.session.scalars(
        select(OperationCost)
        .order_by(OperationCost.operation)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    by_operation = {cost.operation: cost for cost in found}
    return {operation: by_operation[operation] for operation in Operation}


def _set(cost: OperationCost, wanted: Price) -> list[str]:
    """Writes the price, and says what that changes."""
    name, before, told = cost.operation.label, price_of(cost), []
    if wanted.credits != before.credits:
        told.append(f"{name}: {before.credits:,} → {wanted.credits:,} credits per {cost.unit.label}.")
    if wanted.share != before.share:
        told.append(f"{name}: {percent(before.share)} → {percent(wanted.share)} % of a run's credits.")
    if wanted.off_reason != before.off_reason:
        told.append(
            f"Switched {name} on." if wanted.off_reason is None else f"Switched {name} off: {wanted.off_reason}"
        )
    cost.credits, cost.budget_basis_points = wanted.credits, wanted.share
    cost.is_active, cost.off_reason = wanted.off_reason is None, wanted.off_reason
    return told
