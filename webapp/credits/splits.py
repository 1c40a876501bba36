"""Whether a site divides a run's credits by the global defaults or by a split of its own. The caller commits."""

from collections.abc import Mapping

from sqlalchemy import update

from webapp.ai.provider import Operation
from webapp.core.db import change, db
from webapp.core.errors import Invalid
from webapp.credits.budget import percent
from webapp.credits.models import WHOLE, SiteBudget

Split = Mapping[Operation, int]  # basis points


def own_split(budget: SiteBudget) -> Split | None:
    """The site's own split, None where it uses the global defaults."""
    if budget.use_global_defaults:
        return None
    return {operation: int(getattr(budget, operation.value)) for operation in Operation}


def lock(site_id: int) -> SiteBudget:
    """Two that change a site's budget take turns: the first change of this row makes the second wait.

    Raises NoResultFound if the site is gone.
    """
    change(
        update(SiteBudget)
        .where(SiteBudget.site_id == site_id)
        .values(use_global_defaults=SiteBudget.use_global_defaults)
    )
    return db.session.get_one(SiteBudget, site_id, populate_existing=True)


def set_split(site_id: int, split: Split | None) -> None:
    """Gives the site a split of its own; None: the global defaults. Raises Invalid unless it is the whole exactly."""
    check_split(split)
    budget = lock(site_id)
    if split is not None:
        for operation in Operation:
            setattr(budget, operation.value, split[operation])
    budget.use_global_defaults = split is None
    db.session.flush()


def check_split(split: Split | None) -> None:
    """Raises Invalid for an own split that is not the whole exactly."""
    if split is None:
        return
    total = sum(split[operation] for operation in Operation)
    if any(split[operation] < 0 for operation in Operation):
        raise Invalid("shares", "A share cannot be negative.", "Give five percentages from 0 to 100.")
    if total != WHOLE:
        raise Invalid(
            "shares",
            f"These add up to {percent(total)} %.",
            "They must be 100 % together: change a share, or press “Scale to 100% and save”.",
        )
