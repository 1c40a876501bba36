"""An account's endpoints: which models it can ask, with what key, at what prices."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from webapp.accounts.members import accounts_of
from webapp.accounts.models import Account, Role
from webapp.ai.openai.endpoint import PRESETS, Preset
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid
from webapp.core.settings import settings
from webapp.pipeline import costs
from webapp.sites.ai import connections, prices
from webapp.sites.ai.choices import models_chosen, sites_asking
from webapp.sites.ai.connections import Wanted, asks_otherwise
from webapp.sites.ai.models import AiConnection, ModelPrice
from webapp.web import endpoint_page
from webapp.web.access import account_or_404, endpoint_or_404
from webapp.web.endpoint_page import Found
from webapp.web.forms.checks import refuse
from webapp.web.forms.endpoints import SIGN_INS, EndpointForm, PriceForm, read_day
from webapp.web.forms.versioned import Description, Line
from webapp.web.htmx import is_htmx
from webapp.web.proof import Tried, proof_of, proven

if TYPE_CHECKING:
    from webapp.ai.openai.examine import Abilities

pages = Blueprint("endpoints", __name__, url_prefix="/account/ai")

SITES_NAMED = 20  # of those that ask an endpoint
TESTS_AT_A_TIME = 3  # threads of a web process that may wait for an endpoint
TEST_WITHIN = 300_000  # milliseconds that the browser waits: local models are slow

_places = threading.BoundedSemaphore(TESTS_AT_A_TIME)


@dataclass(frozen=True)
class Subject:
    """What a form is about: a connection that is kept, or None, one that is to be added to the account."""

    account: Account
    connection: AiConnection | None

    @property
    def id(self) -> int | None:
        return self.connection.id if self.connection else None

    def url(self, verb: str = "") -> str:
        if self.connection is None:
            return url_for(f"endpoints.{verb or 'save'}_new", account=self.account.id)
        return url_for(f"endpoints.{verb or 'save'}", connection_id=self.connection.id)


@dataclass(frozen=True)
class Judged:
    """Whether a connection may be saved, and what a test found of it; None: nothing that is not known already."""

    found: "Abilities | None"
    is_in_the_way: bool = False


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
    subject = _new()
    return _page(subject, EndpointForm.new(_preset(request.args.get("preset", ""))))


@pages.post("/new")
def save_new() -> ResponseReturnValue:
    """Tests first, and saves what works."""
    return _save_unless_wrong(_new(), _tested_lately_or_now)


@pages.post("/new/test")
def test_new() -> ResponseReturnValue:
    return _test(_new())


@pages.post("/new/anyway")
def anyway_new() -> ResponseReturnValue:
    return _save_unless_wrong(_new(), _as_far_as_known)


@pages.get("/<int:connection_id>")
def show(connection_id: int) -> ResponseReturnValue:
    connection = endpoint_or_404(connection_id)
    return _page(Subject(connection.account, connection), _form_of(connection))


@pages.post("/<int:connection_id>")
def save(connection_id: int) -> ResponseReturnValue:
    """Tests first what is asked otherwise than before, and saves what works."""
    return _save_unless_wrong(_kept(connection_id), _tested_lately_or_now)


@pages.post("/<int:connection_id>/test")
def test(connection_id: int) -> ResponseReturnValue:
    return _test(_kept(connection_id))


@pages.post("/<int:connection_id>/anyway")
def anyway(connection_id: int) -> ResponseReturnValue:
    """Saves what was not tested, or did not work."""
    return _save_unless_wrong(_kept(connection_id), _as_far_as_known)


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
    form.offer(_models_with_prices(connection))
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
    return _page(Subject(connection.account, connection), _form_of(connection), pricing=form), 422


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


def _new() -> Subject:
    return Subject(account_or_404(request.args.get("account"), Role.OWNER), None)


def _kept(connection_id: int) -> Subject:
    connection = endpoint_or_404(connection_id, Role.OWNER)
    return Subject(connection.account, connection)


def _again(subject: Subject) -> AiConnection | None:
    """The connection as it is now: testing took a while."""
    return None if subject.id is None else endpoint_or_404(subject.id, Role.OWNER)


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
    tried = _tried(subject, form)
    found = _noted(subject, form, tried, _examine(tried, form)) if tried else None
    code = 200 if found and not found.problems else 422
    if is_htmx():
        return make_response(_fragment(subject, form, found, moved), code)
    if found:
        _show_problems(form, found)
    return make_response(_page(subject, form, found=found), code)


def _tried(subject: Subject, form: EndpointForm) -> Tried | None:
    """What is to be tested. None: the form says what is wrong.

    Ends the transaction: nobody shall wait for the database while we wait for an endpoint.
    """
    try:
        if form.validate():
            connections.check_name(subject.account.id, form.wanted().name, subject.id)
            return Tried.of(form.wanted(), subject.connection)
    except Invalid as error:
        refuse(form, error)
    except Conflict as unreadable:
        refuse(form, Invalid("key", unreadable.sentence, unreadable.remedy))
    finally:
        db.session.commit()
    return None


def _examine(tried: Tried, form: EndpointForm) -> "Abilities":
    from webapp.ai.openai.examine import examine  # it takes half a second, which other pages need not wait

    with _place():
        found = examine(tried.endpoint, *tried.models)
    return found if form.names_a_scheme else _told_by_which(found)


@contextmanager
def _place() -> Iterator[None]:
    """Raises Conflict where so many threads wait for endpoints that pages would wait for them."""
    if not _places.acquire(blocking=False):
        raise Conflict("Other endpoints are being tested right now. Nothing was saved.", "Try again in a minute.")
    try:
        yield
    finally:
        _places.release()


def _told_by_which(found: "Abilities") -> "Abilities":
    """Whoever wrote no scheme may not know that there are two."""
    told = "It was asked by https, as no http:// was written."
    problems = [
        replace(problem, sentence=f"{problem.sentence} {told}") if problem.offer.startswith("http://") else problem
        for problem in found.problems
    ]
    return replace(found, problems=problems)


def _noted(subject: Subject, form: EndpointForm, tried: Tried, found: "Abilities") -> Found:
    connection = _again(subject)
    is_kept = connection is not None and not asks_otherwise(connection, form.wanted())
    if connection is not None and is_kept:
        connections.tested(connection, found)
    models, has_key = _models_written(form), tried.endpoint.key is not None
    shown = endpoint_page.shown(found, connection, models, has_key, proof=proof_of(tried, found), is_kept=is_kept)
    db.session.commit()
    return shown


def _tested_lately_or_now(subject: Subject, form: EndpointForm, tried: Tried) -> Judged:
    connection = subject.connection
    if connection is not None and not asks_otherwise(connection, form.wanted()) and _works(connection):
        return Judged(None)
    known = proven(form.proof.data or "", tried)
    found = known if known is not None and not known.problems else _examine(tried, form)
    return Judged(found, is_in_the_way=bool(found.problems))


def _as_far_as_known(subject: Subject, form: EndpointForm, tried: Tried) -> Judged:
    """Untested, but for whether the key may be sent there at all."""
    from webapp.ai.openai.examine import Abilities, key_in_the_open

    problem = key_in_the_open(tried.endpoint)
    if problem is not None:
        return Judged(Abilities(problems=[problem]), is_in_the_way=True)
    return Judged(proven(form.proof.data or "", tried))


def _works(connection: AiConnection) -> bool:
    found = endpoint_page.kept(connection)
    return found is not None and not found.problems and connection.refused_at is None


# saving


def _save_unless_wrong(subject: Subject, judge: Judge) -> ResponseReturnValue:
    form = EndpointForm()
    tried = _tried(subject, form)
    if tried is None:
        return _page(subject, form), 422
    judged = judge(subject, form, tried)
    if judged.found is None or not judged.is_in_the_way:
        return _save(subject, form, judged.found)
    proof, has_key = proof_of(tried, judged.found), tried.endpoint.key is not None
    found = endpoint_page.shown(judged.found, subject.connection, _models_written(form), has_key, proof=proof)
    _show_problems(form, found)
    return _page(subject, form, found=found), 422


def _save(subject: Subject, form: EndpointForm, found: "Abilities | None") -> ResponseReturnValue:
    """Under the account's lock, unless somebody saved something else, or forgot it, while we tested."""
    connections.lock(subject.account.id)
    connection = _again(subject)
    lines = _overtaken(connection, form)
    if lines:
        db.session.commit()
        return _page(subject, form, lines=lines), 409
    try:
        saved = _saved(subject, connection, form.wanted(), found)
    except Invalid as error:
        db.session.commit()
        refuse(form, error)
        return _page(subject, form), 422
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


def described(connection: AiConnection) -> Description:
    """As people read it. Of the key only when it was entered."""
    entered = connection.key_set_at
    return {
        "Name": connection.name,
        "Base address": connection.base_url,
        "Key": f"entered {entered.day} {entered:%b %Y, %H:%M:%S} UTC" if entered else "none",
        "Header": SIGN_INS[connection.sign_in],
        "API version": connection.api_version or "–",
        "Text model": connection.text_model or "–",
        "Image model": connection.image_model or "–",
        "Embedding model": connection.embedding_model or "–",
        "Calls at a time": str(connection.at_a_time),
    }


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


# showing


def _form_of(connection: AiConnection) -> EndpointForm:
    form = EndpointForm.of(connection)
    form.draw_from(described(connection))
    return form


def _models_written(form: EndpointForm) -> dict[str, str]:
    wanted = form.wanted()
    return {name: getattr(wanted, name) for name in endpoint_page.MODELS}


def _models_with_prices(connection: AiConnection) -> list[str]:
    """Those that it names, that sites chose, and that have had a price."""
    named = set(endpoint_page.models_of(connection).values()) - {""}
    return sorted(named | models_chosen(connection) | {price.model for price in prices.history(connection.id)})


def _show_problems(form: EndpointForm, found: Found) -> None:
    for name, said in found.at_fields.items():
        form[name].errors = [*form[name].errors, *said]


def _fragment(subject: Subject, form: EndpointForm, found: Found | None, moved: bool) -> str:
    return render_template("endpoints/_tested.html", alone=True, moved=moved, **_shown(subject, form, found))


def _page(
    subject: Subject,
    form: EndpointForm,
    *,
    found: Found | None = None,
    lines: Sequence[Line] = (),
    pricing: PriceForm | None = None,
) -> str:
    form.draw_without_key()
    about = _about(subject.connection, pricing) if subject.connection else {}
    return render_template("endpoints/show.html", lines=lines, **about, **_shown(subject, form, found))


def _shown(subject: Subject, form: EndpointForm, found: Found | None) -> dict[str, Any]:
    connection = subject.connection
    preset = next((preset for preset in PRESETS if preset.name == form.preset.data), None)
    return {
        "page": "endpoints",
        "subject": subject,
        "account": subject.account,
        "connection": connection,
        "kept": endpoint_page.kept(connection) if connection else None,
        "form": form,
        "found": found,
        "preset": preset,
        "key_needed": connection is None and (preset is None or preset.needs_key),
        "test_within": TEST_WITHIN,
    }


def _about(connection: AiConnection, pricing: PriceForm | None) -> dict[str, Any]:
    """Which sites ask it, and what its models cost."""
    models, asking = _models_with_prices(connection), sites_asking(connection)
    return {
        "sites": asking[:SITES_NAMED],
        "others": len(asking[SITES_NAMED:]),
        "priced": _priced(connection, models),
        "pricing": pricing or _pricing(connection, models),
        "in_dollars": prices.in_dollars,
    }


def _priced(connection: AiConnection, models: Sequence[str]) -> list[tuple[str, list[ModelPrice]]]:
    """Each model with its prices, the latest first."""
    known = prices.history(connection.id)
    return [(model, [price for price in reversed(known) if price.model == model]) for model in models]


def _pricing(connection: AiConnection, models: Sequence[str]) -> PriceForm:
    """The form for a price; for another day of one that is there, where the address names it."""
    model, written = request.args.get("model", ""), request.args.get("from", "")
    known = prices.history(connection.id, model)
    form = PriceForm(formdata=None, obj=next((one for one in known if one.valid_from.isoformat() == written), None))
    form.offer(models)
    form.model.data = model
    form.valid_from.data = written or now().date().isoformat()
    return form
