"""The publishing queue: what goes out when, what waits and why, and what people may do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.jobs.queue import wake_publishing
from webapp.publishing import by_hand, queries
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings
from webapp.publishing.places import reason_for_new
from webapp.publishing.reasons import WORDS, Remedy, Words
from webapp.sites.models import Site
from webapp.web.access import row_or_404, site_or_404
from webapp.web.htmx import after_post, is_htmx

pages = Blueprint("queue", __name__, url_prefix="/sites/<slug>/queue")

MOST = 200  # of each kind on the page
MOVING, STANDING = 2, 30  # seconds between two looks, while something goes out and while it will

PLACES: dict[Remedy, tuple[str, str] | None] = {
    Remedy.PUBLISHING_SETTINGS: ("publishing.show", "Settings"),
    Remedy.CONNECTION: ("connect.show", "Where to"),
    Remedy.RELEASE: None,
    Remedy.OPERATOR: None,
}


@dataclass(frozen=True)
class Explained:
    """Why something stands still, what to do about it, and where."""

    title: str
    sentence: str
    remedy: str
    url: str
    link_text: str


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    return render_template("queue/index.html", page="queue", **_queue(site))


@pages.get("/live")
def live(slug: str) -> ResponseReturnValue:
    """The fragment that the page asks for while something is on its way. Unchanged, it answers 304."""
    site = site_or_404(slug)
    if not is_htmx():
        return redirect(url_for("queue.index", slug=slug))
    version = f"{queries.version(site.id, MOST)}-{_today(site)}"
    known = {tag.split(":")[0] for tag in request.if_none_match.as_set()}
    answer = Response(status=304) if version in known else make_response(_fragment(site))
    answer.set_etag(version)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pages.post("/<int:id>/publish-now")
def publish_now(slug: str, id: int) -> ResponseReturnValue:
    return _do(slug, id, by_hand.publish_now, lambda publication, site: "goes out now.", wake=True)


@pages.post("/<int:id>/hold")
def hold(slug: str, id: int) -> ResponseReturnValue:
    return _do(slug, id, by_hand.hold, lambda publication, site: "is held until you release it.")


@pages.post("/<int:id>/release")
def release(slug: str, id: int) -> ResponseReturnValue:
    return _do(slug, id, by_hand.release, lambda publication, site: f"is released. {_whereabouts(publication, site)}")


@pages.post("/<int:id>/retry")
def retry(slug: str, id: int) -> ResponseReturnValue:
    return _do(slug, id, by_hand.retry, lambda publication, site: f"is tried again. {_whereabouts(publication, site)}")


def _do(
    slug: str,
    id: int,
    act: Callable[[Publication], None],
    told: Callable[[Publication, Site], str],
    *,
    wake: bool = False,
) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    publication = row_or_404(Publication, site, id)
    act(publication)
    text = f"“{publication.article.title}” {told(publication, site)}"
    db.session.commit()
    if wake and not wake_publishing():
        text += " Redis does not answer right now, so it takes a little longer."
    return after_post(lambda: _fragment(site), url_for("queue.index", slug=slug), "ok", text)


def _whereabouts(publication: Publication, site: Site) -> str:
    """When it goes out, or why it waits."""
    if publication.slot_at is not None:
        local = publication.slot_at.astimezone(site.zone)
        return f"It goes out on {local:%a} {local.day} {local:%b} at {local:%H:%M} ({site.time_zone})."
    return WORDS[publication.reason].sentence if publication.reason else ""


def _fragment(site: Site) -> str:
    """The queue as it is now: what this request has read or changed before may have moved on meanwhile."""
    db.session.expire_all()
    with reading():
        return render_template("queue/_live.html", **_queue(site))


def _queue(site: Site) -> dict[str, Any]:
    counts = queries.counts(site.id)
    upcoming = queries.upcoming(site.id, MOST)
    waiting = queries.waiting(site.id, MOST)
    stopped = reason_for_new(db.session.get_one(PublishingSettings, site.id))
    return {
        "site": site,
        "counts": counts,
        "most": MOST,
        "stopped": _explained(WORDS[stopped], site) if stopped else None,
        "days": [(_named(day, site), list(some)) for day, some in groupby(upcoming, key=lambda one: _day(one, site))],
        "waiting": _by_reason(waiting, site),
        "failed": queries.failed(site.id, MOST),
        "published": queries.published(site.id, MOST),
        "seconds": _seconds(site, counts),
        "at_work": PublicationStatus.PUBLISHING,
        "picture": _picture,
    }


def _seconds(site: Site, counts: queries.Counts) -> int | None:
    """How often the page looks again; None: nothing will happen by itself."""
    if queries.is_moving(site.id):
        return MOVING
    return STANDING if counts.scheduled or counts.waiting else None


def _by_reason(waiting: Any, site: Site) -> list[tuple[Explained, list[Publication]]]:
    """Those that wait, in their order, under what each reason means."""
    groups: dict[Any, list[Publication]] = {}
    for publication in waiting:
        groups.setdefault(publication.reason, []).append(publication)
    return [(_explained(WORDS[reason], site), some) for reason, some in groups.items()]


def _explained(words: Words, site: Site) -> Explained:
    place = PLACES[words.where]
    endpoint, text = place or ("", "")
    return Explained(
        words.title, words.sentence, words.remedy, url_for(endpoint, slug=site.slug) if place else "", text
    )


def _day(publication: Publication, site: Site) -> date:
    assert publication.slot_at is not None, "what is scheduled has a slot"
    return publication.slot_at.astimezone(site.zone).date()


def _named(day: date, site: Site) -> str:
    today = _today(site)
    names = {today: "Today, ", today + timedelta(days=1): "Tomorrow, "}
    return f"{names.get(day, '')}{day:%a} {day.day} {day:%b}"


def _today(site: Site) -> date:
    return now().astimezone(site.zone).date()


def _picture(publication: Publication) -> str | None:
    """The file of the article's first picture."""
    return next((image.file for image in publication.article.images if image.file), None)
