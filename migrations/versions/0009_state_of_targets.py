"""why a destination takes nothing and until when it is left alone, and slots that a person chose"""

import sqlalchemy as sa
from alembic import op

from migrations import checks

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

REASONS = (
    "queue_full", "queue_paused", "no_publishing_day", "auto_publish_off", "target_not_connected",
    "target_refuses_credentials", "draft_quality", "held", "scheduling_off", "unscheduled",
)
NEW_ORDER = (*REASONS[:6], "target_out_of_reach", *REASONS[6:])
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
        table.create_check_constraint("waitingreason", checks.one_of("target_problem", NEW_ORDER))
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
    checks.replace("publication", "waitingreason", checks.one_of("reason", before), checks.one_of("reason", after))
