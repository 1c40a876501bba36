"""What a site asks for each operation: its own choice, else the account's default, else the embedded provider."""

from sqlalchemy import select

from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai.models import AiConnection, ModelChoice
from webapp.sites.models import Site


def chosen(site: Site, operation: Operation) -> tuple[AiConnection, str] | None:
    """The connection and the model; None: the embedded provider."""
    choice = db.session.get(ModelChoice, (site.id, operation))
    if choice is None:
        return _default(site, operation)
    return None if choice.connection is None else (choice.connection, choice.model)


def _default(site: Site, operation: Operation) -> tuple[AiConnection, str] | None:
    """The account's; None where it has no model for such work."""
    default = db.session.scalar(
        select(AiConnection).where(AiConnection.account_id == site.account_id, AiConnection.is_default)
    )
    model = default.model_for(operation) if default else ""
    return (default, model) if default and model else None
