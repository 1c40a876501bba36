"""What a run that starts now would do and cost, stage by stage, and what limits it. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from webapp.ai.provider import Operation
from webapp.credits import ledger
from webapp.pipeline.foresight import Ahead, Outlook
from webapp.pipeline.stage import PaidStage, Stage
from webapp.pipeline.stages import STAGES
from webapp.pipeline.states import StageKey
from webapp.pipeline.summary import ITEMS
from webapp.pipeline.terms import RunTerms, terms_of
from webapp.sites.ai.providers import providers_of
from webapp.sites.models import Site


class LimitedBy(StrEnum):
    """What keeps a stage from taking all that waits for it."""

    LIMIT = "limit"
    BUDGET = "budget"
    CAP = "cap"
    BALANCE = "balance"
    OPERATION_OFF = "operation_off"
    STAGE_OFF = "stage_off"
    PEOPLE = "people"  # approving is left to them


SAID_OF_LIMITS: dict[LimitedBy, str] = {
    LimitedBy.LIMIT: "its limit per run",
    LimitedBy.BUDGET: "the budget of its operation",
    LimitedBy.CAP: "the run's credit cap",
    LimitedBy.BALANCE: "the account's credits",
    LimitedBy.OPERATION_OFF: "an operation that the operator has switched off",
    LimitedBy.STAGE_OFF: "its being switched off",
    LimitedBy.PEOPLE: "approving by hand",
}


@dataclass(frozen=True)
class StageEstimate:
    """`pending`: items that wait now. `planned`: items of the run, those included that it makes itself.
    `runs_to_clear`: in how many runs like this one what waits now is done; None: never.
    `next_price`: credits for the first item that cannot be paid; 0 where all can."""

    stage: StageKey
    pending: int
    planned: int
    credits: int
    limited_by: LimitedBy | None
    runs_to_clear: int | None
    next_price: int = 0

    @property
    def waits(self) -> str:
        """What `pending` counts: "keywords waiting"."""
        one, many = ITEMS[self.stage]
        return f"{one if self.pending == 1 else many} waiting"


@dataclass(frozen=True)
class Estimate:
    """`credits` of the whole run; `cap` of the site, 0 for none; `balance` of the account.
    `is_exact`: nothing had to be assumed about what the provider will answer."""

    credits: int
    cap: int
    balance: int
    is_exact: bool
    stages: list[StageEstimate]

    def of(self, stage: StageKey) -> StageEstimate:
        return self.stages[stage.number - 1]

    def as_json(self) -> dict[str, Any]:
        """In the shape of `pressroom estimate --json`."""
        return {
            "credits": self.credits,
            "cap": self.cap,
            "balance": self.balance,
            "exact": self.is_exact,
            "stages": [
                {
                    "stage": one.stage.number,
                    "name": one.stage.label,
                    "pending": one.pending,
                    "planned": one.planned,
                    "credits": one.credits,
                    "limited_by": one.limited_by and one.limited_by.value,
                    "runs_to_clear": one.runs_to_clear,
                }
                for one in self.stages
            ],
        }


def estimate(site: Site, terms: RunTerms | None = None) -> Estimate:
    """Of a run on these terms, or on those that it would start with now. Reads in the caller's transaction."""
    terms = terms or terms_of(site)
    balance = ledger.balance(site.account_id)
    outlook = Outlook(site, terms, providers_of(site))
    purse = Purse(terms, balance)
    stages = [_stage(stage, outlook, purse) for stage in STAGES]
    return Estimate(sum(one.credits for one in stages), terms.cap, balance, outlook.is_exact, stages)


def _stage(stage: Stage, outlook: Outlook, purse: "Purse") -> StageEstimate:
    pending = stage.pending(outlook.site)
    off = _is_off(stage, outlook.terms)
    if off is not None:
        if off is LimitedBy.STAGE_OFF:
            outlook.skipped(stage.key)
        return StageEstimate(stage.key, pending, 0, 0, off, None if pending else 0)
    waiting = outlook.waiting(stage.key)
    taken = purse.pay_for(stage, waiting)
    outlook.done(stage.key, taken)
    planned = sum(item.weight for item in taken)
    return StageEstimate(
        stage.key,
        pending,
        planned,
        purse.spent_by(stage.key),
        purse.refused_for if len(taken) < len(waiting) else _limit_of(stage.key, pending, outlook),
        -(-pending // planned) if planned else (None if pending else 0),
        purse.price_of(stage, waiting[len(taken)]) if len(taken) < len(waiting) else 0,
    )


def _is_off(stage: Stage, terms: RunTerms) -> LimitedBy | None:
    if stage.key in terms.stages_off:
        return LimitedBy.STAGE_OFF
    if isinstance(stage, PaidStage) and stage.operation in terms.operations_off:
        return LimitedBy.OPERATION_OFF
    if stage.key is StageKey.APPROVAL and not terms.approves:
        return LimitedBy.PEOPLE
    return None


def _limit_of(stage: StageKey, pending: int, outlook: Outlook) -> LimitedBy | None:
    limit = outlook.terms.limit(stage)
    return LimitedBy.LIMIT if limit is not None and pending + outlook.made_for(stage) > limit else None


@dataclass
class Purse:
    """The credits of the run that is foreseen, spent by the rules of the one that works. See PaidItems._may_spend."""

    terms: RunTerms
    balance: int
    refused_for: LimitedBy | None = None
    _spent: dict[StageKey, int] = field(default_factory=dict)

    def pay_for(self, stage: Stage, items: Sequence[Ahead]) -> list[Ahead]:
        """Those that are paid for, up to the first that cannot be. A run that lacks credits ends there."""
        if not isinstance(stage, PaidStage):
            return [] if self._is_over else list(items)
        taken: list[Ahead] = []
        for item in items:
            if not self._pays(stage, self.price_of(stage, item)):
                break
            taken.append(item)
        return taken

    def price_of(self, stage: Stage, item: Ahead) -> int:
        return self.terms.prices[stage.operation] * item.units if isinstance(stage, PaidStage) else 0

    def spent_by(self, stage: StageKey) -> int:
        return self._spent.get(stage, 0)

    @property
    def _is_over(self) -> bool:
        return self.refused_for in (LimitedBy.CAP, LimitedBy.BALANCE)

    def _pays(self, stage: PaidStage, price: int) -> bool:
        if self._is_over:
            return False
        self.refused_for = self._refuses(stage.key, stage.operation, price)
        if self.refused_for is None:
            self._spent[stage.key] = self.spent_by(stage.key) + price
        return self.refused_for is None

    def _refuses(self, stage: StageKey, operation: Operation, price: int) -> LimitedBy | None:
        """What keeps this price from being paid."""
        if not price:
            return None
        spent = sum(self._spent.values())
        if self.terms.cap and spent + price > self.terms.cap:
            return LimitedBy.CAP
        if self.terms.exceeds_budget(operation, self.spent_by(stage) + price):
            return LimitedBy.BUDGET
        return LimitedBy.BALANCE if spent + price > self.balance else None
