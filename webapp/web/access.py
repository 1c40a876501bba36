"""Who may see and do what. Every view that takes a site's slug asks here first."""

from typing import TypeVar

from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy import select

from webapp.accounts.members import accounts_of
from webapp.accounts.models import Account, Member, Role
from webapp.accounts.signup import nobody_yet
from webapp.core.db import Base, db
from webapp.core.errors import NotFound, PressroomError
from webapp.sites.ai.models import AiConnection
from webapp.sites.models import Site
from webapp.web.htmx import is_htmx

# What works for everybody, even before there is any user. None of it asks the database who that is.
OPEN = frozenset(
    {
        "static",
        "calendar.file",  # its address is the secret
        "health.healthz",
        "health.readyz",
        "metrics.show",  # looks itself who asks
        "published.file",
        "theme.choose",
        "welcome.first_owner",
    }
)
# What works for everybody once there are users.
SIGN_IN = frozenset({"security.login", "security.logout"})

LARGEST_ID = 2**31 - 1  # PostgreSQL refuses to compare with more

Row = TypeVar("Row", bound=Base)


class NotAllowed(PressroomError):
    """The member's role does not include what was asked for."""

    def __init__(self, needed: Role):
        super().__init__(
            "Your role in this account does not allow that.",
            f"Nothing was changed. It takes an {needed.value}: ask an owner of the account.",
        )


def prepare(app: Flask) -> None:
    app.before_request(_require_sign_in)


def site_or_404(slug: str, role: Role = Role.VIEWER) -> Site:
    """The site of that name, if the signed-in member may act in `role` there.

    Raises NotFound for a site that is missing or of an account that the user is no member of, NotAllowed for a
    member whose role is too small.
    """
    found = db.session.execute(
        select(Site, Member.role)
        .join(Member, Member.account_id == Site.account_id)
        .where(Site.slug == slug, Member.user_id == current_user.id)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such site.", "Look for it on your list of sites.")
    site, own = found
    g.site, g.role = site, own
    if not own.includes(role):
        raise NotAllowed(role)
    return site


def may(role: Role) -> bool:
    """Whether the signed-in member may act in that role on the site that site_or_404 found."""
    own: Role | None = g.get("role")
    return own is not None and own.includes(role)


def account_or_404(written: str | None, role: Role = Role.VIEWER) -> Account:
    """The account of that number if the signed-in user may act in `role` there; without one the first by name.

    Raises NotFound for any other number, and for a user without an account; NotAllowed where the role is too small.
    """
    accounts = accounts_of(current_user)
    found = next((one for one in accounts if not written or str(one.id) == written), None)
    if found is None:
        raise NotFound("There is no such account.", "Look for it on your list of sites.")
    own = select(Member.role).where(Member.account_id == found.id, Member.user_id == current_user.id)
    g.role = db.session.scalars(own).one()
    if not g.role.includes(role):
        raise NotAllowed(role)
    return found


def endpoint_or_404(id: int, role: Role = Role.VIEWER) -> AiConnection:
    """The connection of that number if the signed-in user may act in `role` in its account, read anew.

    Raises NotFound and NotAllowed as site_or_404() does.
    """
    connection = db.session.get(AiConnection, id, populate_existing=True) if id <= LARGEST_ID else None
    if connection is None or connection.account_id not in {one.id for one in accounts_of(current_user)}:
        raise NotFound("There is no such endpoint.", "It may have been forgotten meanwhile.")
    account_or_404(str(connection.account_id), role)
    return connection


def row_or_404(model: type[Row], site: Site, id: int) -> Row:
    """The site's row of that number. Raises NotFound, also if the row is another site's."""
    row = None
    if id <= LARGEST_ID:
        row = db.session.scalar(select(model).filter_by(id=id, site_id=site.id))
    if row is None:
        raise NotFound(f"There is no {model.__name__.lower()} {id} here.", "It may have been deleted meanwhile.")
    return row


def require_operator() -> None:
    """Raises NotFound unless the signed-in user is an operator: others need not know that the page exists."""
    if not (current_user.is_authenticated and current_user.is_operator):
        raise NotFound("There is no such page.", "Check the address.")


def _require_sign_in() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint in OPEN or current_user.is_authenticated:
        return None
    if nobody_yet():
        return redirect(url_for("welcome.first_owner"), 303)
    return None if endpoint in SIGN_IN else _to_sign_in()


def _to_sign_in() -> ResponseReturnValue:
    """To the sign-in page, and from there back to what was asked for, if it can be asked for again."""
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") and not is_htmx() else None
    address = url_for("security.login", next=back)
    if is_htmx():
        return Response(status=401, headers={"HX-Redirect": address, "HX-Reswap": "none"})
    return redirect(address, 303)
