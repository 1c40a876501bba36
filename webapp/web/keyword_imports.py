"""Importing keywords: a file arrives, is understood, and is imported when somebody says so."""

import csv
import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy.exc import OperationalError

from webapp.accounts.models import Role
from webapp.content.imports import arriving, control, queries, working
from webapp.content.imports.models import HIDDEN, ImportStatus, KeywordImport
from webapp.core.db import db
from webapp.core.errors import Invalid, NotFound
from webapp.jobs import queue
from webapp.sites.models import Site
from webapp.web.access import LARGEST_ID, site_or_404
from webapp.web.forms.checks import refuse
from webapp.web.forms.imports import ColumnsForm, ImportForm
from webapp.web.htmx import is_htmx
from webapp.web.import_page import LABELS, ImportView, view_of
from webapp.web.large_files import LARGEST_FILE, let_large_files_in
from webapp.web.listing import address, place

pages = Blueprint("imports", __name__, url_prefix="/sites/<slug>/keywords/imports")
log = logging.getLogger(__name__)

FIRST_TURN = 1.5  # seconds that somebody waits for the answer; what takes longer goes on by itself
BROUGHT_IN = (ImportStatus.IMPORTING, ImportStatus.STOPPED, ImportStatus.IMPORTED, ImportStatus.FAILED)
LINES_AT_ONCE = 1000  # of a file that is downloaded


@pages.url_value_preprocessor
def expect_large_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Before anything reads the form, as what guards against forgery does."""
    if endpoint == "imports.receive" and request.method == "POST":
        let_large_files_in()


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    return _index(site_or_404(slug), ImportForm())


@pages.post("")
def receive(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = ImportForm()
    db.session.commit()  # nobody waits while a long file is stored
    if not form.validate():
        return _index(site, form), 422
    try:
        arrived = _arrived(site, form)
    except Invalid as error:
        refuse(form, error)
        return _index(site, form), 422
    _work_a_while(arrived.id)
    return redirect(url_for("imports.show", slug=slug, id=arrived.id), 303)


@pages.get("/<int:id>")
def show(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug)
    return _show(view_of(_import(site, id), site))


@pages.get("/<int:id>/live")
def live(slug: str, id: int) -> ResponseReturnValue:
    """The fragment that the page asks for again and again. An unchanged import answers 304 and renders nothing."""
    site = site_or_404(slug)
    view = view_of(_import(site, id), site)
    if not is_htmx():
        return redirect(view.url("show"))
    version = f"{view.version}-{current_user.id}-{g.role.value}"  # its buttons and token are this person's
    known = {tag.split(":")[0] for tag in request.if_none_match.as_set()}  # compressing adds ":br" to a tag
    same = version in known
    answer = Response(status=304) if same else make_response(render_template("imports/_live.html", **_shown(view)))
    answer.set_etag(version)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pages.post("/<int:id>/columns")
def say_what_columns_hold(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    row = _import(site, id)
    view = ImportView(row, site, arriving.unmapped(row), None)
    form = ColumnsForm(view.understanding)
    try:
        if not form.validate():
            return _show(view, form), 422
        arriving.say_what_columns_hold(row, form.columns)
    except Invalid as error:
        refuse(form, error)
        return _show(view, form), 422
    _work_a_while(id)
    return redirect(view.url("show"), 303)


@pages.post("/<int:id>/begin")
def begin(slug: str, id: int) -> ResponseReturnValue:
    return _decide(slug, id, control.begin, lambda: _work_a_while(id))


@pages.post("/<int:id>/stop")
def stop(slug: str, id: int) -> ResponseReturnValue:
    return _decide(slug, id, lambda row: control.stop(row, current_user.name))


@pages.post("/<int:id>/go-on")
def go_on(slug: str, id: int) -> ResponseReturnValue:
    """Finding the place may take long: a worker does it."""
    return _decide(slug, id, control.go_on, lambda: queue.go_on_with_imports([id]))


@pages.get("/<int:id>/drop")
def confirm_drop(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    view = view_of(_import(site, id), site)
    return render_template("imports/drop.html", page="keywords", site=site, view=view)


@pages.post("/<int:id>/drop")
def drop(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    row = _import(site, id)
    control.drop(row)
    flash(f"“{row.filename}” was dropped.", "ok")
    return redirect(url_for("imports.index", slug=slug), 303)


@pages.get("/<int:id>/lines.csv")
def lines(slug: str, id: int) -> ResponseReturnValue:
    """Which lines were left out and why, and where a value is unknown because it could not be read."""
    row = _import(site_or_404(slug), id)
    answer = Response(stream_with_context(_as_csv(row.id)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="import-{row.id}-lines.csv"'
    return answer


def _arrived(site: Site, form: ImportForm) -> KeywordImport:
    """Raises Invalid, which names the field that it is about."""
    if form.has_file:
        return arriving.receive(site, form.file.data.stream, form.file.data.filename, current_user.name)
    text = io.BytesIO((form.text.data or "").encode())
    try:
        return arriving.receive(site, text, arriving.PASTED, current_user.name)
    except Invalid as error:
        raise Invalid("text", error.sentence, error.remedy) from error


def _work_a_while(import_id: int) -> None:
    """What is not done soon, or finds the database busy, goes on without whoever waits for the answer."""
    try:
        more = working.work_on(import_id, FIRST_TURN)
    except OperationalError as error:
        db.session.rollback()
        log.warning("import %s waits for the database: %s", import_id, error.orig)
        more = True
    if more:
        queue.go_on_with_imports([import_id])


def _decide(
    slug: str, id: int, decide: Callable[[KeywordImport], None], then: Callable[[], object] = lambda: None
) -> ResponseReturnValue:
    decide(_import(site_or_404(slug, Role.EDITOR), id))
    then()
    return redirect(url_for("imports.show", slug=slug, id=id), 303)


def _import(site: Site, id: int) -> KeywordImport:
    found = None
    if id <= LARGEST_ID:
        found = db.session.scalar(db.select(KeywordImport).filter_by(id=id, site_id=site.id))
    if found is None or found.status in HIDDEN:
        raise NotFound(f"There is no import {id} here.", "It may have been dropped meanwhile: look at the list.")
    return found


def _index(site: Site, form: ImportForm) -> str:
    found = queries.imports_of(site.id, place())
    return render_template(
        "imports/index.html",
        page="keywords",
        site=site,
        form=form,
        rows=found.rows,
        labels=LABELS,
        brought_in=BROUGHT_IN,
        before=address(before=found.before) if found.before else None,
        after=address(after=found.after) if found.after else None,
        largest=LARGEST_FILE,
    )


def _show(view: ImportView, form: ColumnsForm | None = None) -> str:
    return render_template("imports/show.html", **_shown(view, form))


def _shown(view: ImportView, form: ColumnsForm | None = None) -> dict[str, Any]:
    is_asked = view.row.status is ImportStatus.UNMAPPED and form is None
    return {
        "page": "keywords",
        "site": view.site,
        "view": view,
        "form": ColumnsForm(view.understanding) if is_asked else form,
    }


def _as_csv(import_id: int) -> Iterator[str]:
    part = io.StringIO()
    writer = csv.writer(part)
    writer.writerow(["Line", "What became of it", "Why"])
    for count, (number, is_left_out, text) in enumerate(queries.all_remarks(import_id), 1):
        writer.writerow([number, "left out" if is_left_out else "imported", text])
        if count % LINES_AT_ONCE == 0:
            yield part.getvalue()
            part.seek(0)
            part.truncate()
    yield part.getvalue()
