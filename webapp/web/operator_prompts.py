"""For operators: the prompts of all sites that have none of their own."""

from collections.abc import Sequence

from flask import Blueprint, request
from flask_security import current_user
from sqlalchemy import select

from webapp.accounts.models import Member, Role
from webapp.core.db import db
from webapp.sites.models import Site
from webapp.web.access import require_operator
from webapp.web.prompt_page import Library, serve

pages = Blueprint("operator_prompts", __name__, url_prefix="/operator/prompts")

MOST_SITES = 100  # to choose from


@pages.before_request
def _only_operators() -> None:
    require_operator()


def _for_all(role: Role, slug: str | None) -> Library:
    """Shown with a site of the operator's own: what other accounts have is not theirs to read."""
    sites = _own_sites()
    wanted = request.values.get("with", "")
    shown_with = next((site for site in sites if site.slug == wanted), sites[0] if sites else None)
    return Library(None, shown_with, may_change=True, sites=sites)


def _own_sites() -> Sequence[Site]:
    return db.session.scalars(
        select(Site)
        .join(Member, Member.account_id == Site.account_id)
        .where(Member.user_id == current_user.id)
        .order_by(Site.name, Site.id)
        .limit(MOST_SITES)
    ).all()


serve(pages, _for_all)
