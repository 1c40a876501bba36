"""why an idea was dismissed, the smaller file of a picture, and finding the calls about an item"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idea", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("image", sa.Column("webp", sa.String(length=120), nullable=True))
    op.create_index("ix_image_webp", "image", ["webp"])
    op.create_index("ix_ai_call_site_id_item", "ai_call", ["site_id", "item"])


def downgrade() -> None:
    op.drop_index("ix_ai_call_site_id_item", table_name="ai_call")
    op.drop_index("ix_image_webp", table_name="image")
    op.drop_column("image", "webp")
    op.drop_column("idea", "reason")
