"""What the work of one slice has at hand, and how it stops the run."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.pipeline.claim import Claim, Fenced
from webapp.pipeline.states import StopReason
from webapp.pipeline.terms import RunTerms
from webapp.sites.ai.providers import Providers

LOOKS_EVERY = 0.1  # seconds: how soon a wait notices that it should end


class StopRun(Exception):
    """The run cannot or must not go on in this slice. `until`: it may go on by itself then."""

    def __init__(self, reason: StopReason, *, until: datetime | None = None, **detail: Any):
        super().__init__(reason)
        self.reason = reason
        self.until = until
        self.detail = detail


class Laps:
    """Divides the time that passes among the items that are finished in it, in seconds: no moment counts twice."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def lap(self) -> float:
        """Seconds since the last lap."""
        now = time.monotonic()
        passed, self._since = now - self._since, now
        return passed


@dataclass(frozen=True)
class Slice:
    """One worker's turn at a run. `ends_at` is on the monotonic clock."""

    claim: Claim
    providers: Providers
    terms: RunTerms
    stopping: threading.Event
    ends_at: float

    def stop(self) -> StopRun | None:
        """Why no further item should be begun, if so."""
        if self.stopping.is_set():
            return StopRun(StopReason.WORKER_STOPPING)
        if time.monotonic() >= self.ends_at:
            return StopRun(StopReason.SLICE_ENDED)
        return None

    def wait(self, seconds: float) -> None:
        """Waits, but not beyond the slice. Raises Fenced or StopRun as soon as there is a reason to."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.claim.is_fenced:
                raise Fenced()
            if stop := self.stop():
                raise stop
            time.sleep(LOOKS_EVERY)
