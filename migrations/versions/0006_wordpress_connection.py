"""WordPress as a place to publish to: how a site signs in there, and the posts that it found there"""

import sqlalchemy as sa
from alembic import op

from migrations import checks

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

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
    checks.replace("site", "targetkind", BEFORE, AFTER)


def downgrade() -> None:
    op.execute("UPDATE site SET target = 'folder'")
    checks.replace("site", "targetkind", AFTER, BEFORE)
    op.drop_table("wordpress_existing")
    op.drop_table("wordpress_connection")
