"""What all runs and calls of the installation add up to, for those who watch it. Only looks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, case, cast, extract, func, select

from webapp.core.clock import now
from webapp.core.db import db
from webapp.pipeline.models import AiCall, CallStatus, Run, StageResult
from webapp.pipeline.states import ACTIVE, RunStatus, StageKey

SECONDS_UP_TO = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180)  # the buckets of how long calls took


@dataclass(frozen=True)
class StageFigures:
    """`waiting`: what active runs have still before them. All in the stage's items; `credits` were charged."""

    stage: StageKey
    done: int
    failed: int
    skipped: int
    waiting: int
    credits: int


@dataclass(frozen=True)
class CallFigures:
    """`sends`: how often a question was put, repetitions included."""

    operation: str
    outcome: str
    calls: int
    sends: int


@dataclass(frozen=True)
class Latency:
    """Of answered calls. `up_to`: how many took at most so many seconds, for each of SECONDS_UP_TO."""

    operation: str
    up_to: list[int]
    calls: int
    seconds: float


def runs_by_status() -> dict[RunStatus, int]:
    found = db.session.execute(select(Run.status, func.count()).group_by(Run.status))
    return dict.fromkeys(RunStatus, 0) | dict(found.all())


def takeovers() -> int:
    return db.session.scalar(select(func.sum(Run.takeovers))) or 0


def longest_queued() -> float:
    """Seconds since the run was queued that has been queued for longest, and may be claimed."""
    moment = now()
    waiting = select(func.min(Run.changed_at)).where(
        Run.status == RunStatus.QUEUED, (Run.not_before.is_(None)) | (Run.not_before <= moment)
    )
    since = db.session.scalar(waiting)
    return 0.0 if since is None else max(0.0, (moment - since).total_seconds())


def stages() -> list[StageFigures]:
    remaining = StageResult.total - StageResult.processed - StageResult.failed - StageResult.skipped
    rows = db.session.execute(
        select(
            StageResult.stage,
            *(func.sum(column) for column in (StageResult.processed, StageResult.failed, StageResult.skipped)),
            func.sum(case((Run.status.in_(ACTIVE) & (remaining > 0), remaining), else_=0)),
            func.sum(StageResult.credits),
        )
        .join(Run, Run.id == StageResult.run_id)
        .group_by(StageResult.stage)
    )
    found = {row[0]: StageFigures(row[0], *(int(number) for number in row[1:])) for row in rows}
    return [found.get(stage) or StageFigures(stage, 0, 0, 0, 0, 0) for stage in StageKey]


def calls() -> list[CallFigures]:
    rows = db.session.execute(
        select(AiCall.operation, AiCall.status, func.count(), func.sum(AiCall.sends)).group_by(
            AiCall.operation, AiCall.status
        )
    )
    return [CallFigures(operation.value, status.value, count, int(sends)) for operation, status, count, sends in rows]


def latencies() -> list[Latency]:
    seconds = _seconds(AiCall.sent_at, AiCall.answered_at)
    buckets: Iterable[ColumnElement[Any]] = (func.sum(case((seconds <= limit, 1), else_=0)) for limit in SECONDS_UP_TO)
    rows = db.session.execute(
        select(AiCall.operation, func.count(), func.sum(seconds), *buckets)
        .where(AiCall.status == CallStatus.ANSWERED)
        .group_by(AiCall.operation)
    )
    return [
        Latency(operation.value, [int(count) for count in up_to], count, float(total or 0))
        for operation, count, total, *up_to in rows
    ]


def _seconds(since: ColumnElement[datetime] | Any, until: ColumnElement[datetime] | Any) -> ColumnElement[float]:
    """How long that was, as both databases can say it."""
    if db.engine.dialect.name == "sqlite":
        return (func.julianday(until) - func.julianday(since)) * 86_400.0
    return cast(extract("epoch", until - since), Float)
