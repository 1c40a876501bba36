"""What people and the clock may do with runs: start, pause, resume, cancel. Each is one transaction, at once.

None of it needs a living worker or Redis. Whoever calls tells the queue afterwards; if that fails the sweep does.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.core.errors import Conflict, Invalid
from webapp.pipeline import run_log
from webapp.pipeline.estimate import estimate
from webapp.pipeline.models import MovedOn, Run, RunEvent, StageResult, StageStatus, Trigger
from webapp.pipeline.stages import STAGES
from webapp.pipeline.states import ACTIVE, RunStatus, StageKey, StopReason
from webapp.pipeline.terms import RunTerms, terms_of
from webapp.sites.models import Site

log = logging.getLogger(__name__)

SAME_CLICK = timedelta(seconds=10)
TRIES = 5  # of a move that a worker's own move got in the way of


class RunInTheWay(Conflict):
    """A site has one active run at a time, and there is one."""

    def __init__(self, run: Run):
        self.run = run
        verb = {
            RunStatus.QUEUED: "is queued",
            RunStatus.RUNNING: "is running",
            RunStatus.PAUSED: "is paused",
        }[run.status]
        super().__init__(
            f"Run {run.id} {verb} since {run.changed_at:%H:%M} UTC (by {run.started_by}).",
            "Open it, or cancel it and start a new one.",
        )


def start(
    site: Site,
    *,
    by: str,
    trigger: Trigger,
    token: str | None = None,
) -> Run:
    """Queues a run: an INSERT that wins, or RunInTheWay. The same `token` (a double click) gives the same run."""
    estimated = foretell(site)
    return place(site, by=by, trigger=trigger, token=token, estimated_credits=estimated)


def place(
    site: Site,
    *,
    by: str,
    trigger: Trigger,
    token: str | None = None,
    automation_id: int | None = None,
    scheduled_for: datetime | None = None,
    estimated_credits: int | None = None,
) -> Run:
    """The same in one transaction with what the caller has begun, and with what the caller has foretold."""
    site_id = site.id
    if active_run(site_id) is not None:
        there = _already_there(site_id, token)
        if there is not None:
            return there
    run = _new_run(site, by=by, trigger=trigger, token=token)
    run.automation_id, run.scheduled_for = automation_id, scheduled_for
    run.estimated_credits = estimated_credits
    db.session.add(run)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        there = _already_there(site_id, token)
        if there is not None:
            return there
        return place(
            db.session.get_one(Site, site_id),
            by=by,
            trigger=trigger,
            automation_id=automation_id,
            scheduled_for=scheduled_for,
            estimated_credits=estimated_credits,
        )
    db.session.add(RunEvent.of_move(run.id, None, RunStatus.QUEUED, by=by))
    db.session.commit()
    run_log.complete(run.id)
    return run


def _new_run(site: Site, *, by: str, trigger: Trigger, token: str | None) -> Run:
    terms = terms_of(site)
    planned = snapshot(site, terms)
    return Run(
        site_id=site.id,
        status=RunStatus.QUEUED,
        trigger=trigger,
        started_by=by,
        changed_by=by,
        start_token=token,
        terms=terms.model_dump(mode="json"),
        initial_snapshot=planned,
        total_initial_items=sum(stage["planned"] for stage in planned.values()),
        stages=[_stage_result(stage, planned, terms) for stage in StageKey],
    )


def foretell(site: Site) -> int | None:
    """The credits that a run would cost now; a run starts also where nobody can say, which is None.

    Commits what the caller has begun, and reads by itself: working it out may take long, and nobody shall wait for it.
    """
    db.session.commit()
    try:
        with reading():
            credits = estimate(site).credits
            db.session.commit()  # a rollback would have every row that the caller holds read again
    except SQLAlchemyError:
        raise
    except Exception:
        db.session.rollback()
        log.exception("the cost of a run cannot be foretold")
        return None
    return credits


def snapshot(site: Site, terms: RunTerms) -> dict[str, dict[str, int]]:
    """For each enabled stage how many items wait, and how many of them the limit lets this run take."""
    found = {}
    for stage in STAGES:
        if stage.key not in terms.stages_off:
            pending = stage.pending(site)
            limit = terms.limit(stage.key)
            found[stage.key.value] = {
                "pending": pending,
                "planned": pending if limit is None else min(pending, limit),
            }
    return found


def _stage_result(stage: StageKey, planned: dict[str, dict[str, int]], terms: RunTerms) -> StageResult:
    off = stage in terms.stages_off
    count = 0 if off else planned[stage.value]["planned"]
    return StageResult(
        stage=stage,
        number=stage.number,
        status=StageStatus.OFF if off else StageStatus.WAITING,
        planned=count,
        total=count,
        counts={},
    )


def _already_there(site_id: int, token: str | None) -> Run | None:
    """The run of the same click; None if its token was used before. Raises RunInTheWay and Conflict."""
    if token is not None:
        same = db.session.scalar(select(Run).where(Run.start_token == token, Run.site_id == site_id))
        if same is not None and (same.is_active or now() - same.created_at < SAME_CLICK):
            return same
    active = active_run(site_id)
    if active is not None:
        raise RunInTheWay(active)
    if token is None:
        raise Conflict("Another run of this site ended at this very moment.", "Start again.")
    return None


def active_run(site_id: int) -> Run | None:
    """The one run of a site that is queued, running or paused."""
    return db.session.scalar(select(Run).where(Run.site_id == site_id, Run.status.in_(ACTIVE)))


def pause(run: Run, by: str) -> Run:
    """Stops the run where it is, at once and for as long as one likes. A second pause changes nothing."""
    return _move(run, RunStatus.PAUSED, by, StopReason.PAUSED_BY_PERSON, unless=RunStatus.PAUSED, verb="paused")


def resume(run: Run, by: str) -> Run:
    """Queues a paused run again, where it stopped. A second resume changes nothing."""
    if run.status in (RunStatus.QUEUED, RunStatus.RUNNING):
        return run
    return _move(run, RunStatus.QUEUED, by, None, unless=RunStatus.QUEUED, verb="resumed")


def cancel(run: Run, by: str) -> Run:
    """Ends the run at once and frees its site. What is finished is kept. A second cancel changes nothing."""
    return _move(
        run, RunStatus.CANCELLED, by, StopReason.CANCELLED_BY_PERSON, unless=RunStatus.CANCELLED, verb="cancelled"
    )


def _move(run: Run, to: RunStatus, by: str, reason: StopReason | None, *, unless: RunStatus, verb: str) -> Run:
    def move(current: Run) -> None:
        if current.status is unless:
            return
        if not current.is_active or (to is RunStatus.QUEUED and current.status is not RunStatus.PAUSED):
            raise Conflict(
                f"Run {current.id} is {current.status.value} and can no longer be {verb}.", "Nothing was changed."
            )
        detail: dict[str, Any] = {"by": by} if reason else {}
        current.move_to(to, by=by, reason=reason, detail=detail)

    return _against_the_worker(run.id, move)


def _against_the_worker(run_id: int, move: Callable[[Run], None]) -> Run:
    """A worker may end its slice between our look and our move: look again, a few times."""
    for _ in range(TRIES):
        run = db.session.get(Run, run_id, populate_existing=True)
        if run is None:
            raise Invalid("run", "There is no such run.")
        try:
            move(run)
        except MovedOn:
            db.session.rollback()
            continue
        db.session.commit()
        run_log.complete(run_id)
        return run
    raise MovedOn(run_id)
