"""A site's runs as a list: one line each, the newest first."""

from dataclasses import dataclass

from sqlalchemy import func, select

from webapp.core.db import db
from webapp.pipeline import reasons
from webapp.pipeline.models import Run, StageResult


@dataclass(frozen=True)
class RunLine:
    """`why` it ended or does not work, in a few words; `credits` that it was charged."""

    run: Run
    why: str
    credits: int


def runs_of(site_id: int, most: int, before: int | None = None) -> list[RunLine]:
    """At most so many runs, those with smaller numbers than `before`."""
    rows = select(Run).where(Run.site_id == site_id).order_by(Run.id.desc()).limit(most)
    runs = db.session.scalars(rows.where(Run.id < before) if before else rows).all()
    charged = _charged([run.id for run in runs])
    return [RunLine(run, _why(run), charged.get(run.id, 0)) for run in runs]


def _why(run: Run) -> str:
    return reasons.title(run.stop_reason, run.stop_detail) if run.stop_reason else ""


def _charged(run_ids: list[int]) -> dict[int, int]:
    sums = select(StageResult.run_id, func.sum(StageResult.credits)).where(StageResult.run_id.in_(run_ids))
    return dict(db.session.execute(sums.group_by(StageResult.run_id)).all())
