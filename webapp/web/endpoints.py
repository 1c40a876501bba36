"""An account's endpoints: which models it can ask, with what key, at what prices."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from webapp.accounts.members import accounts_of
from webapp.accounts.models import Account, Role
from webapp.ai.openai.endpoint import PRESETS, Preset
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.core.settings import settings
from webapp.pipeline import costs
from webapp.sites.ai import connections, prices
from webapp.sites.ai.choices import sites_asking
from webapp.sites.ai.connections import Wanted
from webapp.sites.ai.models import AiConnection
from webapp.web import endpoint_page
from webapp.web.access import account_or_404, endpoint_or_404
from webapp.web.endpoint_showing import (
    SITES_NAMED,
    described,
    form_of,
    fragment_of,
    models_with_prices,
    models_written,
    page_of,
    show_problems,
)
from webapp.web.endpoint_subject import Subject, again, kept_one, new_one
from webapp.web.endpoint_testing import Judged, as_far_as_known, examined, noted, tested_lately_or_now, what_to_test
from webapp.web.forms.checks import refuse
from webapp.web.forms.endpoints import SIGN_INS, EndpointForm, PriceForm, read_day
from webapp.web.forms.versioned import Description, Line
from webapp.web.htmx import is_htmx
from webapp.web.proof import Tried, proof_of

if TYPE_CHECKING:
    from webapp.ai.openai.examine import Abilities

pages = Blueprint("endpoints", __name__, url_prefix="/account/ai")

Judge = Callable[[Subject, EndpointForm, Tried], Judged]


@pages.get("")
def index() -> ResponseReturnValue:
    account = account_or_404(request.args.get("account"))
    return render_template(
        "endpoints/index.html",
        page="endpoints",
        account=account,
        accounts=[_tab(one, account) for one in accounts_of(current_user)],
        connections=connections.connections_of(account.id),
        presets=[(preset, _new_url(account, preset)) for preset in PRESETS],
        new_url=_new_url(account),
        private_allowed=settings().allow_private_targets,
    )


@pages.get("/new")
def new() -> ResponseReturnValue:
    subject = new_one()
    return page_of(subject, EndpointForm.new(_preset(request.args.get("preset", ""))))


@pages.post("/new")
def save_new() -> ResponseReturnValue:
    """Tests first, and saves what works."""
    return _save_unless_wrong(new_one(), tested_lately_or_now)


@pages.post("/new/test")
def test_new() -> ResponseReturnValue:
    return _test(new_one())


@pages.post("/new/anyway")
def anyway_new() -> ResponseReturnValue:
    return _save_unless_wrong(new_one(), as_far_as_known)


@pages.get("/<int:connection_id>")
def show(connection_id: int) -> ResponseReturnValue:
    connection = endpoint_or_404(connection_id)
    return page_of(Subject(connection.account, connection), form_of(connection))


@pages.post("/<int:connection_id>")
def save(connection_id: int) -> ResponseReturnValue:
    """Tests first what is asked otherwise than before, and saves what works."""
    return _save_unless_wrong(kept_one(connection_id), tested_lately_or_now)


@pages.post("/<int:connection_id>/test")
def test(connection_id: int) -> ResponseReturnValue:
    return _test(kept_one(connection_id))


@pages.post("/<int:connection_id>/anyway")
def anyway(connection_id: int) -> ResponseReturnValue:
    """Saves what was not tested, or did not work."""
    return _save_unless_wrong(kept_one(connection_id), as_far_as_known)


@pages.post("/<int:connection_id>/default")
def make_default(connection_id: int) -> ResponseReturnValue:
    connection = endpoint_or_404(connection_id, Role.OWNER)
    connections.make_default(connection, current_user.name)
    db.session.commit()
    flash(_told_of_default(connection), "ok")
    return redirect(url_for("endpoints.index", account=connection.account_id), 303)


@pages.get("/<int:connection_id>/forget")
def confirm_forget(connection_id: int) -> ResponseReturnValue:
    connection = endpoint_or_404(connection_id, Role.OWNER)
    asking = sites_asking(connection)
    return render_template(
        "endpoints/forget.html",
        page="endpoints",
        connection=connection,
        sites=asking[:SITES_NAMED],
        others=len(asking[SITES_NAMED:]),
    )


@pages.post("/<int:connection_id>/forget")
def forget(connection_id: int) -> ResponseReturnValue:
    connection = endpoint_or_404(connection_id, Role.OWNER)
    name, account_id = connection.name, connection.account_id
    connections.forget(connection, current_user.name)
    db.session.commit()
    flash(f"{name} is forgotten, with its key and its prices.", "ok")
    return redirect(url_for("endpoints.index", account=account_id), 303)


@pages.post("/<int:connection_id>/prices")
def save_price(connection_id: int) -> ResponseReturnValue:
    """The model's calls since that day cost what they cost by it; what each came to is reckoned anew."""
    connection, form = endpoint_or_404(connection_id, Role.OWNER), PriceForm()
    form.offer(models_with_prices(connection))
    try:
        if form.validate():
            prices.set_price(connection, form.model.data, form.day, form.rates())
            costs.reprice(connection.id, form.model.data)
            db.session.commit()
            flash(f"Saved. The calls of {form.model.data} since then are reckoned by it.", "ok")
            return redirect(url_for("endpoints.show", connection_id=connection.id, _anchor="prices"), 303)
    except Invalid as error:
        refuse(form, error)
    db.session.commit()
    return page_of(Subject(connection.account, connection), form_of(connection), pricing=form), 422


@pages.post("/<int:connection_id>/prices/remove")
def remove_price(connection_id: int) -> ResponseReturnValue:
    connection = endpoint_or_404(connection_id, Role.OWNER)
    model, day = request.form.get("model", ""), read_day(request.form.get("valid_from", ""))
    if prices.remove_price(connection, model, day):
        costs.reprice(connection_id, model)
    db.session.commit()
    flash(f"Removed. The calls of {model} since then are reckoned without it.", "ok")
    return redirect(url_for("endpoints.show", connection_id=connection_id, _anchor="prices"), 303)


# who and what


def _new_url(account: Account, preset: Preset | None = None) -> str:
    return url_for("endpoints.new", account=account.id, preset=_slug(preset) if preset else None)


def _preset(slug: str) -> Preset | None:
    return next((preset for preset in PRESETS if _slug(preset) == slug), None)


def _slug(preset: Preset) -> str:
    return preset.name.lower().replace(" ", "-").replace(".", "-")


def _tab(one: Account, current: Account) -> dict[str, Any]:
    return {"name": one.name, "url": url_for("endpoints.index", account=one.id), "is_current": one.id == current.id}


# testing


def _test(subject: Subject) -> ResponseReturnValue:
    """What a test finds: the fragment for HTMX, else the page as it is. Saves no setting.

    Of a connection that is kept already it notes what was found; one whose key is taken again is asked by runs.
    """
    form = EndpointForm()
    moved = form.take_offer()
    tried = what_to_test(subject, form)
    found = noted(subject, form, tried, examined(tried, form)) if tried else None
    code = 200 if found and not found.problems else 422
    if is_htmx():
        return make_response(fragment_of(subject, form, found, moved), code)
    if found:
        show_problems(form, found)
    return make_response(page_of(subject, form, found=found), code)


# saving


def _save_unless_wrong(subject: Subject, judge: Judge) -> ResponseReturnValue:
    form = EndpointForm()
    tried = what_to_test(subject, form)
    if tried is None:
        return page_of(subject, form), 422
    judged = judge(subject, form, tried)
    if judged.found is None or not judged.is_in_the_way:
        return _save(subject, form, judged.found)
    proof, has_key = proof_of(tried, judged.found), tried.endpoint.key is not None
    found = endpoint_page.shown(judged.found, subject.connection, models_written(form), has_key, proof=proof)
    show_problems(form, found)
    return page_of(subject, form, found=found), 422


def _save(subject: Subject, form: EndpointForm, found: "Abilities | None") -> ResponseReturnValue:
    """Under the account's lock, unless somebody saved something else, or forgot it, while we tested."""
    connections.lock(subject.account.id)
    connection = again(subject)
    lines = _overtaken(connection, form)
    if lines:
        db.session.commit()
        return page_of(subject, form, lines=lines), 409
    try:
        saved = _saved(subject, connection, form.wanted(), found)
    except Invalid as error:
        db.session.commit()
        refuse(form, error)
        return page_of(subject, form), 422
    db.session.commit()
    flash(_told(saved), "ok" if saved.tested_at else "warn")
    return redirect(url_for("endpoints.show", connection_id=saved.id), 303)


def _saved(
    subject: Subject, connection: AiConnection | None, wanted: Wanted, found: "Abilities | None"
) -> AiConnection:
    if connection is None:
        return connections.add(subject.account.id, wanted, found, current_user.name)
    connections.save(connection, wanted, found, current_user.name)
    return connection


def _overtaken(connection: AiConnection | None, form: EndpointForm) -> list[Line]:
    """Both versions where somebody saved something else since the form was drawn."""
    if connection is None:
        return []
    stored = described(connection)
    lines = form.overtaken_by(stored, _described_as_written(form.wanted(), stored))
    if lines:
        form.draw_from(stored)
    return lines


def _described_as_written(wanted: Wanted, stored: Description) -> Description:
    """The same of what was written: without a key that is written the one that is kept stays."""
    kept = stored["Key"] if wanted.needs_key else "none"
    return {
        "Name": wanted.name,
        "Base address": wanted.base_url,
        "Key": "a new one" if wanted.key else kept,
        "Header": SIGN_INS[wanted.sign_in],
        "API version": wanted.api_version or "–",
        "Text model": wanted.text_model or "–",
        "Image model": wanted.image_model or "–",
        "Embedding model": wanted.embedding_model or "–",
        "Calls at a time": str(wanted.at_a_time),
    }


def _told(saved: AiConnection) -> str:
    if saved.tested_at is None:
        return "Saved without a test that worked. Runs ask it all the same, and say what is wrong."
    if saved.is_default:
        return f"Saved. {_told_of_default(saved)}"
    return "Saved. It is asked where a site chooses it."


def _told_of_default(default: AiConnection) -> str:
    """Who is asked for what by sites that chose nothing."""
    sites = "Sites that chose nothing else"
    if default.text_model and default.image_model:
        return f"{sites} ask {default.name} from their next run on."
    if default.text_model:
        return f"{sites} ask {default.name} for texts from their next run on, and the embedded provider for pictures."
    if default.image_model:
        return f"{sites} ask {default.name} for pictures from their next run on, and the embedded provider for texts."
    return f"{default.name} names no model for texts or pictures: {sites.lower()} use the embedded provider."
