"""Why a stage and a run ended as they did, in one reason each. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from webapp.ai.provider import Operation
from webapp.pipeline.models import StageResult
from webapp.pipeline.stages import OPERATIONS
from webapp.pipeline.states import StageKey, StopReason
from webapp.pipeline.terms import RunTerms

# The weightiest reason that cut a stage short is the run's.
WEIGHT = (
    StopReason.OUT_OF_CREDITS,
    StopReason.CREDIT_CAP_REACHED,
    StopReason.BUDGET_USED,
    StopReason.OPERATION_OFF,
    StopReason.LIMIT_REACHED,
    StopReason.NEEDS_A_PERSON,
)

NOTHING = "nothing"
OF_OPERATIONS = (StopReason.BUDGET_USED, StopReason.OPERATION_OFF)

ITEMS = {
    StageKey.CLUSTERS: ("keyword", "keywords"),
    StageKey.IDEAS: ("cluster", "clusters"),
    StageKey.TASKS: ("idea", "ideas"),
    StageKey.ARTICLES: ("task", "tasks"),
    StageKey.PROMPTS: ("article without pictures", "articles without pictures"),
    StageKey.IMAGES: ("image", "images"),
    StageKey.APPROVAL: ("article", "articles"),
}


def end_of_stage(stage: StageKey, result: StageResult, terms: RunTerms) -> StopReason | None:
    """What cut a stage short that worked through all it had planned; None if nothing is left."""
    if not result.left_over:
        return None
    if stage is StageKey.APPROVAL and not terms.approves:
        return StopReason.NEEDS_A_PERSON
    limit = terms.limit(stage)
    if limit is not None and result.total >= limit:
        return StopReason.LIMIT_REACHED
    return None  # they came while the stage was at work: the next run has them


def end_of_run(stages: Iterable[StageResult], terms: RunTerms) -> tuple[StopReason, dict[str, Any]]:
    """The run's reason, and in words what it left: {"left": "7 tasks and 2 images"}; where operations are the reason,
    what was left for that reason, which: {"operation": "Content generation"}, why they are off: {"why": "The operator
    says: “…”."}, and what else was left: {"also": " Besides, 20 keywords left."}."""
    results = list(stages)
    reasons = {result.cut_short for result in results}
    reason = next((reason for reason in WEIGHT if reason in reasons), None)
    if reason is None:
        return _end_of_all(results)
    of_runs = [result for result in results if reason is result.cut_short or not _is_for_people(result)]
    if reason not in OF_OPERATIONS:
        return reason, {"left": left_of(of_runs)}
    cut = [result for result in of_runs if reason is result.cut_short]
    besides = left_of([result for result in of_runs if result not in cut])
    also = {"also": f" Besides, {besides} left."} if besides != NOTHING else {}
    return reason, {"left": left_of(cut)} | also | _which([OPERATIONS[result.stage] for result in cut], terms)


def _end_of_all(results: Sequence[StageResult]) -> tuple[StopReason, dict[str, Any]]:
    """Of a run that was cut short by nothing."""
    if failed := failed_of(results):
        return StopReason.SOME_NEED_ATTENTION, {"failed": failed, "left": left_of(results)}
    if not any(result.total for result in results):
        return StopReason.NOTHING_WAITED, {"left": left_of(results)}
    return StopReason.ALL_DONE, {"left": left_of(results)}


def failed_of(results: Iterable[StageResult]) -> str:
    """What came to nothing, in words; empty where all came out."""
    failed = [words for one in results if (words := named(one.stage, one.failed))]
    return _listed(failed) if failed else ""


def left_of(results: Iterable[StageResult]) -> str:
    """What these stages have left, in words."""
    return _listed([words for one in results if (words := named(one.stage, one.left_over or one.remaining))])


def _which(operations: Sequence[Operation], terms: RunTerms) -> dict[str, str]:
    said = dict.fromkeys(f"“{terms.off_reasons[one]}”" for one in operations if one in terms.off_reasons)
    why = {"why": f"The operator says: {_listed(list(said))}."} if said else {}
    return {"operation": _listed([one.label for one in operations])} | why


def _is_for_people(result: StageResult) -> bool:
    """What waits there waits for a person: no later run takes it."""
    return result.cut_short is StopReason.NEEDS_A_PERSON


def named(stage: StageKey, count: int) -> str:
    """ "1 task", "7 tasks"; nothing for none."""
    one, many = ITEMS[stage]
    return f"{count} {one if count == 1 else many}" if count else ""


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    return ", ".join(parts[:-1]) + " and " + parts[-1]
