"""publications that a person took off the schedule, and secret addresses of calendars"""

import sqlalchemy as sa
from alembic import op

from migrations import checks

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REASONS = (
    "queue_full", "queue_paused", "no_publishing_day", "auto_publish_off", "target_not_connected",
    "target_refuses_credentials", "draft_quality", "held", "scheduling_off",
)
ADDED = "unscheduled"


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
    checks.replace("publication", "waitingreason", checks.one_of("reason", before), checks.one_of("reason", after))
