"""Lists and sums of an account's ledger: one definition each, for every page that shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, union_all

from webapp.ai.provider import Operation
from webapp.core.db import db, reading
from webapp.core.paging import START, Page, Place, Stretch, page
from webapp.credits.models import EntryKind, LedgerEntry

NEWEST = (Stretch((LedgerEntry.id,)),)
IN_ONE_GO = 1000  # entries of an export
CLOCKS_AGREE_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Wanted:
    """Which entries of an account are wanted; None excludes nothing. `since` is included, `until` is not."""

    kind: EntryKind | None = None
    operation: Operation | None = None
    site_id: int | None = None
    run_id: int | None = None
    article_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_everything(self) -> bool:
        return self == Wanted()


@dataclass(frozen=True)
class Day:
    """A day of some zone, as the instants between which it lies."""

    since: datetime
    until: datetime


def entries(account_id: int, wanted: Wanted, place: Place = START) -> Page[LedgerEntry]:
    """A page of entries, the newest first."""
    return page(_rows(account_id, wanted), NEWEST, after=place.after, before=place.before)


def every_entry(account_id: int, wanted: Wanted) -> Iterator[Sequence[Row[Any]]]:
    """All of them as they are now, the newest first, some at a time, as plain rows. Ends its transactions."""
    with reading():
        entries = _rows(account_id, wanted).order_by(LedgerEntry.id.desc()).limit(IN_ONE_GO)
    rows = entries.with_only_columns(*LedgerEntry.__table__.columns)
    some = _read(rows)
    while some:
        yield some
        some = _read(rows.where(LedgerEntry.id < some[-1].id))


def charges(account_id: int, wanted: Wanted, days: Sequence[Day]) -> list[dict[Operation, int]]:
    """The credits charged on each of these days, per operation."""
    found: list[dict[Operation, int]] = [{} for _ in days]
    if days:
        sums = union_all(*(_charged(account_id, wanted, number, day) for number, day in enumerate(days)))
        for number, operation, amount in db.session.execute(sums):
            if operation is not None:
                found[number][operation] = -int(amount)
    return found


def _charged(account_id: int, wanted: Wanted, number: int, day: Day) -> Select[int, Operation | None, int]:
    return (
        select(literal(number), LedgerEntry.operation, func.sum(LedgerEntry.amount))
        .where(
            LedgerEntry.account_id == account_id,
            LedgerEntry.kind == EntryKind.CHARGE,
            LedgerEntry.at >= day.since,
            LedgerEntry.at < day.until,
            *_conditions(wanted),
        )
        .group_by(LedgerEntry.operation)
    )


def _rows(account_id: int, wanted: Wanted) -> Select[LedgerEntry]:
    near = _near(account_id, wanted)
    return select(LedgerEntry).where(LedgerEntry.account_id == account_id, *_conditions(wanted), *near)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    equal = {
        LedgerEntry.kind: wanted.kind,
        LedgerEntry.operation: wanted.operation,
        LedgerEntry.site_id: wanted.site_id,
        LedgerEntry.run_id: wanted.run_id,
        LedgerEntry.article_id: wanted.article_id,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.since is not None:
        found.append(LedgerEntry.at >= wanted.since)
    if wanted.until is not None:
        found.append(LedgerEntry.at < wanted.until)
    return found


def _near(account_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The numbers between which entries of that time lie, so that a list in their order need not look any further.

    They are in the order of the moves; times come from the clocks of several machines, which nearly agree.
    """
    of_account, found = select(LedgerEntry.id).where(LedgerEntry.account_id == account_id).limit(1), []
    if wanted.since is not None:
        before = of_account.where(LedgerEntry.at < wanted.since - CLOCKS_AGREE_WITHIN)
        number = db.session.scalar(before.order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc()))
        found += [] if number is None else [LedgerEntry.id > number]
    if wanted.until is not None:
        behind = of_account.where(LedgerEntry.at >= wanted.until + CLOCKS_AGREE_WITHIN)
        number = db.session.scalar(behind.order_by(LedgerEntry.at, LedgerEntry.id))
        found += [] if number is None else [LedgerEntry.id < number]
    return found


def _read(rows: Select[Any]) -> Sequence[Row[Any]]:
    with reading():
        found = db.session.execute(rows).all()
        db.session.commit()
    return found
