"""The page of an endpoint: its form, what a test found, who asks it, and what its models cost."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, request

from webapp.ai.openai.endpoint import PRESETS
from webapp.core.clock import now
from webapp.sites.ai import prices
from webapp.sites.ai.choices import models_chosen, sites_asking
from webapp.sites.ai.models import AiConnection, ModelPrice
from webapp.web import endpoint_page
from webapp.web.endpoint_page import Found
from webapp.web.endpoint_subject import Subject
from webapp.web.forms.endpoints import SIGN_INS, EndpointForm, PriceForm
from webapp.web.forms.versioned import Description, Line

SITES_NAMED = 20  # of those that ask an endpoint
TEST_WITHIN = 300_000  # milliseconds that the browser waits: local models are slow


def page_of(
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


def fragment_of(subject: Subject, form: EndpointForm, found: Found | None, moved: bool) -> str:
    return render_template("endpoints/_tested.html", alone=True, moved=moved, **_shown(subject, form, found))


def form_of(connection: AiConnection) -> EndpointForm:
    form = EndpointForm.of(connection)
    form.draw_from(described(connection))
    return form


def show_problems(form: EndpointForm, found: Found) -> None:
    for name, said in found.at_fields.items():
        form[name].errors = [*form[name].errors, *said]


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
    models, asking = models_with_prices(connection), sites_asking(connection)
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


def models_with_prices(connection: AiConnection) -> list[str]:
    """Those that it names, that sites chose, and that have had a price."""
    named = set(endpoint_page.models_of(connection).values()) - {""}
    return sorted(named | models_chosen(connection) | {price.model for price in prices.history(connection.id)})


def models_written(form: EndpointForm) -> dict[str, str]:
    wanted = form.wanted()
    return {name: getattr(wanted, name) for name in endpoint_page.MODELS}
