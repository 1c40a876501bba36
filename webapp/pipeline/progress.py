"""How far a run is: the arithmetic, once. Pure but for the rows that it reads. See docs/decisions/0003-progress.md."""

from collections.abc import Iterable
from fractions import Fraction

from webapp.pipeline.models import Run, StageResult, StageStatus
from webapp.pipeline.states import RunStatus, StageKey
from webapp.pipeline.terms import RunTerms

UNFINISHED_AT_MOST = 99

# What one item of an earlier stage is expected to make for a stage that has not begun.
EXPECTED: dict[StageKey, tuple[StageKey, Fraction]] = {
    StageKey.IDEAS: (StageKey.CLUSTERS, Fraction(1, 4)),  # keywords in a cluster: four
    StageKey.TASKS: (StageKey.IDEAS, Fraction(3)),
    StageKey.ARTICLES: (StageKey.TASKS, Fraction(1)),
    StageKey.PROMPTS: (StageKey.ARTICLES, Fraction(1)),
    StageKey.IMAGES: (StageKey.PROMPTS, Fraction(3)),
    StageKey.APPROVAL: (StageKey.ARTICLES, Fraction(1)),
}


def percent(run: Run, stages: Iterable[StageResult]) -> int:
    """Items processed out of those that waited at the start plus those that the run makes and plans itself.

    Counted where a stage has begun, expected where it has not. A high-water mark, at most 99 until the run has
    completed. A run that makes nothing for later stages is at exactly processed ÷ total_initial_items.
    """
    if run.status is RunStatus.COMPLETED:
        return 100
    results = sorted(stages, key=lambda result: result.number)
    totals = totals_of(run, results)
    everything = run.total_initial_items + sum(max(0, totals[result.stage] - result.planned) for result in results)
    now = 100 * sum(settled(result) for result in results) // everything if everything else 0
    return max(run.percent, min(now, UNFINISHED_AT_MOST))


def totals_of(run: Run, results: Iterable[StageResult]) -> dict[StageKey, int]:
    """How many items each stage has planned, or may be expected to plan when it begins."""
    terms, totals = RunTerms.model_validate(run.terms), dict.fromkeys(StageKey, 0)
    for result in results:
        match result.status:
            case StageStatus.OFF:
                totals[result.stage] = 0
            case StageStatus.WAITING:
                totals[result.stage] = _expected(result.stage, run, terms, totals)
            case _:
                totals[result.stage] = result.total
    return totals


def _expected(stage: StageKey, run: Run, terms: RunTerms, totals: dict[StageKey, int]) -> int:
    waiting, limit = run.initial_snapshot[stage.value]["pending"], terms.limit(stage)
    if stage in EXPECTED:
        source, each = EXPECTED[stage]
        waiting += int(totals[source] * each)
    return waiting if limit is None else min(waiting, limit)


def settled(result: StageResult) -> int:
    """How many items of a stage need no more work: done, set aside, or no longer there."""
    return result.processed + result.failed + result.skipped
