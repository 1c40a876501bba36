"""a run says where not all came out, and where nothing waited"""

from alembic import op

from migrations import checks

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

REASONS = (
    "all_done", "limit_reached", "budget_used", "operation_off", "needs_a_person", "credit_cap_reached",
    "out_of_credits", "paused_by_person", "cancelled_by_person", "provider_refuses_key", "provider_quota_used",
    "provider_not_ready", "provider_unreachable", "provider_asks_to_wait", "storage_full", "worker_lost",
    "worker_lost_repeatedly", "worker_stopping", "slice_ended", "database_away", "internal_error", "moved_on",
)
ADDED = ("some_need_attention", "nothing_waited")
NEW_ORDER = (REASONS[0], *ADDED, *REASONS[1:])
COLUMNS = {"run": "stop_reason", "stage_result": "cut_short"}


def upgrade() -> None:
    for table in COLUMNS:
        _allow(table, REASONS, NEW_ORDER)


def downgrade() -> None:
    """To older code all of them have done all that there was."""
    for table, column in COLUMNS.items():
        for reason in ADDED:
            op.execute(f"UPDATE {table} SET {column} = 'all_done' WHERE {column} = '{reason}'")
        _allow(table, NEW_ORDER, REASONS)


def _allow(table: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Changes which reasons the table may name."""
    column = COLUMNS[table]
    checks.replace(table, "stopreason", checks.one_of(column, before), checks.one_of(column, after))
