"""an index that the figures of all calls can be read from, without their answers"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEX = "ix_ai_call_figures"


def upgrade() -> None:
    op.create_index(INDEX, "ai_call", ["operation", "status", "sends", "sent_at", "answered_at"])


def downgrade() -> None:
    op.drop_index(INDEX, table_name="ai_call")
