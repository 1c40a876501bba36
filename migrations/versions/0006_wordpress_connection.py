"""WordPress as a place to publish to: how a site signs in there, and the posts that it found there"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHECK = "ck_site_targetkind"
BEFORE, AFTER = "target IN ('folder')", "target IN ('folder', 'wordpress')"


def upgrade() -> None:
    op.create_table(
        "wordpress_connection",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("username", sa.String(length=200), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("password_set_at", sa.DateTime(), nullable=False),
        sa.Column("default_category", sa.String(length=200), nullable=False),
        sa.Column(
            "post_status",
            sa.Enum(
                "publish",
                "draft",
                "pending",
                "private",
                name="poststatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("found", sa.JSON(), nullable=True),
        sa.Column("tested_at", sa.DateTime(), nullable=True),
        sa.Column("posts_read_at", sa.DateTime(), nullable=True),
        sa.Column("posts_problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_wordpress_connection_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_wordpress_connection")),
    )
    op.create_table(
        "wordpress_existing",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("modified", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_wordpress_existing_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", "remote_id", name=op.f("pk_wordpress_existing")),
    )
    _allow(BEFORE, AFTER)


def downgrade() -> None:
    op.execute("UPDATE site SET target = 'folder'")
    _allow(AFTER, BEFORE)
    op.drop_table("wordpress_existing")
    op.drop_table("wordpress_connection")


def _allow(before: str, after: str) -> None:
    """Changes which targets a site may have."""
    if op.get_bind().dialect.name == "sqlite":
        return _write_into_the_schema(before, after)
    op.drop_constraint(op.f(CHECK), "site", type_="check")
    op.create_check_constraint(op.f(CHECK), "site", after)


def _write_into_the_schema(before: str, after: str) -> None:
    """SQLite changes no constraint, and a table that others refer to cannot be made anew without deleting their rows.

    This is the way that its documentation has for a change that leaves the rows as they are.
    """
    connection = op.get_bind()
    table = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'site'"))
    assert before in table, table
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'site'"),
        {"sql": table.replace(before, after)},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
