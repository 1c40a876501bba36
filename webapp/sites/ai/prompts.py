"""The prompts that count for a site: its own, else those for all, else those that Pressroom comes with."""

from sqlalchemy import select

from webapp.ai.openai.prompts import Template
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai.models import PromptVersion
from webapp.sites.models import Site


def templates_of(site: Site) -> dict[Operation, Template]:
    """Those that somebody has written. What is not here is as Pressroom comes with it."""
    found = {operation: _written(site.id, operation) or _written(None, operation) for operation in Operation}
    return {operation: template for operation, template in found.items() if template is not None}


def last_version(site_id: int | None, operation: Operation) -> PromptVersion | None:
    """The one that counts for the site, or for all; None if nobody ever saved one."""
    return db.session.scalar(
        select(PromptVersion)
        .where(PromptVersion.site_id == site_id, PromptVersion.operation == operation)
        .order_by(PromptVersion.number.desc())
        .limit(1)
    )


def _written(site_id: int | None, operation: Operation) -> Template | None:
    version = last_version(site_id, operation)
    if version is None or version.system is None or version.user is None:
        return None
    return Template(version.system, version.user)
