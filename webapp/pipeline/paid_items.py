"""What is done about the items of a stage that costs, each step within a transaction of their run."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.exc import OperationalError

from webapp.ai.provider import BadReply, Provider, Reply, Request, Step
from webapp.core.db import db
from webapp.core.settings import settings
from webapp.credits.ledger import OutOfCredits
from webapp.pipeline import calls
from webapp.pipeline.calls import Begun, CallTerms, Kept, NoAnswer
from webapp.pipeline.items import finish, next_item, pass_over, set_aside
from webapp.pipeline.models import ItemStatus, Run, RunItem
from webapp.pipeline.slice import Slice, StopRun
from webapp.pipeline.stage import Counts, PaidStage
from webapp.pipeline.states import StopReason

log = logging.getLogger(__name__)

BREAKS_IN_A_ROW = 3  # of ours while using answers: so many are no matter of one item
LOST_OVER_IT = "The worker was lost over this item again and again."
BROKE_OVER_IT = "Something broke on our side while using the answer. It is kept: trying again costs nothing."
BROKE_AGAIN = (
    "Something broke on our side while using the answer, as it did before. Trying again asks the provider anew, which"
    " costs credits."
)
LOST_WHILE_ASKING = (
    "The worker was lost over this item again and again while the provider was being asked. "
    "It may have done the work; the credits for it are still held."
)
NEVER_ANSWERED = "The provider never answered. It may have done the work; the credits for it are still held."


class CutShort(Exception):
    """The stage must begin nothing more; the next stages go on."""

    def __init__(self, reason: StopReason):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class AllThere:
    """Every question about the item has its answer."""


@dataclass(frozen=True)
class Begin:
    """What came of beginning an item, or of going on with it. `begun` is None where there is nothing to do for it.

    `kept`: the answers about it that are there, in the order of the questions; `question`: the first without one.
    """

    item_id: int
    request: Request | None = None
    begun: Begun | AllThere | None = None
    question: Request | None = None
    kept: tuple[Kept, ...] = ()


def replies_of(kept: Sequence[Kept]) -> list[Reply]:
    return [one.reply for one in kept]


class PaidItems:
    """The items of one stage of a run. The caller commits, under the fence."""

    def __init__(self, stage: PaidStage, work: Slice, provider: Provider):
        self._stage = stage
        self._slice = work
        self._provider = provider
        self._breaks = 0

    def begin_next(self, run: Run, besides: Sequence[int]) -> Begin | None:
        """Begins the next item that is none of these; None if there is none. Raises StopRun and CutShort."""
        item = next_item(run, self._stage.key, besides)
        if item is None:
            return None
        if item.losses >= settings().max_recoveries:
            set_aside(run, self._stage, item, LOST_OVER_IT, 0)
            return Begin(item.id)
        counts = self._stage.do_without_asking(run.site, item)
        if counts is not None:
            finish(run, self._stage, item, counts, 0)
            return Begin(item.id)
        request = self._stage.request(run.site, item)
        if request is None:
            pass_over(run, self._stage, item, 0)
            return Begin(item.id)
        return self._go_on(run, item, request, ())

    def go_on(self, run: Run, item_id: int, request: Request, kept: Sequence[Kept]) -> Begin | None:
        """The next question about an item, or the last one again; None if it is not in hand any more."""
        item = db.session.get_one(RunItem, item_id)
        return self._go_on(run, item, request, kept) if item.status is ItemStatus.IN_HAND else None

    def _go_on(self, run: Run, item: RunItem, request: Request, known: Sequence[Kept]) -> Begin:
        """Passes over the questions whose answers are there, to the first that has none."""
        kept = list(known)
        while step := self._provider.next_step(request, replies_of(kept)):
            begun = self._begin(run, item, step, is_first=not kept)
            if not isinstance(begun, Kept):
                break
            kept.append(begun)
        else:
            return self._in_hand(item, Begin(item.id, request, AllThere(), None, tuple(kept)))
        if isinstance(begun, NoAnswer):
            set_aside(run, self._stage, item, LOST_WHILE_ASKING if item.losses else NEVER_ANSWERED, 0)
            return Begin(item.id, request, begun)
        return self._in_hand(item, Begin(item.id, request, begun, step.request, tuple(kept)))

    @staticmethod
    def _in_hand(item: RunItem, began: Begin) -> Begin:
        item.status = ItemStatus.IN_HAND
        return began

    def _begin(self, run: Run, item: RunItem, step: Step, *, is_first: bool) -> Begun:
        """The first question about an item carries its whole price: what was begun is finished without more credits."""
        terms = CallTerms(
            price=self._slice.terms.prices[self._stage.operation] * item.units if is_first else 0,
            may_spend=lambda credits: self._may_spend(run, credits),
            deadline=timedelta(seconds=settings().call_deadline),
            article_id=self._stage.article_of(item),
        )
        try:
            return calls.begin(run, run.site, item, step, self._provider, terms)
        except OutOfCredits as empty:
            raise StopRun(StopReason.OUT_OF_CREDITS) from empty

    def _may_spend(self, run: Run, credits: int) -> None:
        committed = {result.stage: result.committed for result in run.stages}
        terms = self._slice.terms
        if terms.cap and sum(committed.values()) + credits > terms.cap:
            raise StopRun(StopReason.CREDIT_CAP_REACHED)
        if terms.exceeds_budget(self._stage.operation, committed[self._stage.key] + credits):
            raise CutShort(StopReason.BUDGET_USED)

    def apply(self, run: Run, item_id: int, request: Request, kept: Sequence[Kept], seconds: float) -> None:
        """Turns these answers into rows, or sets the item aside with the reason."""
        item = db.session.get_one(RunItem, item_id)
        if item.status is not ItemStatus.IN_HAND:
            return  # our own earlier commit, whose acknowledgement was lost
        try:
            counts = self._use(run, item, request, kept)
        except BadReply as bad:
            return set_aside(run, self._stage, item, f"The provider's answer cannot be used: {bad}.", seconds)
        if counts is None:
            why = BROKE_AGAIN if _broke_before(run, item) else BROKE_OVER_IT
            return set_aside(run, self._stage, item, why, seconds)
        calls.attribute(run, item, self._stage.operation, self._stage.article_of(item))
        return finish(run, self._stage, item, counts, seconds)

    def _use(self, run: Run, item: RunItem, request: Request, kept: Sequence[Kept]) -> Counts | None:
        """What came of it, all or nothing; None where code of ours broke over this one item."""
        try:
            with db.session.begin_nested():
                reply = self._provider.assembled(request, replies_of(kept))
                counts = self._stage.apply(run.site, item, reply, self._provider)
        except (BadReply, OperationalError):
            raise
        except Exception:
            self._breaks += 1
            if self._breaks >= BREAKS_IN_A_ROW:
                raise
            log.exception("run %s: item %s cannot be used", run.id, item.name)
            return None
        self._breaks = 0
        return counts

    def refuse(self, run: Run, item_id: int, said: str, seconds: float) -> None:
        """Sets aside what the provider will never do."""
        item = db.session.get_one(RunItem, item_id)
        if item.status is ItemStatus.IN_HAND:
            set_aside(run, self._stage, item, f"The provider refused it: {said}", seconds)


def _broke_before(run: Run, item: RunItem) -> bool:
    """Whether a run of the site broke over the same row already: an answer that breaks us twice is not used again."""
    same = Run.site_id == run.site_id, RunItem.stage == item.stage, RunItem.row == item.row
    earlier = select(RunItem.id).join(Run, Run.id == RunItem.run_id).where(*same, RunItem.why == BROKE_OVER_IT)
    return bool(db.session.scalar(select(exists(earlier))))
