"""Arithmetic of budgets, in whole credits and basis points. Pure."""

from collections.abc import Mapping

from webapp.ai.provider import Operation
from webapp.core.errors import Invalid
from webapp.credits.models import WHOLE


def run_total(balance: int, max_credits_per_run: int) -> int:
    """The credits that a run may spend at most: its cap, or all there are. A cap of 0 means no cap."""
    return balance if max_credits_per_run == 0 else min(balance, max_credits_per_run)


def operation_budget(basis_points: int, total_credits: int) -> int:
    """An operation's share of a run's credits, rounded down."""
    return total_credits * basis_points // WHOLE


def operation_budgets(split: Mapping[Operation, int], total_credits: int) -> dict[Operation, int]:
    return {operation: operation_budget(share, total_credits) for operation, share in split.items()}


def scaled(split: Mapping[Operation, int]) -> dict[Operation, int]:
    """The same proportions, adding up to the whole in basis points. What rounding down leaves goes to the largest
    remainders, of equal ones to the first. Raises Invalid where all are zero."""
    total = sum(split.values())
    if total == 0:
        raise Invalid("shares", "All five shares are zero.", "Give at least one operation a share, then scale.")
    rounded = {operation: share * WHOLE // total for operation, share in split.items()}
    by_remainder = sorted(split, key=lambda operation: split[operation] * WHOLE % total, reverse=True)
    for operation in by_remainder[: WHOLE - sum(rounded.values())]:
        rounded[operation] += 1
    return rounded


def percent(basis_points: int) -> str:
    """As people write it, with two decimals and without a sign: 3333 is "33.33"."""
    return f"{basis_points // 100}.{basis_points % 100:02}"
