"""the volume of a cluster is the sum of many, and may be more than PostgreSQL's usual integer holds"""

from alembic import op

from migrations import checks

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOST = 2_147_483_647


def upgrade() -> None:
    checks.retype("cluster", "volume", "INTEGER", "BIGINT")


def downgrade() -> None:
    """What is too much for older code becomes as much as that can hold."""
    op.execute(f"UPDATE cluster SET volume = {MOST} WHERE volume > {MOST}")
    checks.retype("cluster", "volume", "BIGINT", "INTEGER")
