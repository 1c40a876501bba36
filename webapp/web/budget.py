"""A site's budget: how a run's credits are divided among the five paid operations."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.credits import prices
from webapp.credits.budget import operation_budget, percent, scaled
from webapp.credits.models import WHOLE, SiteBudget
from webapp.credits.splits import Split, lock, own_split, set_split
from webapp.pipeline.stages import PAID
from webapp.pipeline.terms import RunTerms, terms_of
from webapp.sites.models import Site
from webapp.web.access import site_or_404
from webapp.web.forms.budget import CHOICES, BudgetForm, Choice
from webapp.web.forms.checks import refuse
from webapp.web.forms.versioned import Description

pages = Blueprint("budget", __name__, url_prefix="/sites/<slug>/budget")

GAP = 80  # basis points of the ring between two arcs


@dataclass(frozen=True)
class Share:
    """An operation's part of a split, as the page shows it. `credits` are of a run, `item_price` is in credits."""

    operation: Operation
    basis_points: int
    credits: int
    item: str
    item_price: int
    pays_for_none: bool

    @property
    def key(self) -> str:
        return self.operation.value

    @property
    def name(self) -> str:
        return self.operation.label

    @property
    def percent(self) -> str:
        return percent(self.basis_points)


@pages.get("")
def show(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    form = BudgetForm()
    _draw(form, own_split(db.session.get_one(SiteBudget, site.id)))
    return _page(site, form)


@pages.post("")
def save(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    form = BudgetForm()
    if not (form.validate() and form.is_whole()):
        return _page(site, form), 422
    return _save(site, form, form.own())


@pages.post("/scale")
def scale(slug: str) -> ResponseReturnValue:
    """Saves an own split in the proportions that were written."""
    site = site_or_404(slug, Role.EDITOR)
    form = BudgetForm()
    form.split.data = Choice.OWN.value
    if not form.validate():
        return _page(site, form), 422
    try:
        own = scaled(form.shares())
    except Invalid as error:
        refuse(form, error)
        return _page(site, form), 422
    return _save(site, form, own)


@pages.post("/reset")
def reset(slug: str) -> ResponseReturnValue:
    """Saves that the site uses the global defaults."""
    return _save(site_or_404(slug, Role.EDITOR), BudgetForm(), None)


def _save(site: Site, form: BudgetForm, wanted: Split | None) -> ResponseReturnValue:
    stored = own_split(lock(site.id))
    lines = form.overtaken_by(described(stored), described(wanted))
    if lines:
        form.choose(wanted, prices.global_split())
        form.draw_from(described(stored))
        db.session.commit()
        return _page(site, form, lines=lines), 409
    set_split(site.id, wanted)
    db.session.commit()
    flash(_told(stored, wanted), "ok")
    return redirect(url_for("budget.show", slug=site.slug), 303)


def described(own: Split | None) -> Description:
    """Which split it is, in words, and its shares where they are the site's own."""
    choice = "Global defaults" if own is None else "Own split"
    shares = {one.label: "the default" if own is None else f"{percent(own[one])} %" for one in Operation}
    return {"Which split": choice} | shares


def _told(before: Split | None, now: Split | None) -> str:
    if now is not None:
        return "Budget saved. It applies from the next run."
    told = "Budget saved. From the next run on this site uses the global defaults."
    if before is None:
        return told
    return f"{told} Its own split was {' / '.join(percent(share) for share in before.values())} %."


def _draw(form: BudgetForm, own: Split | None) -> None:
    form.choose(own, prices.global_split())
    form.draw_from(described(own))


def _page(site: Site, form: BudgetForm, **more: Any) -> str:
    terms, own, default = terms_of(site), form.shares(), prices.global_split()
    applies = own_split(db.session.get_one(SiteBudget, site.id))
    return render_template(
        "budget/index.html",
        site=site,
        form=form,
        choices=CHOICES,
        uses_own=applies is not None,
        total=terms.total_credits,
        enforced=terms.enforces_budgets,
        why_total="its cap" if terms.cap and terms.cap == terms.total_credits else "what the account has",
        own=_shares(own, terms),
        own_arcs=arcs(own),
        own_total=percent(sum(own.values())),
        default=_shares(default, terms),
        default_arcs=arcs(default),
        page="budget",
        **{"lines": []} | more,
    )


def _shares(split: Split, terms: RunTerms) -> list[Share]:
    return [_share(operation, split[operation], terms) for operation in Operation]


def _share(operation: Operation, basis_points: int, terms: RunTerms) -> Share:
    stage = next(stage for stage in PAID if stage.operation is operation)
    credits = operation_budget(basis_points, terms.total_credits)
    price = 0 if operation in terms.operations_off else terms.prices[operation] * stage.fewest_units
    return Share(operation, basis_points, credits, stage.one, price, bool(terms.total_credits) and credits < price)


def arcs(split: Split) -> list[dict[str, Any]]:
    """The arcs of a ring as long as the whole, or as all shares where they are more:
    {"key", "length", "offset", "around"} in basis points."""
    around, start, found = max(WHOLE, sum(split.values())), 0, []
    for operation, share in split.items():
        length = share - GAP if share > GAP else share
        found.append({"key": operation.value, "length": length, "offset": -start, "around": around})
        start += share
    return found
