"""why a destination takes nothing and until when it is left alone, and slots that a person chose"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

REASONS = (
    "queue_full", "queue_paused", "no_publishing_day", "auto_publish_off", "target_not_connected",
    "target_refuses_credentials", "draft_quality", "held", "scheduling_off", "unscheduled",
)
NEW_ORDER = (*REASONS[:6], "target_out_of_reach", *REASONS[6:])
CHECK = "ck_publication_waitingreason"
REFUSED = "target_refuses_credentials"


def upgrade() -> None:
    _allow(REASONS, NEW_ORDER)
    op.add_column("publication", sa.Column("chosen_slot", sa.DateTime(), nullable=True))
    with op.batch_alter_table("publishing_settings") as table:
        table.add_column(sa.Column("target_problem", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("target_rests_until", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("target_failures", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("target_epoch", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("target_said", sa.Text(), nullable=False, server_default=""))
        table.create_check_constraint("waitingreason", _check(NEW_ORDER, "target_problem"))
    op.execute(f"UPDATE publishing_settings SET target_problem = '{REFUSED}' WHERE credentials_refused")
    with op.batch_alter_table("publishing_settings") as table:
        table.drop_column("credentials_refused")
        table.alter_column("target_failures", server_default=None, existing_type=sa.Integer(), existing_nullable=False)
        table.alter_column("target_epoch", server_default=None, existing_type=sa.Integer(), existing_nullable=False)
        table.alter_column("target_said", server_default=None, existing_type=sa.Text(), existing_nullable=False)


def downgrade() -> None:
    """To older code a site that cannot be reached is one that refuses the credentials: it holds the queue too."""
    op.execute(f"UPDATE publication SET reason = '{REFUSED}' WHERE reason = 'target_out_of_reach'")
    _allow(NEW_ORDER, REASONS)
    op.drop_column("publication", "chosen_slot")
    with op.batch_alter_table("publishing_settings") as table:
        table.add_column(sa.Column("credentials_refused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE publishing_settings SET credentials_refused = true WHERE target_problem IS NOT NULL")
    with op.batch_alter_table("publishing_settings") as table:
        table.alter_column("credentials_refused", server_default=None, existing_type=sa.Boolean(), existing_nullable=False)
        table.drop_constraint(op.f("ck_publishing_settings_waitingreason"), type_="check")
        for name in ("target_problem", "target_rests_until", "target_failures", "target_said", "target_epoch"):
            table.drop_column(name)


def _allow(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Changes which reasons a publication may wait for."""
    if op.get_bind().dialect.name == "sqlite":
        return _rewrite("publication", _check(before), _check(after))
    op.drop_constraint(op.f(CHECK), "publication", type_="check")
    op.create_check_constraint(op.f(CHECK), "publication", _check(after))


def _check(reasons: tuple[str, ...], column: str = "reason") -> str:
    return "{} IN ({})".format(column, ", ".join(f"'{reason}'" for reason in reasons))


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
