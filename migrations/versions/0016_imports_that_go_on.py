"""files of keywords on their way in, so that an import goes on wherever it was cut off"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATUSES = ("arriving", "unmapped", "counting", "understood", "importing", "stopped", "imported", "failed", "dropped")


def upgrade() -> None:
    op.create_table(
        "keyword_import",
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum(*STATUSES, name="importstatus", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("understanding", sa.JSON(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("read_to", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("filled_in", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("unread", sa.JSON(), nullable=False),
        sa.Column("remarks", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("touched_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("lines = new + duplicates + bad", name=op.f("ck_keyword_import_every_line_counts")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_keyword_import_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword_import")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_keyword_import_site_id_id", "keyword_import", ["site_id", "id"])
    op.create_index("ix_keyword_import_status", "keyword_import", ["status", "touched_at"])
    _of_an_import("import_chunk", sa.Column("number", sa.Integer(), nullable=False, autoincrement=False), _bytes())
    _of_an_import("import_seen", sa.Column("hash", sa.BigInteger(), nullable=False, autoincrement=False))
    _of_an_import(
        "import_remark",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("is_left_out", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """What is imported stays; what was on its way has to be chosen again."""
    op.drop_table("import_remark")
    op.drop_table("import_seen")
    op.drop_table("import_chunk")
    op.drop_index("ix_keyword_import_status", "keyword_import")
    op.drop_index("ix_keyword_import_site_id_id", "keyword_import")
    op.drop_table("keyword_import")


def _bytes() -> sa.Column:
    return sa.Column("data", sa.LargeBinary(), nullable=False)


def _of_an_import(table: str, key: sa.Column, *others: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("import_id", sa.Integer(), nullable=False),
        key,
        *others,
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["keyword_import.id"],
            name=op.f(f"fk_{table}_import_id_keyword_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", key.name, name=op.f(f"pk_{table}")),
    )
