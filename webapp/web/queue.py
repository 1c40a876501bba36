"""The publishing queue: what goes out when, what waits and why, and what people may do about it."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.core.db import db
from webapp.jobs.queue import wake_publishing
from webapp.publishing import publisher, queries
from webapp.publishing.models import Publication, PublicationStatus
from webapp.publishing.reasons import WORDS, Remedy
from webapp.sites.models import Site
from webapp.web.access import row_or_404, site_or_404
from webapp.web.htmx import after_post, is_htmx

pages = Blueprint("queue", __name__, url_prefix="/sites/<slug>/queue")

MOST = 200  # of each kind on the page

PLACES = {Remedy.PUBLISHING_SETTINGS: "publishing.show", Remedy.SITE_SETTINGS: "sites.settings", Remedy.RELEASE: None}


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
    version = queries.version(site.id)
    known = {tag.split(":")[0] for tag in request.if_none_match.as_set()}
    answer = Response(status=304) if version in known else make_response(_fragment(site))
    answer.set_etag(version)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pages.post("/<int:id>/publish-now")
def publish_now(slug: str, id: int) -> ResponseReturnValue:
    return _do(slug, id, publisher.publish_now, "“{}” goes out now.", wake=True)


@pages.post("/<int:id>/hold")
def hold(slug: str, id: int) -> ResponseReturnValue:
    return _do(slug, id, publisher.hold, "“{}” is held until you release it.")


@pages.post("/<int:id>/release")
def release(slug: str, id: int) -> ResponseReturnValue:
    return _do(slug, id, publisher.release, "“{}” is released.")


@pages.post("/<int:id>/retry")
def retry(slug: str, id: int) -> ResponseReturnValue:
    return _do(slug, id, publisher.retry, "“{}” is tried again.")


def _do(
    slug: str, id: int, act: Callable[[Publication], None], said: str, *, wake: bool = False
) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    publication = row_or_404(Publication, site, id)
    act(publication)
    title = publication.article.title
    db.session.commit()
    late = wake and not wake_publishing()
    text = said.format(title) + (" Redis does not answer right now, so it takes a little longer." if late else "")
    return after_post(lambda: _fragment(site), url_for("queue.index", slug=slug), "ok", text)


def _fragment(site: Site) -> str:
    return render_template("queue/_live.html", **_queue(site))


def _queue(site: Site) -> dict[str, Any]:
    upcoming = queries.upcoming(site.id, MOST)
    at_work = any(one.status is PublicationStatus.PUBLISHING for one in upcoming)
    return {
        "site": site,
        "counts": queries.counts(site.id),
        "days": [(day, list(some)) for day, some in groupby(upcoming, key=lambda one: _day(one, site))],
        "waiting": [
            (one, WORDS[one.reason], _place(one, site)) for one in queries.waiting(site.id, MOST) if one.reason
        ],
        "failed": queries.failed(site.id, MOST),
        "published": queries.published(site.id, MOST),
        "polls": at_work or queries.is_due(site.id),
        "picture": _picture,
    }


def _day(publication: Publication, site: Site) -> Any:
    assert publication.slot_at is not None, "what is scheduled has a slot"
    return publication.slot_at.astimezone(site.zone).date()


def _place(publication: Publication, site: Site) -> str | None:
    """Where the remedy of its reason is."""
    if publication.reason is None:
        return None
    endpoint = PLACES[WORDS[publication.reason].where]
    return url_for(endpoint, slug=site.slug) if endpoint else None


def _picture(publication: Publication) -> str | None:
    """The file of the article's first picture."""
    return next((image.file for image in publication.article.images if image.file), None)
