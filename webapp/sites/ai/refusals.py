"""Endpoints that refuse a key: runs by schedule wait until one takes it again."""

from sqlalchemy import update

from webapp.core.clock import now
from webapp.core.db import change
from webapp.sites.ai.models import AiConnection


def refuses(connection_id: int, said: str) -> None:
    """Notes since when, and in which words. The caller commits."""
    known = AiConnection.id == connection_id, AiConnection.refused_at.is_(None)
    change(update(AiConnection).where(*known).values(refused_at=now(), refusal=said))


def takes(connection_id: int) -> None:
    """The key was taken, so nothing waits for it any more. The caller commits."""
    refused = AiConnection.id == connection_id, AiConnection.refused_at.is_not(None)
    change(update(AiConnection).where(*refused).values(refused_at=None, refusal=""))
