"""The prompt library: the same pages for a site and, for operators, for all sites."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from webapp.accounts.models import Role
from webapp.ai.openai.dialogues import first_question
from webapp.ai.openai.operations.catalogue import variables_of
from webapp.ai.openai.operations.work import Voice
from webapp.ai.openai.prompts import Prompt, Template
from webapp.ai.openai.telling import told
from webapp.ai.provider import Operation, ProviderError
from webapp.core.db import db, reading
from webapp.core.errors import RedisAway
from webapp.pipeline import trials
from webapp.pipeline.samples import sample
from webapp.pipeline.trials import TriedAlready
from webapp.sites.ai import prompts
from webapp.sites.ai.choices import chosen
from webapp.sites.ai.models import PromptVersion
from webapp.sites.ai.prompts import Counting, Line, PromptMovedOn, Whose
from webapp.sites.ai.providers import NotReady
from webapp.sites.ai.voices import voice_of
from webapp.sites.models import Site
from webapp.web import trial_page
from webapp.web.access import LARGEST_ID
from webapp.web.forms.prompts import PromptForm
from webapp.web.htmx import is_htmx
from webapp.web.listing import address, place
from webapp.web.trial_page import Outcome

OPERATION = f"<any({', '.join(operation.value for operation in Operation)}):operation>"
NUMBER = f"<int(max={LARGEST_ID}):number>"

WHAT_FOR: dict[Operation, str] = {
    Operation.CLUSTERING: "Names groups of keywords.",
    Operation.IDEA_GENERATION: "Proposes articles for a cluster.",
    Operation.CONTENT_GENERATION: "Writes an article for a task, part by part.",
    Operation.IMAGE_PROMPT_EXTRACTION: "Describes the pictures that an article needs.",
    Operation.IMAGE_GENERATION: "Draws a picture.",
}
WHOSE: dict[Whose, str] = {
    Whose.SITE: "This site's own",
    Whose.INSTALLATION: "This installation's, for all sites",
    Whose.PRESSROOM: "The one that Pressroom comes with",
}
TO_RESET: dict[Whose, str] = {
    Whose.INSTALLATION: "Return to this installation's prompt",
    Whose.PRESSROOM: "Return to Pressroom's prompt",
}


@dataclass(frozen=True)
class Library:
    """The prompts of a site, or without one those for all.

    `shown_with`: the site whose rows and voice they are shown with, None for an example of ours; `sites`: those that
    it may be chosen from. `may_change`: whether whoever looks may.
    """

    site: Site | None
    shown_with: Site | None
    may_change: bool
    sites: Sequence[Site] = ()

    @property
    def site_id(self) -> int | None:
        return None if self.site is None else self.site.id

    def url(self, action: str, **values: Any) -> str:
        if self.site is not None:
            return url_for(f"prompts.{action}", slug=self.site.slug, **values)
        return url_for(f"operator_prompts.{action}", **values)


Find = Callable[[Role, str | None], Library]


@dataclass(frozen=True)
class Entry:
    """A prompt in the list of five."""

    operation: Operation
    what_for: str
    counting: Counting


@dataclass(frozen=True)
class Shown:
    """What a model would be told. `about`: the row that it is filled in with; None: an example."""

    prompt: Prompt
    about: str | None


@dataclass(frozen=True)
class Compared:
    """Two prompts, text by text."""

    system: list[Line]
    user: list[Line]

    @classmethod
    def of(cls, old: Template, new: Template) -> "Compared":
        return cls(prompts.diff(old.system, new.system), prompts.diff(old.user, new.user))


def serve(pages: Blueprint, find: Find) -> None:
    """Puts all pages of a library at that blueprint. `find` says whose, or raises where somebody may not."""
    for name, rule, method, role, view in VIEWS:
        pages.add_url_rule(rule, name, _bound(view, find, role), methods=[method])


def _bound(view: Callable[..., ResponseReturnValue], find: Find, role: Role) -> Callable[..., ResponseReturnValue]:
    def answer(slug: str | None = None, operation: str | None = None, **values: Any) -> ResponseReturnValue:
        library = find(role, slug)
        return view(library, **values) if operation is None else view(library, Operation(operation), **values)

    return answer


def _index(library: Library) -> ResponseReturnValue:
    entries = [Entry(one, WHAT_FOR[one], prompts.counting(library.site_id, one)) for one in Operation]
    return render_template("prompts/index.html", entries=entries, **_around(library))


def _show(library: Library, operation: Operation) -> ResponseReturnValue:
    last = prompts.last_version(library.site_id, operation)
    form = PromptForm.of(prompts.counting(library.site_id, operation), last.number if last else 0)
    return _page(library, operation, form)


def _save(library: Library, operation: Operation) -> ResponseReturnValue:
    form = PromptForm()
    if not form.is_usable(operation):
        return _page(library, operation, form), 422
    try:
        version = prompts.save(library.site_id, operation, form.template, by=current_user.name, seen=form.seen_number)
    except PromptMovedOn as moved_on:
        return _overtaken(library, operation, form, moved_on), 409
    return _done(library, operation, version, "Saved. It counts from the next question on.")


def _reset(library: Library, operation: Operation) -> ResponseReturnValue:
    seen = PromptForm().seen_number
    version = prompts.reset(library.site_id, operation, by=current_user.name, seen=seen)
    return _done(library, operation, version, "Returned. What was written here is kept among the versions.")


def _version(library: Library, operation: Operation, number: int) -> ResponseReturnValue:
    version = prompts.version_or_not_found(library.site_id, operation, number)
    last, beneath = prompts.last_version(library.site_id, operation), prompts.beneath(library.site_id, operation)
    said = prompts.template_of(version) or beneath.template
    return render_template(
        "prompts/version.html",
        operation=operation,
        version=version,
        last=last,
        is_reset=prompts.template_of(version) is None,
        compared=Compared.of(prompts.before(version), said),
        **_around(library),
    )


def _restore(library: Library, operation: Operation, number: int) -> ResponseReturnValue:
    seen = PromptForm().seen_number
    version = prompts.restore(library.site_id, operation, number, by=current_user.name, seen=seen)
    return _done(library, operation, version, f"Version {number} counts again.")


def _preview(library: Library, operation: Operation) -> ResponseReturnValue:
    """What a model would be told, of what is written. Saves nothing: the fragment for HTMX, else the page as it is."""
    with reading():
        form = PromptForm()
        code = 200 if form.is_usable(operation) else 422
        if is_htmx():
            return make_response(_fragment(library, operation, form), code)
        return make_response(_page(library, operation, form, is_written=True), code)


def _try(library: Library, operation: Operation) -> ResponseReturnValue:
    """Asks the model once, with what is written. Saves nothing: the fragment for HTMX, else the page as it is."""
    form = PromptForm()
    outcome = _tried(library, operation, form.template) if form.is_usable(operation) else None
    code = 200 if outcome and not outcome.problem else 422
    if is_htmx():
        return make_response(render_template("prompts/_tried.html", form=form, tried=outcome, alone=True), code)
    return make_response(_page(library, operation, form, is_written=True, tried=outcome), code)


def _tried(library: Library, operation: Operation, template: Template) -> Outcome:
    """Ends the transaction: nobody shall wait for the database while we wait for a model."""
    asked = _asked(library.shown_with, operation)
    try:
        trial = trials.prepare(library.shown_with, operation, template)
        db.session.commit()
        return trial_page.outcome(trials.put(trial), trial.sample.about, asked)
    except (NotReady, TriedAlready, RedisAway) as problem:
        return trial_page.not_asked(str(problem), asked)
    except ProviderError as problem:
        return trial_page.failure(problem, asked)


def _done(library: Library, operation: Operation, version: PromptVersion | None, told_then: str) -> ResponseReturnValue:
    db.session.commit()
    flash("Nothing was different." if version is None else told_then, "ok")
    return redirect(library.url("show", operation=operation.value), 303)


def _overtaken(library: Library, operation: Operation, form: PromptForm, moved_on: PromptMovedOn) -> str:
    """From now on the form answers for having seen theirs."""
    theirs = prompts.template_of(moved_on.theirs) or prompts.beneath(library.site_id, operation).template
    form.seen.data = str(moved_on.theirs.number)
    db.session.commit()
    return _page(library, operation, form, moved_on=moved_on, against=Compared.of(theirs, form.template))


def _page(library: Library, operation: Operation, form: PromptForm, **more: Any) -> str:
    found = prompts.history(library.site_id, operation, place())
    return render_template(
        "prompts/show.html",
        counting=prompts.counting(library.site_id, operation),
        beneath=prompts.beneath(library.site_id, operation),
        to_reset=TO_RESET,
        what_for=WHAT_FOR[operation],
        variables=variables_of(operation),
        versions=found.rows,
        repeated=prompts.repeated(found.rows),
        last=prompts.last_version(library.site_id, operation),
        before=address(before=found.before) if found.before else None,
        after=address(after=found.after) if found.after else None,
        **_filled_in(library, operation, form),
        **_around(library),
        **more,
    )


def _fragment(library: Library, operation: Operation, form: PromptForm) -> str:
    return render_template(
        "prompts/_preview.html", alone=True, **_filled_in(library, operation, form), **_around(library)
    )


def _filled_in(library: Library, operation: Operation, form: PromptForm) -> dict[str, Any]:
    return {
        "operation": operation,
        "form": form,
        "shown": None if form.errors else _shown(library, operation, form.template),
        "asked": _asked(library.shown_with, operation),
    }


def _shown(library: Library, operation: Operation, template: Template) -> Shown:
    site = library.shown_with
    found = sample(site, operation)
    voice = Voice() if site is None else voice_of(site)
    return Shown(told(first_question(found.request), template, voice), found.about)


def _asked(site: Site | None, operation: Operation) -> str | None:
    """The model that would read it, as people call it; None: nobody would, for the embedded provider reads none."""
    choice = None if site is None else chosen(site, operation)
    return None if choice is None else f"{choice[1]} at {choice[0].name}"


def _around(library: Library) -> dict[str, Any]:
    return {
        "library": library,
        "site": library.site,
        "whose": WHOSE,
        "names_of_sites": [(one.slug, one.name) for one in library.sites],
        "page": "settings" if library.site else "operator_prompts",
    }


VIEWS: tuple[tuple[str, str, str, Role, Callable[..., ResponseReturnValue]], ...] = (
    ("index", "", "GET", Role.VIEWER, _index),
    ("show", f"/{OPERATION}", "GET", Role.VIEWER, _show),
    ("save", f"/{OPERATION}", "POST", Role.OWNER, _save),
    ("preview", f"/{OPERATION}/preview", "POST", Role.OWNER, _preview),
    ("attempt", f"/{OPERATION}/try", "POST", Role.OWNER, _try),
    ("reset", f"/{OPERATION}/reset", "POST", Role.OWNER, _reset),
    ("version", f"/{OPERATION}/versions/{NUMBER}", "GET", Role.VIEWER, _version),
    ("restore", f"/{OPERATION}/versions/{NUMBER}/restore", "POST", Role.OWNER, _restore),
)
