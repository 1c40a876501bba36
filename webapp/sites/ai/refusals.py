"""Endpoints that refuse a key: runs by schedule wait until one takes it again.

A run asks with the key that was there when its turn began. What is said to that key says nothing of one that was set
since, so nothing is noted of it: `key_set_at` tells them apart.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, update

from webapp.core.clock import now
from webapp.core.db import change
from webapp.sites.ai.models import AiConnection


def refuses(connection_id: int, key_set_at: datetime | None, said: str) -> None:
    """Notes since when, and in which words. The caller commits."""
    known = *_with_key(connection_id, key_set_at), AiConnection.refused_at.is_(None)
    change(update(AiConnection).where(*known).values(refused_at=now(), refusal=said))


def takes(connection_id: int, key_set_at: datetime | None) -> None:
    """The key was taken, so nothing waits for it any more. The caller commits."""
    refused = *_with_key(connection_id, key_set_at), AiConnection.refused_at.is_not(None)
    change(update(AiConnection).where(*refused).values(refused_at=None, refusal=""))


def _with_key(connection_id: int, key_set_at: datetime | None) -> tuple[ColumnElement[bool], ...]:
    return AiConnection.id == connection_id, AiConnection.key_set_at.is_not_distinct_from(key_set_at)
