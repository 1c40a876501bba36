"""The publishing queue as a calendar: a month as a table, and a feed for calendar programs at a secret address."""

import re
from calendar import Calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts.models import Role
from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.publishing import dated, feed
from webapp.publishing.dated import Day
from webapp.publishing.models import PublishingSettings
from webapp.publishing.slots import DAY, instant_of
from webapp.sites.models import Site
from webapp.web.access import site_or_404

pages = Blueprint("calendar", __name__)

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
MOST = 2000  # of a feed
IN_A_DAY = 5  # that are shown; of more only how many there are
BEHIND, AHEAD = timedelta(days=60), timedelta(days=400)  # of a feed, around now


@dataclass(frozen=True)
class Cell:
    """A day of the table."""

    day: date
    what: Day
    is_of_month: bool
    is_today: bool


@pages.get("/sites/<slug>/queue/calendar")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    month = _month(request.args.get("month", ""), site)
    weeks = _weeks(month, site)
    token = _settings(site).calendar_token
    return render_template(
        "queue/calendar.html",
        page="queue",
        site=site,
        month=month,
        before=_written(month - DAY),
        after=_written(_next(month)),
        weeks=weeks,
        is_empty=not any(cell.what.shown for week in weeks for cell in week if cell.is_of_month),
        feed_url=url_for("calendar.file", slug=slug, token=token, _external=True) if token else None,
    )


@pages.post("/sites/<slug>/queue/calendar/address")
def new_address(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    had_one = _settings(site).calendar_token is not None
    feed.new_token(site.id)
    db.session.commit()
    flash(f"The calendar has {'a new address. The one before works no longer' if had_one else 'an address'}.", "ok")
    return redirect(url_for("calendar.show", slug=slug, _anchor="feed"), 303)


@pages.get("/calendar/<slug>/<token>.ics")
def file(slug: str, token: str) -> ResponseReturnValue:
    """For calendar programs, which cannot sign in: who knows the address may read it."""
    with reading():
        site = db.session.scalar(select(Site).where(Site.slug == slug))
        feed.check_token(_settings(site).calendar_token if site else None, token)
        assert site is not None, "only a site has a token"
        moment = now()
        content = feed.feed(site, dated.around(site.id, moment - BEHIND, moment, moment + AHEAD, MOST), moment)
    answer = Response(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["Content-Disposition"] = f'inline; filename="{slug}.ics"'
    return answer


def _settings(site: Site) -> PublishingSettings:
    return db.session.get_one(PublishingSettings, site.id)


def _month(written: str, site: Site) -> date:
    """The first day of that month; of this one if there is no such month."""
    found = MONTH.fullmatch(written)
    if found is None:
        return now().astimezone(site.zone).date().replace(day=1)
    return date(int(found[1]), int(found[2]), 1)


def _next(month: date) -> date:
    return (month + 31 * DAY).replace(day=1)


def _written(month: date) -> str | None:
    """As the address has it; None for a month of which there is no page."""
    written = f"{month:%Y-%m}"
    return written if MONTH.fullmatch(written) else None


def _weeks(month: date, site: Site) -> list[list[Cell]]:
    """Whole weeks from Monday, with the days around the month that they need."""
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    start, end = _midnight(weeks[0][0], site), _midnight(weeks[-1][-1] + DAY, site)
    of_day = dated.by_day(site.id, start, end, site.zone, IN_A_DAY)
    today = now().astimezone(site.zone).date()
    return [
        [Cell(day, of_day.get(day, Day()), day.month == month.month, day == today) for day in week] for week in weeks
    ]


def _midnight(day: date, site: Site) -> datetime:
    return instant_of(day, time(), site.zone)
