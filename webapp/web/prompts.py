"""The prompts of a site: what its models are told."""

from flask import Blueprint

from webapp.accounts.models import Role
from webapp.web.access import may, site_or_404
from webapp.web.prompt_page import Library, serve

pages = Blueprint("prompts", __name__, url_prefix="/sites/<slug>/prompts")


def _of_site(role: Role, slug: str | None) -> Library:
    site = site_or_404(slug or "", role)
    return Library(site, shown_with=site, may_change=may(Role.OWNER))


serve(pages, _of_site)
