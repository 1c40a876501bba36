"""A site's publishing settings: what goes out by itself, when, and how much of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.accounts.models import Role
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.models import Publication, PublishingSettings
from webapp.publishing.places import Place, line_up, reason_for_new
from webapp.publishing.reasons import WORDS
from webapp.publishing.schedule import change_settings
from webapp.publishing.slots import plan_slots
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.forms.publishing import MODES, PublishingForm

pages = Blueprint("publishing", __name__, url_prefix="/sites/<slug>/publishing")

SLOTS = 10  # shown ahead
MOVES = 50  # shown of what new settings would move


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    return _page(site, PublishingForm.of(_settings(site)))


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = PublishingForm()
    if not form.validate():
        return _page(site, form), 422
    places = change_settings(site.id, form.values())
    db.session.commit()
    flash(f"Publishing settings saved. {_told(places)}", "ok")
    return redirect(url_for("publishing.show", slug=slug), 303)


@pages.post("/preview")
def preview(slug: str) -> ResponseReturnValue:
    """The page with what was written, and what would move if it were saved. Saves nothing."""
    site = site_or_404(slug, Role.EDITOR)
    form = PublishingForm()
    if not form.validate():
        return _page(site, form), 422
    wanted = PublishingSettings(
        site_id=site.id, credentials_refused=_settings(site).credentials_refused, **form.values()
    )
    places = line_up(site, wanted)
    moves = [(place, WORDS[place.reason] if place.reason else None) for place in places if place.moves]
    return _page(
        site,
        form,
        slots=_slots(site, wanted, {place.slot: place.publication for place in places if place.slot}),
        moves=moves[:MOVES],
        more_moves=max(0, len(moves) - MOVES),
    )


def _page(site: Site, form: PublishingForm, **of_preview: Any) -> str:
    settings = _settings(site)
    reason = reason_for_new(settings)
    facts = {"slots": _slots(site, settings, _scheduled(site)), "moves": None, "more_moves": 0} | of_preview
    return render_template(
        "publishing/index.html",
        site=site,
        form=form,
        modes=MODES,
        stopped=WORDS[reason] if reason else None,
        page="publishing",
        **facts,
    )


def _settings(site: Site) -> PublishingSettings:
    return db.session.get_one(PublishingSettings, site.id)


def _slots(
    site: Site, settings: PublishingSettings, taken: dict[datetime, Publication]
) -> list[tuple[datetime, Publication | None]]:
    """The next slots, each with who goes out at it."""
    slots = plan_slots(settings.slots, site.zone, now(), (), SLOTS)
    return [(slot, taken.get(slot)) for slot in slots]


def _scheduled(site: Site) -> dict[datetime, Publication]:
    found = db.session.scalars(
        select(Publication)
        .where(Publication.site_id == site.id, Publication.status.in_(Publication.LIVE), Publication.slot_at > now())
        .options(joinedload(Publication.article))
        .order_by(Publication.slot_at)
        .limit(SLOTS)
    )
    return {one.slot_at: one for one in found if one.slot_at is not None}


def _told(places: Sequence[Place]) -> str:
    """What became of the queue, in words."""
    given = sum(place.slot is not None and place.moves for place in places)
    lost = sum(place.slot is None and place.moves for place in places)
    told = []
    if given:
        told.append(f"{given} article{'s have' if given > 1 else ' has'} a new time.")
    if lost:
        told.append(f"{lost} article{'s wait' if lost > 1 else ' waits'} now.")
    return " ".join(told) or "No article moved."
