"""The publishing queue: what goes out when, what waits and why, and what people may do about it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts.models import Role
from webapp.core.db import db, reading
from webapp.core.errors import Invalid
from webapp.jobs.queue import publish
from webapp.publishing import by_hand
from webapp.publishing.by_hand import Act, Done
from webapp.publishing.models import Publication
from webapp.sites.models import Site
from webapp.web import queue_page
from webapp.web.access import LARGEST_ID, row_or_404, site_or_404
from webapp.web.destination import Destination
from webapp.web.htmx import after_post, is_htmx
from webapp.web.whereabouts import whereabouts

pages = Blueprint("queue", __name__, url_prefix="/sites/<slug>/queue")


Told = Callable[[Publication, Site], str]

ACTS: dict[str, tuple[Act, Told]] = {
    "publish-now": (by_hand.publish_now, lambda one, site: "goes out now."),
    "hold": (by_hand.hold, lambda one, site: "is held until you release it."),
    "release": (by_hand.release, lambda one, site: f"is released. {whereabouts(one, site)}"),
    "unschedule": (by_hand.unschedule, lambda one, site: "is off the schedule until you release it."),
    "retry": (by_hand.retry, lambda one, site: f"is tried again. {whereabouts(one, site)}"),
    "move-up": (by_hand.move_up, lambda one, site: f"moved up. {whereabouts(one, site)}"),
    "move-down": (by_hand.move_down, lambda one, site: f"moved down. {whereabouts(one, site)}"),
}
AT_ONCE = "publish-now"
FOR_SEVERAL = {
    "publish-now": "going out now", "hold": "held", "release": "released", "unschedule": "taken off the schedule",
    "retry": "tried again",
}  # fmt: skip


def _any_of(names: Iterable[str]) -> str:
    """The part of a route that is one of them."""
    return "any({})".format(", ".join(f"'{name}'" for name in names))


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    return render_template("queue/index.html", page="queue", **queue_page.queue(site))


@pages.get("/live")
def live(slug: str) -> ResponseReturnValue:
    """The fragment that the page asks for while something is on its way. Unchanged, it answers 304."""
    site = site_or_404(slug)
    if not is_htmx():
        return redirect(url_for("queue.index", slug=slug))
    version = queue_page.version(site)
    known = {tag.split(":")[0] for tag in request.if_none_match.as_set()}
    answer = Response(status=304) if version in known else make_response(_fragment(site))
    answer.set_etag(version)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pages.post(f"/<int:id>/<{_any_of(ACTS)}:act>")
def act(slug: str, id: int, act: str) -> ResponseReturnValue:
    """What a person does with one publication."""
    site = site_or_404(slug, Role.EDITOR)
    publication = row_or_404(Publication, site, id)
    do, told = ACTS[act]
    do(publication)
    text = f"“{publication.article.title}” {told(publication, site)}"
    db.session.commit()
    return after_post(lambda: _fragment(site), _home(slug), "ok", text + _woken(do, site))


@pages.get("/<int:id>/publish-now")
def confirm_publish_now(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    return _question(site, [row_or_404(Publication, site, id)], url_for("queue.act", slug=slug, id=id, act=AT_ONCE))


@pages.post(f"/selected/<{_any_of(FOR_SEVERAL)}:act>")
def act_on_selected(slug: str, act: str) -> ResponseReturnValue:
    """The same with several. Those that moved on meanwhile are left as they are, and named.

    What cannot be taken back asks first.
    """
    site = site_or_404(slug, Role.EDITOR)
    do, _ = ACTS[act]
    chosen = [id for id in request.form.getlist("publication", type=int) if 0 < id <= LARGEST_ID]
    if act == AT_ONCE and "sure" not in request.form:
        wanted = _those(site, chosen)
        if wanted:
            return _question(site, wanted, request.path)
    done = do.on_each(site.id, chosen)
    db.session.commit()
    kind, text = _told_of_several(done, FOR_SEVERAL[act])
    flash(text + (_woken(do, site) if done.done else ""), kind)
    return redirect(_home(slug), 303)


@pages.get("/<int:id>/slot")
def choose_slot(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug)
    publication = row_or_404(Publication, site, id)
    return render_template("queue/slot.html", page="queue", **queue_page.slots_for(publication, site))


@pages.post("/<int:id>/slot")
def to_slot(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    publication = row_or_404(Publication, site, id)
    by_hand.to_slot(publication, _instant(request.form.get("slot", "")))
    text = f"“{publication.article.title}” moved. {whereabouts(publication, site)}"
    db.session.commit()
    flash(text, "ok")
    return redirect(_home(slug), 303)


def _those(site: Site, ids: Collection[int]) -> Sequence[Publication]:
    wanted = select(Publication).where(Publication.site_id == site.id, Publication.id.in_(ids))
    return db.session.scalars(wanted.order_by(Publication.slot_at.is_(None), Publication.slot_at, Publication.id)).all()


def _question(site: Site, wanted: Sequence[Publication], url: str) -> str:
    """Whether these shall go out now."""
    return render_template(
        "queue/publish_now.html", page="queue", site=site, destination=Destination(site), wanted=wanted, url=url
    )


def _instant(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("slot", "That is no time.", "Nothing was changed: choose one of the list.") from error


def _told_of_several(done: Done, what: str) -> tuple[str, str]:
    """The kind of the message, and its text."""
    count = len(done.done)
    said = f"{count} {'article is' if count == 1 else 'articles are'} {what}." if count else f"No article is {what}."
    if not count and not done.refused:
        return "warn", f"{said} Choose some first."
    reasons = " ".join(refused.sentence for refused in done.refused[:3])
    more = f" And {len(done.refused) - 3} more." if len(done.refused) > 3 else ""
    return "warn" if done.refused else "ok", f"{said} {reasons}{more}".strip()


def _woken(do: Act, site: Site) -> str:
    """Who publishes now wants to see it; what else is to be said then."""
    if do is not by_hand.publish_now or publish([site.id]):
        return ""
    return " Redis does not answer right now, so it takes a little longer."


def _home(slug: str) -> str:
    return url_for("queue.index", slug=slug)


def _fragment(site: Site) -> str:
    """The queue as it is now: what this request has read or changed before may have moved on meanwhile."""
    db.session.expire_all()
    with reading():
        return render_template("queue/_live.html", **queue_page.queue(site))
