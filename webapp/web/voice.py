"""How a site speaks: for whom, in which tone, and with which words it does not."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai.choices import chosen
from webapp.sites.ai.voices import change_voice, lock_voice, voice_of
from webapp.sites.languages import LANGUAGES
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.forms.versioned import Line
from webapp.web.forms.voice import VoiceForm, described

pages = Blueprint("voice", __name__, url_prefix="/sites/<slug>/voice")


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    return _page(site, VoiceForm.of(site, voice_of(site)))


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = VoiceForm()
    if not form.validate():
        return _page(site, form), 422
    stored = described(site.voice, lock_voice(site))
    lines = form.overtaken_by(stored, form.described)
    if lines:
        form.draw_from(stored)
        db.session.commit()
        return _page(site, form, lines), 409
    change_voice(site, form.wanted_in_general, form.wanted)
    db.session.commit()
    flash("Saved. What is written from now on sounds like this.", "ok")
    return redirect(url_for("voice.show", slug=slug), 303)


def _page(site: Site, form: VoiceForm, lines: Sequence[Line] = ()) -> str:
    return render_template(
        "voice/index.html",
        site=site,
        form=form,
        lines=lines,
        language=LANGUAGES[site.language],
        told=voice_of(site).described(site.voice),
        read_by_a_model=chosen(site, Operation.CONTENT_GENERATION) is not None,
        page="settings",
    )
