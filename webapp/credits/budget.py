"""Arithmetic of budgets, in whole credits and basis points. Pure."""

from collections.abc import Mapping

from webapp.ai.provider import Operation
from webapp.credits.models import WHOLE


def run_total(balance: int, max_credits_per_run: int) -> int:
    """The credits that a run may spend at most: its cap, or all there are. A cap of 0 means no cap."""
    return balance if max_credits_per_run == 0 else min(balance, max_credits_per_run)


def operation_budget(basis_points: int, total_credits: int) -> int:
    """An operation's share of a run's credits, rounded down."""
    return total_credits * basis_points // WHOLE


def operation_budgets(split: Mapping[Operation, int], total_credits: int) -> dict[Operation, int]:
    return {operation: operation_budget(share, total_credits) for operation, share in split.items()}
