"""Storing what comes back of a call. It happens outside of the run's fence: an answer that was paid for is kept,
whoever has the run by then."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import wait
from functools import partial

from sqlalchemy.exc import OperationalError

from webapp.ai.provider import OutcomeUnknown, ProviderError
from webapp.core.db import db
from webapp.pipeline import calls
from webapp.pipeline.calls import Send
from webapp.pipeline.lane import Lane

log = logging.getLogger(__name__)

ASKS_AGAIN_AFTER = 0.5  # seconds, where the database takes nothing


class Keeping:
    def __init__(self, run_id: int):
        self._run_id = run_id

    def keep(self, lane: Lane) -> ProviderError | None:
        """Keeps what came, and answers how it failed, if it did. Raises what no provider should raise."""
        future, lane.future = lane.future, None
        assert future is not None, "nothing is on its way"
        try:
            reply = calls.storable(future.result())
        except OutcomeUnknown as unknown:
            self._insist(partial(calls.keep_unknown, lane.ticket, unknown))
            return unknown
        except ProviderError as failure:
            self._insist(partial(calls.keep_failure, lane.ticket, failure))
            return failure
        except Exception as error:
            unforeseen = OutcomeUnknown(f"{type(error).__name__} while asking.")
            self._insist(lambda: calls.keep_unknown(lane.ticket, unforeseen))
            raise
        self._insist(lambda: calls.keep_answer(lane.ticket, reply))
        lane.keep(reply)
        return None

    def keep_late(self, lane: Lane) -> None:
        """Waits for what is still out and keeps it. What is wrong with it keeps no other from being kept."""
        if lane.future is None:
            return
        wait([lane.future])
        try:
            self.keep(lane)
        except Exception:
            about = self._run_id, lane.ticket.call_id
            log.exception("run %s: what came late of call %s could not be kept", *about)

    def take_back(self, sent: Send) -> None:
        """The call was prepared and never sent."""
        self._insist(lambda: calls.take_back(sent))

    def _insist(self, keep: Callable[[], None]) -> None:
        """The database is asked until it takes it."""
        while True:
            try:
                keep()
                return db.session.expunge_all()
            except OperationalError as error:
                db.session.rollback()
                db.session.expunge_all()
                log.warning("run %s: an answer waits for the database (%s)", self._run_id, error.orig)
                time.sleep(ASKS_AGAIN_AFTER)
            except BaseException:
                db.session.rollback()
                db.session.expunge_all()
                raise
