"""Runs migrations with the app's own engine. Called by Flask-Migrate within the app's context."""

from typing import Any

from alembic import context
from flask import current_app

from webapp.core.db import UtcDateTime

extension = current_app.extensions["migrate"]


def render_type(kind: str, value: Any, autogen: Any) -> str | bool:
    """Migrations must not change when our types do, so they name the plain one."""
    return "sa.DateTime()" if kind == "type" and isinstance(value, UtcDateTime) else False


with extension.db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=extension.db.metadata,
        render_item=render_type,
        **extension.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
