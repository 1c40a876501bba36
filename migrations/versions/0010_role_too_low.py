"""a role that may not publish is told from a wrong password"""

from alembic import op

from migrations import checks

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REASONS = (
    "queue_full",
    "queue_paused",
    "no_publishing_day",
    "auto_publish_off",
    "target_not_connected",
    "target_refuses_credentials",
    "target_out_of_reach",
    "draft_quality",
    "held",
    "scheduling_off",
    "unscheduled",
)
REFUSED, ADDED = "target_refuses_credentials", "target_refuses_role"
NEW_ORDER = (*REASONS[:6], ADDED, *REASONS[6:])
COLUMNS = {"publication": "reason", "publishing_settings": "target_problem"}


def upgrade() -> None:
    for table in COLUMNS:
        _allow(table, REASONS, NEW_ORDER)


def downgrade() -> None:
    """To older code a role that may not publish is one whose credentials are refused."""
    for table, column in COLUMNS.items():
        op.execute(f"UPDATE {table} SET {column} = '{REFUSED}' WHERE {column} = '{ADDED}'")
        _allow(table, NEW_ORDER, REASONS)


def _allow(table: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Changes which reasons the table may name."""
    column = COLUMNS[table]
    checks.replace(table, "waitingreason", checks.one_of(column, before), checks.one_of(column, after))
