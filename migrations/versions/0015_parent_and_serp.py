"""what exports say of a keyword besides: its parent, and the addresses of its result page"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("keyword", sa.Column("parent", sa.String(length=200), nullable=True))
    op.add_column("keyword", sa.Column("serp", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("keyword", "serp")
    op.drop_column("keyword", "parent")
