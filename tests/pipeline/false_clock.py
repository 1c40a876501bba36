"""A clock that stands still until a test moves it: time that passes, and a wall clock that jumps."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from webapp.core import clock
from webapp.jobs import takeover
from webapp.pipeline import claim, paid_work, run_log, runner, slice

ASK_THE_TIME = (claim, paid_work, run_log, runner, slice, takeover)


class FalseClock:
    """Takes the place of `time` where the engine waits, and of `datetime` where it reads the wall clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.set()
        monkeypatch.setattr(clock, "datetime", self)
        for module in ASK_THE_TIME:
            monkeypatch.setattr(module, "time", self)

    def set(self) -> None:
        """To where it starts, so that the same steps find the same time."""
        self._wall = datetime(2026, 3, 2, 9, tzinfo=UTC)
        self._monotonic = 1000.0

    def now(self, zone: tzinfo) -> datetime:
        return self._wall.astimezone(zone)

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Nobody waits, but the time is gone."""
        self._monotonic += seconds
        self._wall += timedelta(seconds=seconds)

    def jump(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self._wall += timedelta(seconds=seconds)
