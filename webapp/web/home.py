"""Where a member lands: the sites of all accounts, and making a new one."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy import select

from webapp.accounts.members import accounts_of
from webapp.accounts.models import Account, AccountEvent, Role
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.credits import ledger
from webapp.pipeline.founding import found_site
from webapp.sites.languages import LANGUAGES
from webapp.sites.zones import zones_by_continent
from webapp.web.access import NotAllowed
from webapp.web.forms.checks import refuse
from webapp.web.forms.home import NewSiteForm
from webapp.web.site_list import SiteLine, SitePage, roles_of, sites_of

pages = Blueprint("home", __name__)

LATEST = 5  # events


@pages.get("/")
def sites() -> ResponseReturnValue:
    after = request.args.get("after", 0, type=int)
    listed = sites_of(current_user, after)
    accounts = accounts_of(current_user)
    ids = [account.id for account in accounts]
    return render_template(
        "home/sites.html",
        groups=_by_account(accounts, listed, is_first=not after),
        next_after=listed.next_after,
        balances=ledger.balances(ids),
        roles=roles_of(current_user),
        may_make_sites=bool(accounts_of(current_user, Role.OWNER)),
        events=_events(ids),
    )


@pages.route("/sites/new", methods=["GET", "POST"])
def new_site() -> ResponseReturnValue:
    owned = accounts_of(current_user, Role.OWNER)
    if not owned:
        raise NotAllowed(Role.OWNER)
    form = NewSiteForm(owned, suggested=request.args.get("account", ""))
    if form.validate_on_submit():
        try:
            return _make(form)
        except Invalid as error:
            db.session.rollback()
            refuse(form, error)
    page = render_template("home/new_site.html", form=form, zones=zones_by_continent(), languages=LANGUAGES)
    return page, 422 if form.is_submitted() else 200


def _by_account(
    accounts: Sequence[Account], listed: SitePage, *, is_first: bool
) -> list[tuple[Account, list[SiteLine]]]:
    """The lines under their accounts. One without sites shows too, where all there is fits on the page."""
    shows_all = is_first and listed.next_after is None
    groups = [(account, [line for line in listed.lines if line.site.account_id == account.id]) for account in accounts]
    return [(account, lines) for account, lines in groups if lines or shows_all]


def _make(form: NewSiteForm) -> ResponseReturnValue:
    account = form.accounts[form.account.data or ""]
    site = found_site(
        account,
        form.name.data or "",
        form.slug.data or "",
        time_zone=form.time_zone.data or "",
        language=form.language.data or "",
    )
    db.session.add(AccountEvent(account_id=account.id, by=current_user.name, text=f"Made the site {site.name}."))
    db.session.commit()
    flash(f"{site.name} is there. Add its keywords next.", "ok")
    return redirect(url_for("keywords.index", slug=site.slug), 303)


def _events(account_ids: list[int]) -> list[AccountEvent]:
    return list(
        db.session.scalars(
            select(AccountEvent)
            .where(AccountEvent.account_id.in_(account_ids))
            .order_by(AccountEvent.id.desc())
            .limit(LATEST)
        )
    )
