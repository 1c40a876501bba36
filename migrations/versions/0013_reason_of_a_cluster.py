"""why a cluster is not as its keywords were grouped"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cluster", sa.Column("reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("cluster", "reason")
