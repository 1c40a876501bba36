"""Credits that are held for calls without an outcome, and holds that no call accounts for. Only looks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from webapp.accounts.models import Account
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.paging import START, Page, Place, Stretch, page
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline.models import AiCall, CallStatus
from webapp.sites.models import Site

OPEN = (CallStatus.SENT, CallStatus.UNKNOWN)  # credits are held


@dataclass(frozen=True)
class OpenHold:
    """A hold of the ledger without an end, in credits, that belongs to no open call."""

    entry_id: int
    account_id: int
    run_id: int | None
    item: str | None
    credits: int
    at: datetime


def undecided(place: Place = START) -> Page[AiCall]:
    """A page of the calls whose answer never came, the newest first."""
    return page(_undecided(), (Stretch((AiCall.id,)),), after=place.after, before=place.before)


def count_undecided() -> int:
    return db.session.scalar(select(func.count()).select_from(_undecided().subquery())) or 0


def whose(calls: list[AiCall]) -> dict[int, tuple[Site, Account]]:
    """The sites of these calls and their accounts, by the site's number."""
    ids = {call.site_id for call in calls}
    rows = select(Site, Account).join(Account, Account.id == Site.account_id).where(Site.id.in_(ids))
    return {site.id: (site, account) for site, account in db.session.execute(rows)}


def unaccounted() -> list[OpenHold]:
    """Holds that nothing has ended and no open call will. There are none, unless something is wrong."""
    end = aliased(LedgerEntry)
    ended = exists().where(
        end.account_id == LedgerEntry.account_id, end.kind == EntryKind.RELEASE, end.id > LedgerEntry.id, *_same(end)
    )
    called = exists().where(
        AiCall.status.in_(OPEN),
        AiCall.run_id == LedgerEntry.run_id,
        AiCall.item == LedgerEntry.item,
        AiCall.attempt == LedgerEntry.attempt,
    )
    holds = select(LedgerEntry).where(LedgerEntry.kind == EntryKind.HOLD, ~ended, ~called).order_by(LedgerEntry.id)
    return [
        OpenHold(one.id, one.account_id, one.run_id, one.item, -one.amount, one.at) for one in db.session.scalars(holds)
    ]


def _undecided() -> Select[AiCall]:
    late = and_(AiCall.status == CallStatus.SENT, AiCall.deadline <= now())
    is_open = AiCall.status.in_(bindparam("open", OPEN, expanding=True, literal_execute=True))  # as its index says it
    return select(AiCall).where(is_open, AiCall.run_id.is_not(None), or_(AiCall.status == CallStatus.UNKNOWN, late))


def _same(end: type[LedgerEntry]) -> tuple[ColumnElement[bool], ...]:
    """That an entry ends this very hold. Runs that were deleted with their site have no number any more."""
    return (
        end.run_id.is_not_distinct_from(LedgerEntry.run_id),
        end.item == LedgerEntry.item,
        end.operation == LedgerEntry.operation,
        end.attempt == LedgerEntry.attempt,
    )
