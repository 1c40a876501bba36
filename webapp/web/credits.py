"""An account's credits: the balance, every entry of the ledger, what was charged by day; the same as a file."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy import Row, select

from webapp.accounts.members import accounts_of
from webapp.accounts.models import Account
from webapp.ai.provider import Operation
from webapp.content.models import Article
from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.credits import ledger, prices, queries
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.credits.queries import Wanted
from webapp.pipeline.charged_calls import charged_calls
from webapp.pipeline.models import AiCall
from webapp.sites.ai.prices import in_dollars
from webapp.sites.models import Site
from webapp.web.access import account_or_404
from webapp.web.credit_chart import drawn
from webapp.web.listing import address, chosen, kept, number, place

pages = Blueprint("credits", __name__, url_prefix="/credits")

EARLIEST, LATEST = 2000, 9000  # years that a filter takes
COLUMNS = (
    "number", "time", "kind", "operation", "credits", "balance after", "site", "run", "article", "item", "note", "by",
    "model", "question", "tokens in", "of them cached", "tokens out", "dollars",
)  # fmt: skip
Cell = str | int | None
NO_CALL: tuple[Cell, ...] = (None,) * 6
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


@dataclass(frozen=True)
class Asked:
    """What the address asks for. Days are those of `zone`."""

    account: Account
    sites: dict[int, Site]
    site: Site | None
    zone: ZoneInfo
    first: date | None
    last: date | None
    wanted: Wanted


@pages.get("")
def index() -> ResponseReturnValue:
    asked = _asked()
    account, found = asked.account, queries.entries(asked.account.id, asked.wanted, place())
    return render_template(
        "credits/index.html",
        page="credits",
        asked=asked,
        accounts=[_tab(one, account) for one in accounts_of(current_user)],
        balance=ledger.balance(account.id),
        held=ledger.held(account.id),
        switched_off=[cost for cost in prices.costs().values() if not cost.is_active],
        rows=found.rows,
        before=address(before=found.before) if found.before else None,
        after=address(after=found.after) if found.after else None,
        titles=_titles(found.rows),
        calls=charged_calls(found.rows),
        in_dollars=in_dollars,
        chart=drawn(asked.account.id, asked.wanted, asked.zone, asked.first, asked.last),
        kinds=[("", "Any kind"), *((kind.value, kind.label) for kind in EntryKind)],
        operations=[("", "Any operation"), *((one.value, one.label) for one in Operation)],
        site_choices=[("", "Any site"), *((site.slug, site.name) for site in asked.sites.values())],
        export_url=f"{url_for('credits.export')}?{urlencode(kept())}",
        clear_url=url_for("credits.index", account=account.id),
    )


@pages.get("/export")
def export() -> ResponseReturnValue:
    """Exactly the entries that the filters leave, as CSV, however many they are."""
    asked = _asked()
    name = f"ledger-{asked.account.id}-{now().astimezone(asked.zone):%Y-%m-%d}.csv"
    lines = _lines(asked.account.id, asked.wanted, asked.zone, {id: site.slug for id, site in asked.sites.items()})
    answer = Response(stream_with_context(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _asked() -> Asked:
    account = account_or_404(request.args.get("account"))
    of_account = select(Site).where(Site.account_id == account.id).order_by(Site.name, Site.id)
    sites = {site.id: site for site in db.session.scalars(of_account)}
    site = next((one for one in sites.values() if one.slug == request.args.get("site")), None)
    zone = _zone(site, sites)
    first, last = _days()
    wanted = Wanted(
        kind=chosen(EntryKind, "kind"),
        operation=chosen(Operation, "operation"),
        site_id=site.id if site else None,
        run_id=number("run"),
        article_id=number("article"),
        since=_midnight(first, zone) if first else None,
        until=_midnight(last + timedelta(days=1), zone) if last else None,
    )
    return Asked(account, sites, site, zone, first, last, wanted)


def _zone(site: Site | None, sites: dict[int, Site]) -> ZoneInfo:
    """The chosen site's; without one that of all sites, if they share it."""
    zones = {site.time_zone} if site else {one.time_zone for one in sites.values()}
    return ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")


def _day(name: str) -> date | None:
    """The day in an argument of the address, None for anything else."""
    try:
        day = date.fromisoformat(request.args.get(name, "").strip())
    except ValueError:
        return None
    return day if EARLIEST <= day.year <= LATEST else None


def _days() -> tuple[date | None, date | None]:
    """The first and the last, whichever was written first."""
    first, last = _day("from"), _day("to")
    return (last, first) if first and last and last < first else (first, last)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _tab(one: Account, current: Account) -> dict[str, Any]:
    return {"name": one.name, "url": url_for("credits.index", account=one.id), "is_current": one.id == current.id}


def _titles(rows: list[LedgerEntry]) -> dict[int, str]:
    """The titles of the articles that these entries paid for."""
    ids = {entry.article_id for entry in rows if entry.article_id is not None}
    return dict(db.session.execute(select(Article.id, Article.title).where(Article.id.in_(ids))).all())


def _lines(account_id: int, wanted: Wanted, zone: ZoneInfo, slugs: dict[int, str]) -> Iterator[str]:
    yield _written([COLUMNS])
    for some in queries.every_entry(account_id, wanted):
        calls = _calls(some)
        yield _written(_cells(entry, zone, slugs) + calls.get(entry.id, NO_CALL) for entry in some)


def _cells(entry: Row[Any], zone: ZoneInfo, slugs: dict[int, str]) -> tuple[Cell, ...]:
    return (
        entry.id,
        entry.at.astimezone(zone).isoformat(timespec="seconds"),
        entry.kind.value,
        entry.operation.value if entry.operation else None,
        entry.amount,
        entry.balance_after,
        slugs.get(entry.site_id),
        entry.run_id,
        entry.article_id,
        entry.item,
        entry.note,
        entry.by,
    )


def _calls(entries: Sequence[Row[Any]]) -> dict[int, tuple[Cell, ...]]:
    """What is known of the calls that these entries paid for. Ends its transaction."""
    with reading():
        found = {number: _of_call(call) for number, call in charged_calls(entries).items()}
        db.session.commit()
    return found


def _of_call(call: AiCall) -> tuple[Cell, ...]:
    """What the endpoint was asked, what it reported, and what that cost."""
    return (
        call.model_name,
        call.step,
        call.input_tokens,
        call.cached_tokens,
        call.output_tokens,
        None if call.cost is None else in_dollars(call.cost),
    )


def _written(lines: Iterable[Sequence[Cell]]) -> str:
    text = StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in cells] for cells in lines)
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    """What a spreadsheet takes for text, whatever somebody has written into a note."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
