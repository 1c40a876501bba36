"""Runs by schedule wait while an endpoint that their site asks refuses its key. Runs by hand never do."""

from webapp.pipeline.stages import PAID
from webapp.pipeline.terms import automation_of
from webapp.sites.ai.choices import chosen
from webapp.sites.ai.models import AiConnection
from webapp.sites.models import Site


def refusing(site: Site) -> AiConnection | None:
    """The first that would be asked in a run and refuses its key; None if none does."""
    automation = automation_of(site)
    for stage in PAID:
        choice = chosen(site, stage.operation) if automation.is_on(stage.key) else None
        if choice is not None and choice[0].refused_at is not None:
            return choice[0]
    return None


def why_skipped(connection: AiConnection) -> str:
    since = f" since {connection.refused_at:%d %b %Y, %H:%M} UTC" if connection.refused_at else ""
    return (
        f"The endpoint {connection.name} refuses its key{since}. Test the key on the AI page; the next run starts by"
        " itself then."
    )
