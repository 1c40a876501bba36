"""Working on a run for a slice of time: decides what is next, when to retry, and when to stop."""

import logging
import threading
import time
from datetime import timedelta

from sqlalchemy.exc import OperationalError

from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.core.redis import connection
from webapp.core.settings import settings
from webapp.pipeline import room, run_log
from webapp.pipeline.claim import Claim, Fenced, claim
from webapp.pipeline.free_work import FreeWork
from webapp.pipeline.models import EventLevel, ItemStatus, Run, RunEvent, RunItem, StageResult, StageStatus
from webapp.pipeline.outcome import Again, Done, Outcome, Stop, Wait
from webapp.pipeline.paid_work import PaidWork
from webapp.pipeline.slice import Slice, StopRun
from webapp.pipeline.stage import PaidStage, Plan, Planned, Stage
from webapp.pipeline.stages import STAGES
from webapp.pipeline.states import RunStatus, StageKey, StopReason
from webapp.pipeline.summary import end_of_run, end_of_stage, left_of
from webapp.pipeline.terms import RunTerms
from webapp.sites.ai.providers import NotReady, providers_of
from webapp.sites.models import Site

log = logging.getLogger(__name__)

LOOKS_AGAIN_AFTER = timedelta(seconds=15)  # for a database that was away

ENDS_AS: dict[StopReason, RunStatus] = {
    StopReason.CREDIT_CAP_REACHED: RunStatus.COMPLETED,
    StopReason.OUT_OF_CREDITS: RunStatus.COMPLETED,
    StopReason.PROVIDER_REFUSES_KEY: RunStatus.FAILED,
    StopReason.PROVIDER_QUOTA_USED: RunStatus.FAILED,
    StopReason.PROVIDER_NOT_READY: RunStatus.FAILED,
    StopReason.PROVIDER_UNREACHABLE: RunStatus.FAILED,
    StopReason.INTERNAL_ERROR: RunStatus.FAILED,
    StopReason.PROVIDER_ASKS_TO_WAIT: RunStatus.QUEUED,
    StopReason.STORAGE_FULL: RunStatus.QUEUED,
    StopReason.DATABASE_AWAY: RunStatus.QUEUED,
    StopReason.SLICE_ENDED: RunStatus.QUEUED,
    StopReason.WORKER_STOPPING: RunStatus.QUEUED,
}


def advance(run_id: int, epoch: int, *, worker: str, stopping: threading.Event) -> Outcome:
    """Claims a queued run and works on it until it ends, the slice is over, or it is no longer ours.

    A stale or repeated delivery changes nothing. `stopping` asks to stop after the items in hand.
    """
    chosen = settings()
    held = claim(run_id, epoch, worker=worker, lease=chosen.lease_ttl, lock=connection())
    if held is None:
        return Stop(StopReason.MOVED_ON)
    ends_at = time.monotonic() + chosen.slice_seconds
    try:
        with held.beating(chosen.heartbeat):
            return _until_it_stops(held, stopping, ends_at)
    finally:
        run_log.complete(run_id)


def _until_it_stops(held: Claim, stopping: threading.Event, ends_at: float) -> Outcome:
    try:
        work = held.commit(lambda run: _slice(run, held, stopping, ends_at))
        for stage in STAGES:
            _work_on(stage, work)
        return held.commit(_complete)
    except Fenced:
        return Stop(StopReason.MOVED_ON)
    except StopRun as stop:
        return _end(held, stop)
    except NotReady as missing:
        return _end(held, StopRun(StopReason.PROVIDER_NOT_READY, said=missing.sentence))
    except OperationalError as error:
        log.warning("run %s makes room: the database took nothing for long (%s)", held.run_id, error.orig)
        reason = StopReason.STORAGE_FULL if room.lacks_room(error) else StopReason.DATABASE_AWAY
        return _end(held, StopRun(reason, until=now() + LOOKS_AGAIN_AFTER))
    except Exception as error:
        log.exception("run %s failed", held.run_id)
        return _end(held, StopRun(StopReason.INTERNAL_ERROR, said=f"{type(error).__name__} in run {held.run_id}."))


def _slice(run: Run, held: Claim, stopping: threading.Event, ends_at: float) -> Slice:
    return Slice(
        claim=held,
        providers=providers_of(run.site, run=str(run.id), delay=settings().embedded_delay),
        terms=RunTerms.model_validate(run.terms),
        stopping=stopping,
        ends_at=ends_at,
    )


def _work_on(stage: Stage, work: Slice) -> None:
    status = work.claim.commit(lambda run: _result(run, stage.key).status)
    match status:
        case StageStatus.DONE:
            return
        case StageStatus.OFF:
            return work.claim.commit(lambda run: stage.when_off(run.site))
        case StageStatus.WAITING:
            _begin(stage, work)
    worker = PaidWork(stage, work) if isinstance(stage, PaidStage) else FreeWork(stage, work)
    cut = worker.work()
    work.claim.commit(lambda run: _finish(run, stage, cut))


def _result(run: Run, stage: StageKey) -> StageResult:
    return db.session.get_one(StageResult, (run.id, stage))


def _begin(stage: Stage, work: Slice) -> None:
    """Plans the stage. Looking for the items may take long, so it happens outside the transaction that writes them."""
    planned = _plan(stage, work)

    def write(run: Run) -> None:
        result = _result(run, stage.key)
        if result.status is not StageStatus.WAITING:
            return
        db.session.add_all(
            RunItem(
                run_id=run.id,
                stage=stage.key,
                row=item.row,
                weight=item.weight,
                units=item.units,
                payload=item.payload,
                status=ItemStatus.PLANNED,
            )
            for item in planned
        )
        result.status, result.started_at = StageStatus.WORKING, now()
        result.total = sum(item.weight for item in planned)
        db.session.add(_event(run, stage, "stage_started", f"{stage.key.label}: {result.total} to do", EventLevel.INFO))

    work.claim.commit(write)


def _plan(stage: Stage, work: Slice) -> list[Planned]:
    with reading():
        site = db.session.get_one(Site, work.claim.site_id)
        plan = Plan(site=site, limit=work.terms.limit(stage.key), batch_size=work.terms.batch_size)
        planned = list(stage.plan(plan))
        db.session.rollback()
        db.session.expunge_all()
    return planned


def _finish(run: Run, stage: Stage, cut: StopReason | None) -> None:
    result = _result(run, stage.key)
    if result.status is StageStatus.DONE:
        return
    result.status, result.finished_at = StageStatus.DONE, now()
    result.left_over = stage.pending(run.site)
    result.cut_short = cut or end_of_stage(stage.key, result, RunTerms.model_validate(run.terms))
    text = f"{stage.key.label} finished: {result.processed} done"
    if result.failed:
        text += f", {result.failed} need attention"
    if result.left_over:
        text += f", {result.left_over} left"
    db.session.add(_event(run, stage, "stage_finished", text, EventLevel.MARK))


def _event(run: Run, stage: Stage, name: str, text: str, level: EventLevel) -> RunEvent:
    return RunEvent(run_id=run.id, stage=stage.key, name=name, text=text, level=level)


def _complete(run: Run) -> Outcome:
    reason, detail = end_of_run(run.stages, RunTerms.model_validate(run.terms))
    run.move_to(RunStatus.COMPLETED, by="worker", reason=reason, detail=detail)
    return Done()


def _end(held: Claim, stop: StopRun) -> Outcome:
    """Writes why the run stops. If it is not ours any more, somebody else has written why."""
    try:
        return held.commit(lambda run: _stop(run, stop))
    except Fenced:
        return Stop(StopReason.MOVED_ON)


def _stop(run: Run, stop: StopRun) -> Outcome:
    status = ENDS_AS[stop.reason]
    detail = stop.detail | ({"left": left_of(run.stages)} if status is RunStatus.COMPLETED else {})
    run.move_to(status, by="worker", reason=stop.reason, detail=detail, not_before=stop.until)
    if status is not RunStatus.QUEUED:
        return Stop(stop.reason)
    return Again(run.epoch) if stop.until is None else Wait(run.epoch, stop.until)
