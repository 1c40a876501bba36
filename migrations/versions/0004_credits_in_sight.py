"""entries by hand, indexes for lists of entries, what operators did, switches, one more reason to wait"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILTERS = ("kind", "operation", "site_id", "run_id", "article_id")
OPEN = sa.text("status IN ('sent', 'unknown')")
REASONS = (
    "queue_full", "queue_paused", "no_publishing_day", "auto_publish_off", "target_not_connected",
    "target_refuses_credentials", "draft_quality", "held",
)
ADDED = "scheduling_off"
CHECK = "ck_publication_waitingreason"


def upgrade() -> None:
    op.create_table(
        "operator_event",
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_event")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "switch",
        sa.Column(
            "name",
            sa.Enum(
                "use_budget_allocation",
                "use_new_scheduling",
                name="switch",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("value", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switch")),
    )
    op.add_column("operation_cost", sa.Column("off_reason", sa.String(length=300), nullable=True))
    op.add_column("ledger_entry", sa.Column("by", sa.String(length=120), nullable=True))
    op.add_column("ledger_entry", sa.Column("token", sa.String(length=64), nullable=True))
    op.create_index("uq_ledger_entry_token", "ledger_entry", ["token"], unique=True)
    op.create_index("ix_ledger_entry_account_id_at", "ledger_entry", ["account_id", "at", "id"])
    for name in FILTERS:
        op.create_index(f"ix_ledger_entry_account_id_{name}", "ledger_entry", ["account_id", name, "id"])
    op.create_index("ix_ledger_entry_sums", "ledger_entry", ["account_id", "kind", "at", "operation", "amount"])
    op.create_index("ix_ai_call_open", "ai_call", ["site_id", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
    _allow(REASONS, (*REASONS, ADDED))


def downgrade() -> None:
    op.execute(f"UPDATE publication SET reason = 'queue_full' WHERE reason = '{ADDED}'")
    _allow((*REASONS, ADDED), REASONS)
    op.drop_index("ix_ai_call_open", "ai_call")
    op.drop_index("ix_ledger_entry_sums", "ledger_entry")
    for name in FILTERS:
        op.drop_index(f"ix_ledger_entry_account_id_{name}", "ledger_entry")
    op.drop_index("ix_ledger_entry_account_id_at", "ledger_entry")
    op.drop_index("uq_ledger_entry_token", "ledger_entry")
    op.drop_column("ledger_entry", "token")
    op.drop_column("ledger_entry", "by")
    op.drop_column("operation_cost", "off_reason")
    op.drop_table("switch")
    op.drop_table("operator_event")


def _allow(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Changes which reasons a publication may wait for."""
    if op.get_bind().dialect.name == "sqlite":
        return _make_again(_check(before), _check(after))
    op.drop_constraint(op.f(CHECK), "publication", type_="check")
    op.create_check_constraint(op.f(CHECK), "publication", _check(after))


def _check(reasons: tuple[str, ...]) -> str:
    return "reason IN ({})".format(", ".join(f"'{reason}'" for reason in reasons))


def _make_again(before: str, after: str) -> None:
    """SQLite changes no constraint, so the table is made anew, as it was but for that; its numbers go on."""
    connection = op.get_bind()
    told = sa.text("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'publication' AND sql IS NOT NULL")
    made = dict(connection.execute(told).all())
    table = made.pop("publication")
    assert before in table, table
    last = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'publication'"))
    op.execute("ALTER TABLE publication RENAME TO publication_before")
    for index in made:
        op.execute(f"DROP INDEX {index}")
    connection.exec_driver_sql(table.replace(before, after))
    op.execute("INSERT INTO publication SELECT * FROM publication_before")
    op.execute("DROP TABLE publication_before")
    for index in made.values():
        connection.exec_driver_sql(index)
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'publication'")
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('publication', {last or 0})")
