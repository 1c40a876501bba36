"""How far a run is: the arithmetic, once. Pure but for the rows that it reads."""

from collections.abc import Iterable

from webapp.pipeline.models import Run, StageResult
from webapp.pipeline.states import RunStatus

UNFINISHED_AT_MOST = 99


def percent(run: Run, stages: Iterable[StageResult]) -> int:
    """Items processed out of those that waited at the start plus those that the run itself made and then planned.

    A high-water mark, at most 99 until the run has completed.
    """
    if run.status is RunStatus.COMPLETED:
        return 100
    results = list(stages)
    everything = run.total_initial_items + sum(created(result) for result in results)
    now = 100 * sum(settled(result) for result in results) // everything if everything else 0
    return max(run.percent, min(now, UNFINISHED_AT_MOST))


def created(result: StageResult) -> int:
    """How many items a stage planned beyond those that waited for it when the run started."""
    return max(0, result.total - result.planned)


def settled(result: StageResult) -> int:
    """How many items of a stage need no more work: done, set aside, or no longer there."""
    return result.processed + result.failed + result.skipped
