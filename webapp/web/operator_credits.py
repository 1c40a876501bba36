"""For operators: every account's credits, what operations cost, the switches of the installation, and what was done."""

from collections.abc import Callable
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy import select

from webapp.accounts import members, switches
from webapp.accounts.models import Account, AccountEvent, OperatorEvent
from webapp.accounts.switches import Switch
from webapp.ai.provider import Operation
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Invalid, NotFound
from webapp.credits import by_hand, ledger, prices, queries
from webapp.credits.budget import percent
from webapp.credits.models import LedgerEntry
from webapp.credits.prices import PricesMovedOn
from webapp.credits.queries import Wanted
from webapp.pipeline import decisions, open_holds
from webapp.pipeline.models import AiCall
from webapp.web.access import LARGEST_ID, require_operator
from webapp.web.forms.checks import refuse
from webapp.web.forms.operator_credits import AdjustForm, MoveForm, PricesForm, TopUpForm
from webapp.web.listing import address, place
from webapp.web.system_page import ago

pages = Blueprint("operator_credits", __name__, url_prefix="/operator/credits")

LATEST = 25  # events on the page, and entries of an account
POSITIONS = {"on": True, "off": False, "environment": None}


@pages.before_request
def _only_operators() -> None:
    require_operator()


@pages.get("")
def index() -> ResponseReturnValue:
    return _page(PricesForm.of(prices.costs()))


@pages.post("/prices")
def save_prices() -> ResponseReturnValue:
    form = PricesForm()
    if not form.validate():
        return _page(form), 422
    try:
        changed = prices.set_prices(form.values(), by=current_user.name, seen=str(form.seen.data or ""))
    except PricesMovedOn as theirs:
        db.session.rollback()
        form.seen.data = prices.version(prices.costs())
        return _page(form, moved_on=theirs), 409
    db.session.commit()
    flash("Saved. Runs that start from now on keep to it." if changed else "Nothing was different.", "ok")
    return redirect(url_for("operator_credits.index", _anchor="prices"), 303)


@pages.post("/switches")
def flip() -> ResponseReturnValue:
    written, said = request.form.get("switch", ""), request.form.get("position", "")
    if written not in set(Switch) or said not in POSITIONS:
        raise Invalid("switch", "There is no such switch, or no such position.", "Nothing was changed.")
    switch = Switch(written)
    changed = switches.flip(switch, POSITIONS[said], current_user.name)
    db.session.commit()
    flash(_told(switch) if changed else f"{switch.variable} stood there already.", "ok")
    return redirect(url_for("operator_credits.index", _anchor="switches"), 303)


@pages.get("/accounts/<int:account_id>")
def account(account_id: int) -> ResponseReturnValue:
    return _account_page(_account(account_id), _new(TopUpForm), _new(AdjustForm))


@pages.post("/accounts/<int:account_id>/top-up")
def top_up(account_id: int) -> ResponseReturnValue:
    form = TopUpForm()
    return _move(account_id, form, by_hand.top_up, lambda account: _account_page(account, form, _new(AdjustForm)))


@pages.post("/accounts/<int:account_id>/adjust")
def adjust(account_id: int) -> ResponseReturnValue:
    form = AdjustForm()
    return _move(account_id, form, by_hand.adjust, lambda account: _account_page(account, _new(TopUpForm), form))


@pages.get("/holds")
def holds() -> ResponseReturnValue:
    found = open_holds.undecided(place())
    return render_template(
        "operator_credits/holds.html",
        page="operator_credits",
        calls=found.rows,
        whose=open_holds.whose(found.rows),
        before=address(before=found.before) if found.before else None,
        after=address(after=found.after) if found.after else None,
        unaccounted=open_holds.unaccounted(),
        age=lambda since: ago((now() - since).total_seconds()),
    )


@pages.post("/holds/<int:call_id>/settle")
def settle(call_id: int) -> ResponseReturnValue:
    return _decide(call_id, decisions.settle, "charged")


@pages.post("/holds/<int:call_id>/release")
def release(call_id: int) -> ResponseReturnValue:
    return _decide(call_id, decisions.release, "given back")


def _page(form: PricesForm, *, moved_on: PricesMovedOn | None = None) -> str:
    text = request.args.get("q", "")
    found, current = members.find_accounts(text, place()), prices.costs()
    return render_template(
        "operator_credits/index.html",
        page="operator_credits",
        accounts=found.rows,
        balances=ledger.balances([one.id for one in found.rows]),
        text=text,
        before=address(before=found.before) if found.before else None,
        after=address(after=found.after) if found.after else None,
        form=form,
        costs=current,
        percent=percent,
        moved_on=moved_on,
        together=sum(form.field(one, "share").data or 0 for one in Operation),
        undecided=open_holds.count_undecided(),
        switches=[_switch(switches.position(switch)) for switch in Switch],
        events=db.session.scalars(select(OperatorEvent).order_by(OperatorEvent.id.desc()).limit(LATEST)).all(),
    )


def _account(account_id: int) -> Account:
    found = db.session.get(Account, account_id) if account_id <= LARGEST_ID else None
    if found is None:
        raise NotFound(f"There is no account {account_id}.", "It may have been deleted meanwhile.")
    return found


def _account_page(account: Account, topping_up: TopUpForm, adjusting: AdjustForm) -> str:
    events = select(AccountEvent).where(AccountEvent.account_id == account.id).order_by(AccountEvent.id.desc())
    return render_template(
        "operator_credits/account.html",
        page="operator_credits",
        account=account,
        balance=ledger.balance(account.id),
        held=ledger.held(account.id),
        topping_up=topping_up,
        adjusting=adjusting,
        rows=queries.entries(account.id, Wanted()).rows[:LATEST],
        events=db.session.scalars(events.limit(LATEST)).all(),
    )


def _new(kind: Callable[..., Any]) -> Any:
    """An empty form with a name of its own."""
    return kind(formdata=None, token=token_urlsafe(16))


def _move(
    account_id: int, form: MoveForm, move: Callable[..., LedgerEntry], page: Callable[[Account], str]
) -> ResponseReturnValue:
    account = _account(account_id)
    if not form.validate():
        return page(account), 422
    try:
        entry = move(account, form.credits.data, form.note.data or "", by=current_user.name, token=form.once)
    except Invalid as error:
        refuse(form, error)
        return page(account), 422
    db.session.commit()
    flash(f"{entry.amount:+,} credits for {account.name}: it has {ledger.balance(account.id):,} now.", "ok")
    return redirect(url_for("operator_credits.account", account_id=account.id), 303)


def _decide(call_id: int, decide: Callable[[int, int, str], AiCall], done: str) -> ResponseReturnValue:
    if call_id > LARGEST_ID:
        raise NotFound(f"There is no call {call_id}.")
    call = decide(call_id, request.form.get("attempt", -1, type=int), current_user.name)
    db.session.commit()
    flash(f"{call.price:,} credits were {done} for {call.item} of run {call.run_id}.", "ok")
    return redirect(url_for("operator_credits.holds"), 303)


WORDS: dict[Switch, tuple[str, str, str]] = {  # name, what on means, what off means
    Switch.BUDGET_ALLOCATION: (
        "Budgets of operations",
        "Each operation keeps to its share of a run's credits.",
        "Shares are shown, and hold nothing back. Caps and balances still do.",
    ),
    Switch.NEW_SCHEDULING: (
        "Scheduling",
        "Approved articles get their slots by themselves.",
        "Approved articles wait; what has a slot keeps it. Nothing is lost.",
    ),
}


def _switch(position: switches.Position) -> dict[str, Any]:
    name, when_on, when_off = WORDS[position.switch]
    return {
        "position": position,
        "name": name,
        "means": when_on if position.value else when_off,
        "said": "environment" if position.by is None else ("on" if position.value else "off"),
        "environment": "on" if position.environment else "off",
    }


def _told(switch: Switch) -> str:
    is_on = switches.is_on(switch)
    text = f"{WORDS[switch][0]}: {'on' if is_on else 'off'} for the whole installation."
    if switch is Switch.NEW_SCHEDULING and is_on:
        text += " What waits for it gets its slot within a minute."
    return text
