"""Starting runs by the clock. Any number of schedulers may do it at once: a due site is claimed by compare-and-set."""

import logging
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from webapp.core.clock import now
from webapp.core.db import change, db, reading
from webapp.core.errors import Conflict
from webapp.pipeline import control, key_hold
from webapp.pipeline.automation import Automation, SkippedRun, next_run
from webapp.pipeline.control import RunInTheWay
from webapp.pipeline.models import Run, Trigger
from webapp.pipeline.terms import lock_automation
from webapp.publishing.schedule import reslot
from webapp.sites.models import Site

log = logging.getLogger(__name__)

BROKE = "Something broke on our side. Its next time is set; start it by hand, or ask the operator, who has the error."
BATCH = 200  # due sites looked at in one go


def start_due() -> Iterator[Run]:
    """Starts every due automation once, however many times it was missed. Yields each run as it is started.

    No more than one batch of due sites is known at a time, and one of their runs.
    """
    while due := _due(now()):
        for site_id, scheduled_for in due:
            run = _start_or_skip(site_id, scheduled_for)
            if run is not None:
                yield run
            db.session.expunge_all()


def _start_or_skip(site_id: int, scheduled_for: datetime) -> Run | None:
    """One site that cannot be started must not keep those behind it from being looked at."""
    try:
        site = db.session.get(Site, site_id)
        if site is None:  # deleted since we looked
            return None
        connection = key_hold.refusing(site)
        if connection is not None:
            _claim_and_skip(site_id, scheduled_for, key_hold.why_skipped(connection), None)
            return None
        return _claim_and_start(site_id, scheduled_for, control.foretell(site))
    except SQLAlchemyError:
        raise
    except Exception:
        db.session.rollback()
        log.exception("the scheduled run of site %s could not be started", site_id)
        _claim_and_skip(site_id, scheduled_for, BROKE, None)
        return None


def _due(moment: datetime) -> list[tuple[int, datetime]]:
    wanted = (
        select(Automation.site_id, Automation.next_run_at)
        .where(Automation.enabled, Automation.next_run_at <= moment)
        .order_by(Automation.next_run_at, Automation.site_id)
        .limit(BATCH)
    )
    with reading():
        due = [(site_id, at) for site_id, at in db.session.execute(wanted) if at is not None]
        db.session.commit()
    return due


def _claim_and_start(site_id: int, scheduled_for: datetime, estimated_credits: int | None) -> Run | None:
    """One transaction: a scheduler that is lost in it leaves the site due, and another one starts its run."""
    automation = db.session.get_one(Automation, site_id)
    if not _claim(automation, scheduled_for):
        db.session.commit()
        return None
    try:
        return control.place(
            automation.site,
            by="schedule",
            trigger=Trigger.SCHEDULE,
            automation_id=site_id,
            scheduled_for=scheduled_for,
            estimated_credits=estimated_credits,
        )
    except Conflict as blocked:
        db.session.rollback()  # the claim, too
        in_the_way = blocked.run.id if isinstance(blocked, RunInTheWay) else None
        _claim_and_skip(site_id, scheduled_for, blocked.sentence, in_the_way)
        return None


def _claim(automation: Automation, scheduled_for: datetime) -> bool:
    """Sets the next time, unless another scheduler has done it. The caller commits."""
    following = next_run(automation, automation.site.zone, now())
    claimed = change(
        update(Automation)
        .where(Automation.site_id == automation.site_id, Automation.enabled, Automation.next_run_at == scheduled_for)
        .values(next_run_at=following)
    )
    db.session.expire(automation, ["next_run_at"])
    return claimed == 1


def _claim_and_skip(site_id: int, scheduled_for: datetime, why: str, in_the_way: int | None) -> None:
    if _claim(db.session.get_one(Automation, site_id), scheduled_for):
        db.session.add(SkippedRun(site_id=site_id, scheduled_for=scheduled_for, why=why, run_id=in_the_way))
    db.session.commit()


def follow_zone(site: Site) -> None:
    """The site's clock is another: the slots of its queue and its next run are worked out anew. The caller commits."""
    reslot(site.id)
    set_schedule(lock_automation(site))


def set_schedule(automation: Automation) -> None:
    """Works out the next run after a change of the settings; none while it is switched off."""
    automation.next_run_at = next_run(automation, automation.site.zone, now()) if automation.enabled else None
