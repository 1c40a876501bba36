"""Working through a stage that costs nothing: item by item, a commit each."""

from functools import partial

from webapp.core.db import db
from webapp.core.errors import PressroomError
from webapp.core.settings import settings
from webapp.pipeline.items import finish, next_item, pass_over, set_aside
from webapp.pipeline.models import ItemStatus, Run, RunItem
from webapp.pipeline.slice import Laps, Slice
from webapp.pipeline.stage import FreeStage
from webapp.pipeline.states import StopReason

LOST_OVER_IT = "The worker was lost over this item again and again."


class FreeWork:
    def __init__(self, stage: FreeStage, work: Slice):
        self._stage = stage
        self._slice = work
        self._laps = Laps()

    def work(self) -> StopReason | None:
        """Works until no item is left. Raises StopRun when the slice is over."""
        while self._slice.claim.commit(self._take_in_hand):
            self._slice.claim.commit(partial(self._work_on_next, self._laps.lap()))
            if stop := self._slice.stop():
                raise stop
        return None

    def _take_in_hand(self, run: Run) -> bool:
        """In a commit of its own, so that an item that kills its worker is known by name."""
        item = next_item(run, self._stage.key)
        if item is not None:
            item.status = ItemStatus.IN_HAND
        return item is not None

    def _work_on_next(self, seconds: float, run: Run) -> None:
        item = next_item(run, self._stage.key)
        if item is None:
            return
        if item.losses >= settings().max_recoveries:
            return set_aside(run, self._stage, item, LOST_OVER_IT, 0)
        return self._work_on(run, item, seconds)

    def _work_on(self, run: Run, item: RunItem, seconds: float) -> None:
        try:
            with db.session.begin_nested():
                counts = self._stage.work(run.site, item)
        except PressroomError as refusal:
            return set_aside(run, self._stage, item, str(refusal), seconds)
        if counts is None:
            return pass_over(run, self._stage, item, seconds)
        return finish(run, self._stage, item, counts, seconds)
