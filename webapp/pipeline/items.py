"""The items of a stage within a run: which is next, and what became of it. In the caller's transaction."""

from collections.abc import Collection

from sqlalchemy import select

from webapp.core.db import db
from webapp.pipeline.models import EventLevel, ItemStatus, Run, RunEvent, RunItem, StageResult
from webapp.pipeline.progress import percent, settled
from webapp.pipeline.stage import Counts, Stage
from webapp.pipeline.states import StageKey

UNFINISHED = (ItemStatus.PLANNED, ItemStatus.IN_HAND)


def next_item(run: Run, stage: StageKey, besides: Collection[int] = ()) -> RunItem | None:
    """The first item, in the planned order, that is not finished. `besides`: numbers of those at work already."""
    return db.session.scalar(
        select(RunItem)
        .where(
            RunItem.run_id == run.id,
            RunItem.stage == stage,
            RunItem.status.in_(UNFINISHED),
            RunItem.id.not_in(besides),
        )
        .order_by(RunItem.id)
        .limit(1)
    )


def finish(run: Run, stage: Stage, item: RunItem, counts: Counts, seconds: float) -> None:
    """The item is done: its counts go to its stage's result, and the run is making progress."""
    result = _settle(run, item, ItemStatus.DONE, seconds)
    result.processed += item.weight
    result.counts = {name: result.counts.get(name, 0) + number for name, number in _both(result.counts, counts)}
    run.recoveries_without_progress = 0
    _tell(run, stage, result, EventLevel.OK, f"{stage.key.label}: {settled(result)} of {result.total}")


def pass_over(run: Run, stage: Stage, item: RunItem, seconds: float) -> None:
    """There was nothing to do: the row is gone, or somebody has dealt with it."""
    result = _settle(run, item, ItemStatus.SKIPPED, seconds)
    result.skipped += item.weight
    _tell(run, stage, result, EventLevel.INFO, f"{stage.key.label}: one was no longer there")


def set_aside(run: Run, stage: Stage, item: RunItem, why: str, seconds: float) -> None:
    """The item needs a person's attention, and the run goes on without it."""
    stage.set_aside(item, why)
    item.why = why
    result = _settle(run, item, ItemStatus.ATTENTION, seconds)
    result.failed += item.weight
    run.recoveries_without_progress = 0
    _tell(run, stage, result, EventLevel.WARN, f"{stage.key.label}: one needs attention. {why}")


def _settle(run: Run, item: RunItem, status: ItemStatus, seconds: float) -> StageResult:
    item.status = status
    result = db.session.get_one(StageResult, (run.id, item.stage))
    result.seconds += seconds
    return result


def _both(before: Counts, more: Counts) -> list[tuple[str, int]]:
    return [(name, more.get(name, 0)) for name in before | more]


def _tell(run: Run, stage: Stage, result: StageResult, level: EventLevel, text: str) -> None:
    db.session.flush()
    run.percent = percent(run, run.stages)
    db.session.add(RunEvent(run_id=run.id, stage=stage.key, name="item", level=level, text=text))
