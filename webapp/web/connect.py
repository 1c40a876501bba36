"""Where a site publishes to: its folder, or a WordPress that is tested before it is connected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.jobs import queue
from webapp.publishing import retested
from webapp.publishing.models import WaitingReason, WordPressConnection
from webapp.publishing.places import Place
from webapp.publishing.schedule import lock
from webapp.publishing.wordpress import connection as connecting
from webapp.publishing.wordpress import existing
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.diagnosis import CannotConnect, refuse_plain_http
from webapp.publishing.wordpress.examine import Examined, examine
from webapp.sites.ai.providers import writes_for_publication
from webapp.sites.models import Site, TargetKind
from webapp.web.access import site_or_404
from webapp.web.destination import Destination
from webapp.web.forms.checks import refuse
from webapp.web.forms.connect import STATUSES, TARGETS, ConnectForm
from webapp.web.forms.versioned import Description, Line
from webapp.web.htmx import is_htmx
from webapp.web.standing import standing, stop

pages = Blueprint("connect", __name__, url_prefix="/sites/<slug>/connect")

NAMES = {value: text for value, text, _ in TARGETS}
POSTS = 50  # shown of those that are there
CLOCK_IS_WRONG = 60  # seconds from ours
PAGES = {"queue": "queue.index", "overview": "overview.show", "publishing": "publishing.show"}  # that offer a test, too


@dataclass(frozen=True)
class Tested:
    """How a test went: what it found, or what is in the way. `goes_on`: what it did where it was of what is kept."""

    found: Examined | None = None
    problem: CannotConnect | None = None
    goes_on: str = ""


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    connection = _connection(site)
    form = ConnectForm.of(site, connection)
    form.draw_from(described(site, connection))
    return _page(site, form)


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    """Tests first, and saves what works. The folder needs no test."""
    return _save_unless_wrong(slug, _test)


@pages.post("/test")
def test(slug: str) -> ResponseReturnValue:
    """What a test finds: the fragment for HTMX, else the page as it is. Saves no setting.

    A connection that is kept already and works lets its queue go on.
    """
    site = site_or_404(slug, Role.OWNER)
    form = ConnectForm()
    moved = form.take_offer()
    credentials = _credentials(site, form)
    tested = _followed(slug, credentials, _test(credentials)) if credentials else None
    code = 200 if tested and tested.found else 422
    if is_htmx():
        return make_response(_fragment(site, form, tested, moved), code)
    return make_response(_page(site, form, tested=tested), code)


@pages.post("/again")
def test_again(slug: str) -> ResponseReturnValue:
    """Tests the connection that is kept, for whoever reads that articles wait for it."""
    site = site_or_404(slug, Role.EDITOR)
    credentials = connecting.credentials_of(_connection_or_404(site))
    db.session.commit()
    tested = _followed(slug, credentials, _test(credentials))
    if tested.problem is not None:
        flash(f"{tested.problem.sentence} {tested.problem.remedy}", "err")
        return redirect(url_for("connect.show", slug=slug), 303)
    flash(f"It works. {tested.goes_on}".strip(), "ok")
    back = PAGES.get(request.form.get("back", ""), "connect.show")
    return redirect(url_for(back, slug=slug), 303)


@pages.post("/anyway")
def save_anyway(slug: str) -> ResponseReturnValue:
    """Saves what was not tested, or did not work: the queue is held until a test does."""
    return _save_unless_wrong(slug, _may_be_sent)


@pages.post("/read")
def read(slug: str) -> ResponseReturnValue:
    """Has the posts read that are there, by a worker: there may be thousands."""
    site = site_or_404(slug, Role.EDITOR)
    _connection_or_404(site)
    db.session.commit()
    _tell_of_reading(queue.read_posts(site.id))
    return redirect(url_for("connect.show", slug=slug, _anchor="posts"), 303)


@pages.get("/forget")
def confirm_forget(slug: str) -> ResponseReturnValue:
    return render_template("connect/forget.html", site=site_or_404(slug, Role.OWNER), page="connect")


@pages.post("/forget")
def forget(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.OWNER)
    connecting.forget(site)
    db.session.commit()
    flash("The connection is forgotten, with its password. Articles go to the folder.", "ok")
    return redirect(url_for("connect.show", slug=slug), 303)


def _credentials(site: Site, form: ConnectForm) -> Credentials | None:
    """Those that were written, if need be with the password that is kept. None: the form says what is wrong.

    Ends the transaction: nobody shall wait for the database while we wait for another site.
    """
    kept = _connection(site)
    db.session.commit()
    if not form.validate():
        return None
    try:
        return connecting.credentials_for(form.wanted(), kept)
    except Invalid as error:
        refuse(form, error)
    except Conflict as unreadable:
        refuse(form, Invalid("password", str(unreadable)))
    return None


def _save_unless_wrong(slug: str, judge: Callable[[Credentials], Tested]) -> ResponseReturnValue:
    site = site_or_404(slug, Role.OWNER)
    form = ConnectForm()
    if form.validate() and form.is_folder:
        return _save(slug, form, None)
    credentials = _credentials(site, form)
    if credentials is None:
        return _page(site, form), 422
    tested = judge(credentials)
    if tested.problem is not None:
        return _page(site, form, tested=tested), 422
    return _save(slug, form, tested.found)


def _may_be_sent(credentials: Credentials) -> Tested:
    """Untested, but for whether the password may be sent there at all."""
    try:
        refuse_plain_http(credentials.address)
    except CannotConnect as problem:
        return Tested(problem=problem)
    return Tested()


def _test(credentials: Credentials) -> Tested:
    try:
        return Tested(found=examine(credentials))
    except CannotConnect as problem:
        return Tested(problem=problem)


def _followed(slug: str, credentials: Credentials, tested: Tested) -> Tested:
    """The same; where it was of the connection that is kept, and worked, the queue goes on."""
    if tested.found is None:
        return tested
    site = site_or_404(slug, Role.EDITOR)
    places = retested.works(site, credentials, tested.found)
    db.session.commit()
    return tested if places is None else replace(tested, goes_on=_told_of_going_on(site, places))


def _told_of_going_on(site: Site, places: Sequence[Place]) -> str:
    going, still = sum(place.slot is not None for place in places), stop(site)
    if still is not None:
        return still.said
    if not going:
        return _told_of_drafts(places) or "It is saved like this already."
    told = f"{going:,} {'article goes out at its time' if going == 1 else 'articles go out in their order'}."
    return f"{told} {_told_of_drafts(places)}".strip()


def _save(slug: str, form: ConnectForm, found: Examined | None) -> ResponseReturnValue:
    """Under the site's lock, unless somebody saved something else, or deleted the site, while we tested."""
    site = site_or_404(slug, Role.OWNER)
    lock(site.id)
    db.session.refresh(site)
    connection = _connection(site)
    stored = described(site, connection)
    lines = form.overtaken_by(stored, _described_as_written(form, stored))
    if lines:
        form.draw_from(stored)
        db.session.commit()
        return _page(site, form, lines=lines), 409
    if form.is_folder:
        connecting.use_folder(site)
        db.session.commit()
        flash("Saved. Articles go to the folder from now on; what is out already stays where it is.", "ok")
    else:
        places = connecting.connect(site, form.wanted(), found)
        db.session.commit()
        flash(_told(found, places), "ok" if found else "warn")
        _read_if_new(site, found)
    return redirect(url_for("connect.show", slug=slug), 303)


def _read_if_new(site: Site, found: Examined | None) -> None:
    connection = _connection(site)
    unread = connection is not None and connection.posts_read_at is None
    db.session.commit()
    if found and unread:
        queue.read_posts(site.id)  # without Redis there is still the button


def _tell_of_reading(is_asked: bool) -> None:
    if is_asked:
        flash("The posts are being read. Look again in a moment.", "ok")
    else:
        flash("Redis does not answer right now, so nobody reads them. Try again when it is back.", "warn")


def described(site: Site, connection: WordPressConnection | None) -> Description:
    """Where articles go, as people read it. Of the password only when it was entered."""
    place = {"Where articles go": NAMES[site.target.value]}
    if connection is None:
        return place | dict.fromkeys(("Address", "User name", "Password", "Category", "Status"), "–")
    local = connection.password_set_at.astimezone(site.zone)
    return place | {
        "Address": connection.address,
        "User name": connection.username,
        "Password": f"entered {local.day} {local:%b %Y, %H:%M:%S}",
        "Category": connection.default_category or "WordPress's own",
        "Status": STATUSES[connection.post_status],
    }


def _described_as_written(form: ConnectForm, stored: Description) -> Description:
    """The same of what was written: the folder leaves the rest as it is, no password the one that is kept."""
    place = {"Where articles go": NAMES[form.target.data]}
    if form.is_folder:
        return {**stored, **place}
    wanted = form.wanted()
    return place | {
        "Address": wanted.address,
        "User name": wanted.username,
        "Password": "a new one" if wanted.password else stored["Password"],
        "Category": wanted.default_category or "WordPress's own",
        "Status": STATUSES[wanted.post_status],
    }


def _told(found: Examined | None, places: Sequence[Place]) -> str:
    if found is None:
        return "Saved without a test that worked. Nothing is lost: articles wait until one does."
    told = f"Connected to {found.name or 'WordPress'} as {found.user}. Articles go there from now on."
    return f"{told} {_told_of_drafts(places)}".strip()


def _told_of_drafts(places: Sequence[Place]) -> str:
    drafts = sum(place.reason is WaitingReason.DRAFT_QUALITY for place in places)
    if not drafts:
        return ""
    waiting = "article waits" if drafts == 1 else "articles wait"
    return f"{drafts:,} {waiting} in the queue for Publish now: drafted without a language model."


def _connection(site: Site) -> WordPressConnection | None:
    return db.session.get(WordPressConnection, site.id, populate_existing=True)


def _connection_or_404(site: Site) -> WordPressConnection:
    found = _connection(site)
    if found is None:
        raise NotFound("The site is not connected to a WordPress.", "Connect it first.")
    return found


def _fragment(site: Site, form: ConnectForm, tested: Tested | None, moved: bool) -> str:
    return render_template("connect/_tested.html", alone=True, moved=moved, **_shown(site, form, tested))


def _page(site: Site, form: ConnectForm, tested: Tested | None = None, lines: Sequence[Line] = ()) -> str:
    form.draw_without_password()
    return render_template(
        "connect/index.html",
        destination=Destination(site),
        targets=TARGETS,
        only_drafts=not writes_for_publication(site),
        posts=existing.listed(site.id, POSTS),
        post_count=existing.count(site.id),
        lines=lines,
        page="connect",
        **_shown(site, form, tested),
    )


def _shown(site: Site, form: ConnectForm, tested: Tested | None) -> dict[str, Any]:
    """What the page and the fragment have in common."""
    connection = _connection(site)
    return {
        "site": site,
        "form": form,
        "tested": tested,
        "is_wordpress": site.target is TargetKind.WORDPRESS,
        "connection": connection,
        "status": STATUSES[connection.post_status] if connection else "",
        "found": Examined(**connection.found) if connection and connection.found else None,
        "standing": standing(site),
        "clock_is_wrong": CLOCK_IS_WRONG,
    }
