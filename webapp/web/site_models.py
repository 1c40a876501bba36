"""Which models a site asks, operation by operation."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai import connections
from webapp.sites.ai.choices import choose, default_of, own_choice
from webapp.sites.ai.models import AiConnection, ModelChoice
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.forms.site_models import EMBEDDED_WORDS, SiteModelsForm, described
from webapp.web.forms.versioned import Line

pages = Blueprint("site_models", __name__, url_prefix="/sites/<slug>/models")

USED_FOR = {
    Operation.CLUSTERING: "Names the clusters, says intent and head keyword.",
    Operation.IDEA_GENERATION: "Proposes the articles of a cluster.",
    Operation.CONTENT_GENERATION: "Writes the articles.",
    Operation.IMAGE_PROMPT_EXTRACTION: "Says what the pictures of an article show.",
    Operation.IMAGE_GENERATION: "Draws the pictures.",
}


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    own, form = _own(site), SiteModelsForm(formdata=None)
    form.show(own)
    form.draw_from(described(own))
    return _page(site, form)


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    """Under the account's lock: nobody forgets a connection that is being chosen."""
    site = site_or_404(slug, Role.EDITOR)
    connections.lock(site.account_id)
    form = SiteModelsForm()
    _offer(site, form)
    if not (form.validate() and form.fits()):
        db.session.commit()
        return _page(site, form), 422
    own, wanted = _own(site), form.own()
    lines = form.overtaken_by(described(own), described(wanted))
    if lines:
        form.draw_from(described(own))
        db.session.commit()
        return _page(site, form, lines), 409
    choose(site, wanted)
    db.session.commit()
    flash("Saved. Runs ask them from now on.", "ok")
    return redirect(url_for("site_models.show", slug=slug), 303)


def _own(site: Site) -> dict[Operation, ModelChoice | None]:
    return {operation: own_choice(site, operation) for operation in Operation}


def _offer(site: Site, form: SiteModelsForm) -> list[AiConnection]:
    offered = connections.connections_of(site.account_id)
    form.offer(offered, {operation: _default(site, operation) for operation in Operation})
    return offered


def _default(site: Site, operation: Operation) -> str:
    """What the account's default is, in words: "gpt-x at OpenAI"."""
    default = default_of(site.account_id, operation)
    return f"{default[1]} at {default[0].name}" if default else EMBEDDED_WORDS


def _page(site: Site, form: SiteModelsForm, lines: Sequence[Line] = ()) -> str:
    offered = _offer(site, form)
    return render_template(
        "site_models/index.html",
        page="settings",
        site=site,
        form=form,
        lines=lines,
        rows=[(form[operation.value], form.model_of(operation), USED_FOR[operation]) for operation in Operation],
        offered=offered,
        models=sorted({model for one in offered for model in _models_of(one)}),
    )


def _models_of(connection: AiConnection) -> set[str]:
    """Those that it names, and those that its last test found there."""
    there = (connection.abilities or {}).get("models", [])
    return {*there, connection.text_model, connection.image_model} - {""}
