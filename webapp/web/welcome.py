"""The first visit: makes the first owner, who is an operator too."""

import hmac
import ipaddress

from flask import Blueprint, Request, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import login_user

from webapp.accounts.models import Role
from webapp.accounts.signup import AlreadyFounded, join, nobody_yet
from webapp.accounts.signup import first_owner as make_first_owner
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.core.settings import settings
from webapp.pipeline.founding import found_account
from webapp.web.forms.checks import refuse
from webapp.web.forms.welcome import FirstOwnerForm

pages = Blueprint("welcome", __name__)

CREDITS_TO_START_WITH = 10_000
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")


@pages.route("/welcome", methods=["GET", "POST"])
def first_owner() -> ResponseReturnValue:
    if not nobody_yet():
        abort(404)
    if not (_from_this_machine(request) or _has_token(request)):
        return render_template("welcome/elsewhere.html"), 403
    form = FirstOwnerForm()
    if form.validate_on_submit():
        try:
            return _found(form)
        except Invalid as error:
            db.session.rollback()
            refuse(form, error)
    return render_template("welcome/first_owner.html", form=form), 422 if form.is_submitted() else 200


def _found(form: FirstOwnerForm) -> ResponseReturnValue:
    try:
        user = make_first_owner(
            email=form.email.data or "", name=form.name.data or "", password=form.password.data or ""
        )
    except AlreadyFounded as error:
        db.session.rollback()
        flash(str(error), "warn")
        return redirect(url_for("security.login"), 303)
    join(found_account(form.account_name.data or "", credits=CREDITS_TO_START_WITH), user, Role.OWNER)
    db.session.commit()
    login_user(user)
    flash(f"Welcome, {user.name}. You own this installation now.", "ok")
    return redirect(url_for("home.sites"), 303)


def _from_this_machine(request: Request) -> bool:
    """Whether the browser runs on the machine that serves: no proxy between, and no foreign name for us.

    A foreign name would be another site's page that has itself resolved to this machine.
    """
    if any(header in request.headers for header in FORWARDED):
        return False
    return _is_loopback(request.remote_addr or "") and _host_name(request.host) in OWN_NAMES


def _is_loopback(address: str) -> bool:
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return bool((mapped or peer).is_loopback)


def _host_name(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _has_token(request: Request) -> bool:
    expected, given = settings().setup_token, request.args.get("token", "")
    return expected is not None and hmac.compare_digest(expected.encode(), given.encode())
