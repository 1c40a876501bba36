"""Working through a stage whose items each cost one call, several calls at a time.

Threads only call the provider. The main thread alone reads and writes the database: it begins items in the planned
order, keeps every answer as soon as it is there, and applies the answers in the planned order, so that the same data
gives the same rows however fast the answers come.
"""

import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta

from webapp.ai.provider import AskedOtherwise, KeyRefused, NoPlace, OutcomeUnknown, ProviderError, QuotaUsedUp, Request
from webapp.core.clock import now
from webapp.core.settings import settings
from webapp.pipeline.calls import Send, StillOut
from webapp.pipeline.claim import Fenced
from webapp.pipeline.keeping import Keeping
from webapp.pipeline.lane import Lane
from webapp.pipeline.models import Run
from webapp.pipeline.paid_items import AllThere, Begin, CutShort, PaidItems, replies_of
from webapp.pipeline.slice import LOOKS_EVERY, Laps, Slice, StopRun
from webapp.pipeline.stage import PaidStage
from webapp.pipeline.states import StopReason
from webapp.sites.ai import refusals

log = logging.getLogger(__name__)

TRIES = 4  # of a call that the provider failed to do
BACKOFF = 1.0  # seconds, doubled each time, with full jitter
MOST_STEPS = 8  # ways to ask, from the richest down
REFUSALS = 3  # of the key in a row: so many are no slip of the endpoint's
RESTS_AFTER_REFUSAL = 1.0  # seconds
LONGEST_WAIT = 60.0  # seconds: for longer the worker is free for others
HOLDS_UP = 2.0  # seconds: so long a question that another worker put keeps those behind it waiting
LOOKS_AT_OTHERS = 0.5  # seconds between looks for the answer to such a question


class PaidWork:
    def __init__(self, stage: PaidStage, work: Slice):
        self._stage = stage
        self._slice = work
        self._claim = work.claim
        self._provider = work.providers.of(stage.operation)
        self._items = PaidItems(stage, work, self._provider)
        self._keeping = Keeping(work.claim.run_id)
        self._lanes: list[Lane] = []
        self._careful = False
        self._all_begun = False
        self._why_no_more: StopRun | CutShort | None = None
        self._refusals = 0  # of the key, since the last answer
        self._laps = Laps()
        self._out: dict[int, float] = {}  # items whose earlier questions are still out, and since when we know

    def work(self) -> StopReason | None:
        """Works until no item is left, or answers what cut the stage short. Raises StopRun and Fenced."""
        if self._stage.operation in self._slice.terms.operations_off:
            return StopReason.OPERATION_OFF
        with ThreadPoolExecutor(settings().lanes, thread_name_prefix="call") as self._pool:
            try:
                self._until_all_is_applied()
            finally:
                self._keep_what_comes_late()
        match self._why_no_more:
            case StopRun() as stop:
                raise stop
            case CutShort(reason=reason):
                return reason
        return None

    def _until_all_is_applied(self) -> None:
        while self._may_begin or self._lanes:
            self._fill()
            self._ask_again_what_is_due()
            self._wait_for_an_answer()
            while self._keep_an_answer():
                self._fill()
            self._apply_the_first()

    @property
    def _may_begin(self) -> bool:
        return not self._all_begun and self._why_no_more is None

    # beginning

    def _fill(self) -> None:
        """Begins items while there is a lane, an item, and no reason to stop.

        None while one is to be asked again: the provider has enough to do, and the credits left are that one's.
        """
        goes_on = not self._waiting
        while goes_on and self._may_begin and self._has_room:
            self._why_no_more = self._slice.stop()
            goes_on = self._why_no_more is None and self._begin_next()

    @property
    def _has_room(self) -> bool:
        """Whether another question may go out.

        What is answered takes nobody's place while it waits to be applied, up to half as many as there are lanes:
        behind a slow one there must not be any number of them.

        One item at a time after a loss, so that one that kills its worker is found.
        """
        if self._careful:
            return not self._lanes
        out = sum(not lane.is_complete for lane in self._lanes)
        return out < settings().lanes and len(self._lanes) < settings().lanes * 3 // 2

    def _begin_next(self) -> bool:
        """Answers whether another may be begun at once."""
        besides = [lane.item_id for lane in self._lanes] + self._out_for_long()
        try:
            began = self._claim.commit(lambda run: self._begin(run, besides))
        except (StopRun, CutShort) as reason:
            self._why_no_more = reason
            return False
        if began is None:
            self._all_begun = not self._out
            self._wait_for_others()
            return False
        return self._open_lane(began)

    def _out_for_long(self) -> list[int]:
        """Items whose earlier questions are still out: for a while they hold up those behind them, then no longer."""
        return [item for item, since in self._out.items() if time.monotonic() - since > HOLDS_UP]

    def _wait_for_others(self) -> None:
        """Nothing is left but questions that others have put. Then they are looked at again, one after the other."""
        if self._out and not self._lanes:
            self._out.clear()
            self._slice.wait(LOOKS_AT_OTHERS)

    def _begin(self, run: Run, besides: list[int]) -> Begin | None:
        self._careful = run.recoveries_without_progress > 0
        return self._items.begin_next(run, besides)

    def _open_lane(self, began: Begin) -> bool:
        """Answers whether the next item may be begun at once."""
        match began.begun:
            case Send() | AllThere():
                lane = Lane(began.item_id, self._known(began.request), list(began.kept))
                self._go_on(lane, began)
                self._lanes.append(lane)
            case StillOut():
                self._out.setdefault(began.item_id, time.monotonic())
                if not self._lanes:
                    self._slice.wait(LOOKS_AT_OTHERS)
                return False
        self._out.pop(began.item_id, None)
        return True

    @staticmethod
    def _known(request: Request | None) -> Request:
        assert request is not None, "a call was begun without a request"
        return request

    def _go_on(self, lane: Lane, began: Begin) -> None:
        """Sends the next question about it, if there is one."""
        lane.kept, lane.again_at = list(began.kept), None
        if isinstance(began.begun, Send):
            self._send(lane, began.begun, self._known(began.question))

    def _send(self, lane: Lane, sent: Send, question: Request) -> None:
        lane.sent = sent
        lane.tries += 1
        try:
            self._claim.check_before_paying()
        except BaseException:
            self._keeping.take_back(sent)
            raise
        lane.future = self._pool.submit(self._provider.answer, question)

    # answers

    def _wait_for_an_answer(self) -> None:
        """The first in the planned order holds up all others: while it is out, no answer behind it can be applied."""
        if self._claim.is_fenced:
            raise Fenced()
        first = min(self._lanes, key=lambda lane: lane.item_id, default=None)
        if first is None or first.is_complete:
            return
        out = [lane.future for lane in self._lanes if lane.future is not None]
        if out:
            wait(out, timeout=self._longest_look, return_when=FIRST_COMPLETED)
        else:
            time.sleep(self._longest_look)

    @property
    def _longest_look(self) -> float:
        """Seconds: not beyond the moment when something is to be asked again."""
        due = min((lane.again_at - time.monotonic() for lane in self._waiting if lane.again_at), default=LOOKS_EVERY)
        return max(0.0, min(LOOKS_EVERY, due))

    def _keep_an_answer(self) -> bool:
        """One, so that its place is taken by the next question before the answer after it is looked at. Whether there
        was any."""
        lane = next((lane for lane in self._lanes if lane.future is not None and lane.future.done()), None)
        if lane is None:
            return False
        failure = self._keeping.keep(lane)
        if failure is None:
            self._refusals = 0
            self._ask_the_next(lane)
        else:
            self._go_on_after(lane, failure)
        return True

    def _go_on_after(self, lane: Lane, failure: ProviderError) -> None:
        match failure:
            case OutcomeUnknown():
                self._lanes.remove(lane)
                self._all_begun = False  # it is begun again, and decided there
            case KeyRefused():
                self._count_refusal(failure)
                self._try_again(lane, failure, RESTS_AFTER_REFUSAL)
            case QuotaUsedUp():
                raise StopRun(StopReason.PROVIDER_QUOTA_USED, said=failure.sentence)
            case NoPlace():
                lane.tries -= 1  # it was not asked
                self._try_again(lane, failure, failure.retry_after or 0.0)
            case AskedOtherwise() if lane.steps < MOST_STEPS:
                lane.tries, lane.steps = lane.tries - 1, lane.steps + 1  # it has nothing to do with the question
                self._try_again(lane, failure, 0.0)
            case ProviderError(permanent=True):
                self._lanes.remove(lane)
                self._refuse(lane, failure.sentence)
            case _:
                self._try_again(lane, failure, self._pause_after(lane, failure))

    @staticmethod
    def _pause_after(lane: Lane, failure: ProviderError) -> float:
        """Seconds: longer each time and not the same for everybody, and no less than the provider asked for."""
        return max(failure.retry_after or 0.0, random.uniform(0, BACKOFF * 2**lane.tries))

    def _count_refusal(self, refused: KeyRefused) -> None:
        self._refusals += 1
        if self._refusals >= REFUSALS:
            self._claim.commit(lambda run: self._note(refused))
            raise StopRun(StopReason.PROVIDER_REFUSES_KEY, said=refused.sentence)

    def _note(self, refused: KeyRefused) -> None:
        if self._provider.connection_id is not None:
            refusals.refuses(self._provider.connection_id, self._provider.key_set_at, refused.sentence)

    def _try_again(self, lane: Lane, error: ProviderError, pause: float) -> None:
        """After so many seconds. Raises StopRun if that is too long to wait for, or was tried too often."""
        if lane.tries >= TRIES:
            raise StopRun(StopReason.PROVIDER_UNREACHABLE, said=error.sentence)
        if pause > LONGEST_WAIT:
            raise StopRun(StopReason.PROVIDER_ASKS_TO_WAIT, until=now() + timedelta(seconds=pause))
        lane.again_at = time.monotonic() + pause

    @property
    def _waiting(self) -> list[Lane]:
        return [lane for lane in self._lanes if lane.again_at is not None]

    def _ask_again_what_is_due(self) -> None:
        """Raises StopRun where something waits and the slice is over: it is asked in the next one."""
        for lane in self._waiting:
            if stop := self._slice.stop():
                raise stop
            if lane.again_at is not None and lane.again_at <= time.monotonic():
                self._ask(lane)

    def _ask_the_next(self, lane: Lane) -> None:
        """The question that follows from the answers so far, if there is one and time for it. It costs nothing more."""
        if self._provider.next_step(lane.request, replies_of(lane.kept)) is None:
            return
        stop = self._slice.stop()
        if stop is None:
            return self._ask(lane)
        self._why_no_more = self._why_no_more or stop
        self._lanes.remove(lane)  # its answers are kept, and the next slice goes on with it

    def _ask(self, lane: Lane) -> None:
        began = self._claim.commit(lambda run: self._items.go_on(run, lane.item_id, lane.request, lane.kept))
        if began is None or not isinstance(began.begun, Send | AllThere):
            self._lanes.remove(lane)
            self._all_begun = False  # it is looked at again, if it is still to be done
        else:
            self._go_on(lane, began)

    def _keep_what_comes_late(self) -> None:
        """On the way out, for whatever reason: calls that are still out come back and are kept, not applied."""
        for lane in self._lanes:
            self._keeping.keep_late(lane)

    # applying

    def _apply_the_first(self) -> None:
        """In the planned order, and one at a time: answers that have come meanwhile go before the next."""
        self._lanes.sort(key=lambda lane: lane.item_id)
        if self._lanes and self._lanes[0].is_complete:
            self._apply(self._lanes.pop(0))

    def _apply(self, lane: Lane) -> None:
        seconds = self._laps.lap()
        self._claim.commit(lambda run: self._items.apply(run, lane.item_id, lane.request, lane.kept, seconds))

    def _refuse(self, lane: Lane, said: str) -> None:
        seconds = self._laps.lap()
        self._claim.commit(lambda run: self._items.refuse(run, lane.item_id, said, seconds))
