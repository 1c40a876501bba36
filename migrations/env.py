"""Runs migrations with the app's own engine. Called by Flask-Migrate within the app's context."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, func, select, text

from webapp.core.db import UtcDateTime

UPGRADING = 7_707_700  # of PostgreSQL's advisory locks; any number that nothing else here takes
extension = current_app.extensions["migrate"]


def render_type(kind: str, value: Any, autogen: Any) -> str | bool:
    """Migrations must not change when our types do, so they name the plain one."""
    return "sa.DateTime()" if kind == "type" and isinstance(value, UtcDateTime) else False


def wait_for_other_upgrades(connection: Connection) -> None:
    """Until the end of the transaction nobody else migrates. However long another takes, its lock is waited for."""
    if connection.dialect.name == "postgresql":
        usual = connection.scalar(text("SHOW lock_timeout"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(select(func.pg_advisory_xact_lock(UPGRADING)))
        connection.execute(select(func.set_config("lock_timeout", usual, True)))


with extension.db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=extension.db.metadata,
        render_item=render_type,
        **extension.configure_args,
    )
    with context.begin_transaction():
        wait_for_other_upgrades(connection)
        context.run_migrations()
