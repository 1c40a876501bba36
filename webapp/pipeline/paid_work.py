"""Working through a stage whose items each cost one call, several calls at a time.

Threads only call the provider. The main thread alone reads and writes the database: it begins items in the planned
order, keeps every answer as soon as it is there, and applies the answers in the planned order, so that the same data
gives the same rows however fast the answers come.
"""

import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy.exc import OperationalError

from webapp.ai.provider import KeyRefused, OutcomeUnknown, ProviderError, Reply, Request
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.settings import settings
from webapp.pipeline import calls
from webapp.pipeline.calls import Answered, Send, StillOut
from webapp.pipeline.claim import Fenced
from webapp.pipeline.models import Run
from webapp.pipeline.paid_items import Begin, CutShort, PaidItems
from webapp.pipeline.slice import LOOKS_EVERY, Laps, Slice, StopRun
from webapp.pipeline.stage import PaidStage
from webapp.pipeline.states import StopReason

log = logging.getLogger(__name__)

TRIES = 4  # of a call that the provider failed to do
BACKOFF = 1.0  # seconds, doubled each time, with full jitter
LONGEST_WAIT = 60.0  # seconds: for longer the worker is free for others
HOLDS_UP = 2.0  # seconds: so long a question that another worker put keeps those behind it waiting
LOOKS_AT_OTHERS = 0.5  # seconds between looks for the answer to such a question


@dataclass
class Lane:
    """One item at work. `future` is None while nothing is on its way for it."""

    item_id: int
    call_id: int
    request: Request
    sent: Send | None = None
    future: "Future[Reply] | None" = None
    tries: int = 1

    @property
    def ticket(self) -> Send:
        """The call that went out last."""
        assert self.sent is not None, "nothing was sent for this item"
        return self.sent


class PaidWork:
    def __init__(self, stage: PaidStage, work: Slice):
        self._stage = stage
        self._slice = work
        self._claim = work.claim
        self._items = PaidItems(stage, work)
        self._lanes: list[Lane] = []
        self._careful = False
        self._all_begun = False
        self._why_no_more: StopRun | CutShort | None = None
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
            self._wait_for_an_answer()
            self._keep_answers()
            self._apply_in_order()

    @property
    def _may_begin(self) -> bool:
        return not self._all_begun and self._why_no_more is None

    # beginning

    def _fill(self) -> None:
        """Begins items while there is a lane, an item, and no reason to stop."""
        goes_on = True
        while goes_on and self._may_begin and len(self._lanes) < self._width:
            self._why_no_more = self._slice.stop()
            goes_on = self._why_no_more is None and self._begin_next()

    @property
    def _width(self) -> int:
        """One at a time after a loss, so that an item that kills its worker is found."""
        return 1 if self._careful else settings().lanes

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
            case Send(call_id=call_id) as sent:
                lane = Lane(began.item_id, call_id, self._known(began.request))
                self._send(lane, sent)
                self._lanes.append(lane)
            case Answered(call_id=call_id):
                self._lanes.append(Lane(began.item_id, call_id, self._known(began.request)))
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

    def _send(self, lane: Lane, sent: Send) -> None:
        lane.call_id, lane.sent = sent.call_id, sent
        try:
            self._claim.check_before_paying()
        except BaseException:
            self._outside_the_fence(lambda: calls.take_back(sent))
            raise
        lane.future = self._pool.submit(self._slice.provider.answer, lane.request)

    # answers

    def _wait_for_an_answer(self) -> None:
        """The first in the planned order holds up all others: while it is out, no answer behind it can be applied."""
        if self._claim.is_fenced:
            raise Fenced()
        first = min(self._lanes, key=lambda lane: lane.item_id, default=None)
        if first is not None and first.future is not None:
            out = [lane.future for lane in self._lanes if lane.future is not None]
            wait(out, timeout=LOOKS_EVERY, return_when=FIRST_COMPLETED)

    def _keep_answers(self) -> None:
        for lane in list(self._lanes):
            if lane.future is not None and lane.future.done():
                failure = self._keep(lane, lane.future)
                if failure is not None:
                    self._go_on_after(lane, failure)

    def _keep(self, lane: Lane, future: "Future[Reply]") -> ProviderError | None:
        """Keeps what came, and answers how it failed, if it did. Raises what no provider should raise."""
        lane.future = None
        try:
            reply = future.result()
        except OutcomeUnknown as unknown:
            self._outside_the_fence(partial(calls.keep_unknown, lane.ticket, unknown))
            return unknown
        except ProviderError as failure:
            self._outside_the_fence(partial(calls.keep_failure, lane.ticket, failure))
            return failure
        except Exception as error:
            unforeseen = OutcomeUnknown(f"{type(error).__name__} while asking.")
            self._outside_the_fence(lambda: calls.keep_unknown(lane.ticket, unforeseen))
            raise
        self._outside_the_fence(lambda: calls.keep_answer(lane.ticket, reply))
        return None

    def _go_on_after(self, lane: Lane, failure: ProviderError) -> None:
        match failure:
            case OutcomeUnknown():
                self._lanes.remove(lane)
                self._all_begun = False  # it is begun again, and decided there
            case KeyRefused():
                raise StopRun(StopReason.PROVIDER_REFUSES_KEY, said=failure.sentence)
            case ProviderError(permanent=True):
                self._lanes.remove(lane)
                self._refuse(lane, failure.sentence)
            case _:
                self._try_again(lane, failure)

    def _try_again(self, lane: Lane, error: ProviderError) -> None:
        if lane.tries >= TRIES:
            raise StopRun(StopReason.PROVIDER_UNREACHABLE, said=error.sentence)
        pause = random.uniform(0, BACKOFF * 2**lane.tries) if error.retry_after is None else error.retry_after
        if pause > LONGEST_WAIT:
            raise StopRun(StopReason.PROVIDER_ASKS_TO_WAIT, until=now() + timedelta(seconds=pause))
        self._slice.wait(pause)
        began = self._claim.commit(lambda run: self._items.ask_again(run, lane.item_id, lane.request))
        if began is None or not isinstance(began.begun, Send):
            self._lanes.remove(lane)
            self._all_begun = False  # it is looked at again, if it is still to be done
            return
        lane.tries += 1
        self._send(lane, began.begun)

    def _outside_the_fence(self, keep: Callable[[], None]) -> None:
        """What was paid for is kept, whoever has the run by now. The database is asked until it takes it."""
        while True:
            try:
                keep()
                return db.session.expunge_all()
            except OperationalError as error:
                db.session.rollback()
                db.session.expunge_all()
                log.warning("run %s: an answer waits for the database (%s)", self._claim.run_id, error.orig)
                time.sleep(LOOKS_EVERY * 5)
            except BaseException:
                db.session.rollback()
                db.session.expunge_all()
                raise

    def _keep_what_comes_late(self) -> None:
        """On the way out, for whatever reason: calls that are still out come back and are kept, not applied.

        Nothing more is asked, and what is wrong with one keeps none of the others from being kept.
        """
        for lane in self._lanes:
            if lane.future is not None:
                wait([lane.future])
                self._keep_late(lane, lane.future)

    def _keep_late(self, lane: Lane, future: "Future[Reply]") -> None:
        try:
            self._keep(lane, future)
        except Exception:
            log.exception("run %s: what came late of call %s could not be kept", self._claim.run_id, lane.call_id)

    # applying

    def _apply_in_order(self) -> None:
        self._lanes.sort(key=lambda lane: lane.item_id)
        while self._lanes and self._lanes[0].future is None:
            self._apply(self._lanes.pop(0))

    def _apply(self, lane: Lane) -> None:
        seconds = self._laps.lap()
        self._claim.commit(lambda run: self._items.apply(run, lane.item_id, lane.call_id, seconds))

    def _refuse(self, lane: Lane, said: str) -> None:
        seconds = self._laps.lap()
        self._claim.commit(lambda run: self._items.refuse(run, lane.item_id, said, seconds))
