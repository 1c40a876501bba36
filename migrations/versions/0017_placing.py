"""keywords that belong to no cluster yet, how sure the place of the others is, and what a site's clusters are made of"""

import sqlalchemy as sa
from alembic import op

from migrations import checks

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATUSES = ("new", "clustered", "skipped")
NEW_ORDER = ("new", "clustered", "unclustered", "skipped")
LEVELS = ("pillar", "topic", "page")
OF_KEYWORDS = {
    "ck_keyword_confidence_range": "CHECK (confidence BETWEEN 0 AND 100)",
    "fk_keyword_nearest_cluster_id_cluster": "FOREIGN KEY(nearest_cluster_id) REFERENCES cluster (id) ON DELETE SET NULL",
}
OF_SITES = {
    "ck_site_level": f"CHECK ({checks.one_of('cluster_level', LEVELS)})",
    "ck_site_topic_or_page": "CHECK (cluster_level <> 'pillar')",
}


def upgrade() -> None:
    _allow(STATUSES, NEW_ORDER)
    op.add_column("keyword", sa.Column("confidence", sa.Integer(), nullable=True))
    op.add_column("keyword", sa.Column("nearest_cluster_id", sa.Integer(), nullable=True))
    op.add_column("keyword", sa.Column("placed_by_hand", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_keyword_nearest", "keyword", ["nearest_cluster_id"])
    checks.add("keyword", OF_KEYWORDS)
    op.add_column("site", sa.Column("cluster_level", sa.String(length=40), nullable=False, server_default="topic"))
    checks.add("site", OF_SITES)


def downgrade() -> None:
    """To older code a keyword that belongs to no cluster yet is a new one: a run groups it."""
    checks.drop("site", OF_SITES)
    op.drop_column("site", "cluster_level")
    checks.drop("keyword", OF_KEYWORDS)
    op.drop_index("ix_keyword_nearest", table_name="keyword")
    for name in ("placed_by_hand", "nearest_cluster_id", "confidence"):
        op.drop_column("keyword", name)
    op.execute("UPDATE keyword SET status = 'new' WHERE status = 'unclustered'")
    _allow(NEW_ORDER, STATUSES)


def _allow(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Changes which statuses a keyword may have."""
    checks.replace("keyword", "keywordstatus", checks.one_of("status", before), checks.one_of("status", after))
