"""publications that a person took off the schedule, and secret addresses of calendars"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REASONS = (
    "queue_full", "queue_paused", "no_publishing_day", "auto_publish_off", "target_not_connected",
    "target_refuses_credentials", "draft_quality", "held", "scheduling_off",
)
ADDED = "unscheduled"
CHECK = "ck_publication_waitingreason"


def upgrade() -> None:
    op.add_column("publishing_settings", sa.Column("calendar_token", sa.String(length=64), nullable=True))
    _allow(REASONS, (*REASONS, ADDED))


def downgrade() -> None:
    """Older code would schedule them by itself, so it holds them: a person lets them go there too."""
    op.execute(f"UPDATE publication SET reason = 'held', held = true WHERE reason = '{ADDED}'")
    _allow((*REASONS, ADDED), REASONS)
    op.drop_column("publishing_settings", "calendar_token")


def _allow(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Changes which reasons a publication may wait for."""
    if op.get_bind().dialect.name == "sqlite":
        return _rewrite("publication", _check(before), _check(after))
    op.drop_constraint(op.f(CHECK), "publication", type_="check")
    op.create_check_constraint(op.f(CHECK), "publication", _check(after))


def _check(reasons: tuple[str, ...]) -> str:
    return "reason IN ({})".format(", ".join(f"'{reason}'" for reason in reasons))


def _rewrite(table: str, before: str, after: str) -> None:
    """SQLite changes no constraint. Its manual has the words of the table changed instead: no row is touched, so what
    refers to the table stays as it is."""
    connection = op.get_bind()
    told = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    made = connection.scalar(told, {"table": table})
    assert before in made, made
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
        {"sql": made.replace(before, after), "table": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")  # so that everybody reads it again
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
