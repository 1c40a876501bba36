"""what stands of each article in a WordPress, so that nothing is posted or uploaded twice"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wordpress_post",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("creates", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("put_out_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["content.id"], name=op.f("fk_wordpress_post_article_id_content"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "address", name=op.f("pk_wordpress_post")),
        sa.UniqueConstraint("address", "slug", name=op.f("uq_wordpress_post_address_slug")),
        sa.UniqueConstraint("key", name=op.f("uq_wordpress_post_key")),
    )
    op.create_table(
        "wordpress_picture",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.BigInteger(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_wordpress_picture_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", "address", "name", name=op.f("pk_wordpress_picture")),
    )
    op.add_column("publication", sa.Column("remark", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("publication", "remark")
    op.drop_table("wordpress_picture")
    op.drop_table("wordpress_post")
