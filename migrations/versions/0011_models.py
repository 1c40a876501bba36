"""endpoints with their keys, models and prices, prompts and the site's voice, and what a call cost"""

import sqlalchemy as sa
from alembic import op

from migrations import checks

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPERATIONS = (
    "clustering",
    "idea_generation",
    "content_generation",
    "image_prompt_extraction",
    "image_generation",
)
REASONS = (
    "all_done", "limit_reached", "budget_used", "operation_off", "needs_a_person", "credit_cap_reached",
    "out_of_credits", "paused_by_person", "cancelled_by_person", "provider_refuses_key", "provider_unreachable",
    "provider_asks_to_wait", "storage_full", "worker_lost", "worker_lost_repeatedly", "worker_stopping", "slice_ended",
    "database_away", "internal_error", "moved_on",
)
NEW_ORDER = (*REASONS[:10], "provider_quota_used", "provider_not_ready", *REASONS[10:])
COLUMNS = {"run": "stop_reason", "stage_result": "cut_short"}
OF_CALLS = {
    "connection_id": sa.Integer(),
    "step": sa.String(length=80),
    "cached_tokens": sa.Integer(),
    "finish": sa.String(length=40),
    "problem": sa.Text(),
    "cost": sa.BigInteger(),
}


def upgrade() -> None:
    _connections()
    _choices()
    _prices()
    _prompts()
    _voices()
    for name, kind in OF_CALLS.items():
        op.add_column("ai_call", sa.Column(name, kind, nullable=True))
    op.create_index("ix_ai_call_prices", "ai_call", ["connection_id", "model", "answered_at"])
    for table in COLUMNS:
        _allow(table, REASONS, NEW_ORDER)


def downgrade() -> None:
    """To older code an endpoint that will not be paid for, or is not set up, is one that refuses the key."""
    for table, column in COLUMNS.items():
        op.execute(
            f"UPDATE {table} SET {column} = 'provider_refuses_key'"
            f" WHERE {column} IN ('provider_quota_used', 'provider_not_ready')"
        )
        _allow(table, NEW_ORDER, REASONS)
    op.drop_index("ix_ai_call_prices", "ai_call")
    for name in OF_CALLS:
        op.drop_column("ai_call", name)
    for table in ("site_voice", "prompt_version", "model_price", "model_choice", "ai_connection"):
        op.drop_table(table)


def _connections() -> None:
    op.create_table(
        "ai_connection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("preset", sa.String(length=40), nullable=False),
        sa.Column("base_url", sa.String(length=300), nullable=False),
        sa.Column(
            "sign_in",
            sa.Enum("bearer", "api_key", name="signin", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("api_version", sa.String(length=40), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("key_set_at", sa.DateTime(), nullable=True),
        sa.Column("text_model", sa.String(length=160), nullable=False),
        sa.Column("image_model", sa.String(length=160), nullable=False),
        sa.Column("embedding_model", sa.String(length=160), nullable=False),
        sa.Column("at_a_time", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("abilities", sa.JSON(), nullable=True),
        sa.Column("tested_at", sa.DateTime(), nullable=True),
        sa.Column("refused_at", sa.DateTime(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("at_a_time BETWEEN 1 AND 100", name=op.f("ck_ai_connection_at_a_time_range")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_ai_connection_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_connection")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_ai_connection_account_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_ai_connection_default",
        "ai_connection",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )


def _choices() -> None:
    op.create_table(
        "model_choice",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("operation", _operation(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=True),
        sa.Column("model", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["ai_connection.id"],
            name=op.f("fk_model_choice_connection_id_ai_connection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_model_choice_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", "operation", name=op.f("pk_model_choice")),
    )


def _prices() -> None:
    op.create_table(
        "model_price",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=160), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("input", sa.BigInteger(), nullable=True),
        sa.Column("cached_input", sa.BigInteger(), nullable=True),
        sa.Column("output", sa.BigInteger(), nullable=True),
        sa.Column("image", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "input >= 0 AND cached_input >= 0 AND output >= 0 AND image >= 0",
            name=op.f("ck_model_price_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["ai_connection.id"],
            name=op.f("fk_model_price_connection_id_ai_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "model", "valid_from", name=op.f("pk_model_price")),
    )


def _prompts() -> None:
    op.create_table(
        "prompt_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("operation", _operation(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("system", sa.Text(), nullable=True),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            '(system IS NULL) = ("user" IS NULL)', name=op.f("ck_prompt_version_both_or_none")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_prompt_version_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_version")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_prompt_version_of_site",
        "prompt_version",
        ["site_id", "operation", "number"],
        unique=True,
        sqlite_where=sa.text("site_id IS NOT NULL"),
        postgresql_where=sa.text("site_id IS NOT NULL"),
    )
    op.create_index(
        "uq_prompt_version_of_all",
        "prompt_version",
        ["operation", "number"],
        unique=True,
        sqlite_where=sa.text("site_id IS NULL"),
        postgresql_where=sa.text("site_id IS NULL"),
    )


def _voices() -> None:
    op.create_table(
        "site_voice",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("tone", sa.Text(), nullable=False),
        sa.Column("words_to_avoid", sa.Text(), nullable=False),
        sa.Column("point_of_view", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_voice_site_id_site"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_voice")),
    )


def _operation() -> sa.Enum:
    return sa.Enum(*OPERATIONS, name="operation", native_enum=False, create_constraint=True, length=40)


def _allow(table: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Changes which reasons the table may name."""
    column = COLUMNS[table]
    checks.replace(table, "stopreason", checks.one_of(column, before), checks.one_of(column, after))
