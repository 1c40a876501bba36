"""The settings that a run starts with and keeps to its end, whatever is changed meanwhile."""

from pydantic import BaseModel
from sqlalchemy import select

from webapp.accounts.switches import Switch, is_on
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.credits import budget, ledger, prices
from webapp.pipeline.automation import Automation
from webapp.pipeline.stages import PAID
from webapp.pipeline.stages.articles import hundreds
from webapp.pipeline.states import StageKey
from webapp.publishing.approval import approves_by_itself
from webapp.sites.models import Site


class RunTerms(BaseModel):
    """Limits are in the stages' items, 0 for unlimited; prices in credits per unit; budgets in credits."""

    limits: dict[StageKey, int]
    stages_off: frozenset[StageKey]
    batch_size: int
    prices: dict[Operation, int]
    operations_off: frozenset[Operation]
    off_reasons: dict[Operation, str] = {}  # in the operator's words
    budgets: dict[Operation, int]
    enforces_budgets: bool = True  # or they are shown only: the operator has switched them off
    total_credits: int
    cap: int
    approves: bool = True  # or people do

    def exceeds_budget(self, operation: Operation, credits: int) -> bool:
        """Whether so many credits in all are more than the run may spend on it."""
        return self.enforces_budgets and credits > self.budgets[operation]

    def limit(self, stage: StageKey) -> int | None:
        """How many items a run may take there; None: all that wait."""
        if stage is StageKey.APPROVAL and not self.approves:
            return 0
        return self.limits[stage] or None


def cheapest_item() -> int:
    """The credits of the cheapest item that a run may buy; 0 where something costs nothing."""
    costs = prices.costs()
    bought = [stage for stage in PAID if costs[stage.operation].is_active]
    return min((costs[stage.operation].credits * stage.fewest_units for stage in bought), default=0)


def price_of_writing(target_words: int) -> int:
    """The credits that an article of so many words costs at today's prices."""
    return prices.costs()[Operation.CONTENT_GENERATION].credits * hundreds(target_words)


def automation_of(site: Site) -> Automation:
    """The site's automation settings; they are made with the site."""
    return db.session.get_one(Automation, site.id)


def lock_automation(site: Site) -> Automation:
    """The same, to be changed: who else wants to change them waits for the caller's commit."""
    locked = select(Automation).where(Automation.site_id == site.id).with_for_update()
    return db.session.scalars(locked.execution_options(populate_existing=True)).one()


def terms_of(site: Site) -> RunTerms:
    """The terms on which a run of this site would start now."""
    return terms_with(site, automation_of(site))


def terms_with(site: Site, automation: Automation) -> RunTerms:
    """The same with other automation settings, which need not be saved."""
    costs = prices.costs()
    total = budget.run_total(ledger.balance(site.account_id), automation.max_credits_per_run)
    return RunTerms(
        limits={stage: automation.limit(stage) for stage in StageKey},
        stages_off=frozenset(stage for stage in StageKey if not automation.is_on(stage)),
        batch_size=automation.batch_size,
        prices={operation: cost.credits for operation, cost in costs.items()},
        operations_off=frozenset(operation for operation, cost in costs.items() if not cost.is_active),
        off_reasons={
            operation: cost.off_reason for operation, cost in costs.items() if not cost.is_active and cost.off_reason
        },
        budgets=budget.operation_budgets(prices.split(site.id), total),
        enforces_budgets=is_on(Switch.BUDGET_ALLOCATION),
        total_credits=total,
        cap=automation.max_credits_per_run,
        approves=approves_by_itself(site.id),
    )
