"""What a site asks for each operation: its own choice, else the account's default, else the embedded provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai.connections import lock
from webapp.sites.ai.models import AiConnection, ModelChoice
from webapp.sites.models import Site


@dataclass(frozen=True)
class Own:
    """A choice of a site's own. No connection: the embedded provider, which has no models."""

    connection: AiConnection | None = None
    model: str = ""


def chosen(site: Site, operation: Operation) -> tuple[AiConnection, str] | None:
    """The connection and the model; None: the embedded provider."""
    choice = own_choice(site, operation)
    if choice is None:
        return default_of(site.account_id, operation)
    return None if choice.connection is None else (choice.connection, choice.model)


def own_choice(site: Site, operation: Operation) -> ModelChoice | None:
    """None: the site asks what the account's default is."""
    return db.session.get(ModelChoice, (site.id, operation))


def default_of(account_id: int, operation: Operation) -> tuple[AiConnection, str] | None:
    """What the sites of an account ask that chose nothing; None where its default has no model for such work."""
    default = db.session.scalar(
        select(AiConnection).where(AiConnection.account_id == account_id, AiConnection.is_default)
    )
    model = default.model_for(operation) if default else ""
    return (default, model) if default and model else None


def choose(site: Site, own: Mapping[Operation, Own | None]) -> None:
    """Keeps these choices, None for the account's default. The caller commits."""
    lock(site.account_id)
    for operation, wanted in own.items():
        kept = own_choice(site, operation)
        if wanted is not None:
            row = kept or ModelChoice(site_id=site.id, operation=operation)
            row.connection, row.model = wanted.connection, wanted.model
            db.session.add(row)
        elif kept is not None:
            db.session.delete(kept)
    db.session.flush()


def sites_asking(connection: AiConnection) -> Sequence[Site]:
    """Those that would ask it for something in their next run, by name."""
    asks = ModelChoice.connection_id == connection.id
    named = Site.id.in_(select(ModelChoice.site_id).where(asks))
    return db.session.scalars(
        select(Site)
        .where(Site.account_id == connection.account_id, or_(named, _by_default(connection)))
        .order_by(Site.name, Site.id)
    ).all()


def models_chosen(connection: AiConnection) -> set[str]:
    """Those that sites have chosen there."""
    return set(db.session.scalars(select(ModelChoice.model).where(ModelChoice.connection_id == connection.id)))


def _by_default(connection: AiConnection) -> ColumnElement[bool]:
    """Whether a site leaves something to it: it is the default, and has a model for what the site chose nothing for."""
    served = [operation for operation in Operation if connection.is_default and connection.model_for(operation)]
    of_site = ModelChoice.site_id == Site.id, ModelChoice.operation.in_(served)
    decided = select(func.count()).where(*of_site).scalar_subquery()
    return decided < len(served)
