"""a role that may not publish is told from a wrong password"""

import sqlalchemy as sa
from alembic import op

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
    if op.get_bind().dialect.name == "sqlite":
        return _rewrite(table, _check(table, before), _check(table, after))
    name = op.f(f"ck_{table}_waitingreason")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, _check(table, after))


def _check(table: str, reasons: tuple[str, ...]) -> str:
    return "{} IN ({})".format(COLUMNS[table], ", ".join(f"'{reason}'" for reason in reasons))


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
