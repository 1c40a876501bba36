"""first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "installation_role",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation_role")),
        sa.UniqueConstraint("name", name=op.f("uq_installation_role_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "operation_cost",
        sa.Column(
            "operation",
            sa.Enum(
                "clustering",
                "idea_generation",
                "content_generation",
                "image_prompt_extraction",
                "image_generation",
                name="operation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "unit",
            sa.Enum(
                "keyword_batch",
                "cluster",
                "hundred_words",
                "article",
                "image",
                name="unit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("budget_basis_points", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "budget_basis_points BETWEEN 0 AND 10000", name=op.f("ck_operation_cost_share_of_the_whole")
        ),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_operation_cost_credits_not_negative")),
        sa.PrimaryKeyConstraint("operation", name=op.f("pk_operation_cost")),
    )
    op.create_table(
        "user",
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_user_fs_uniquifier")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "account_event",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_event_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("account_event", schema=None) as batch_op:
        batch_op.create_index("ix_account_event_account_id_id", ["account_id", "id"], unique=False)

    op.create_table(
        "credit_balance",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Integer(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_credit_balance_balance_not_negative")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_credit_balance_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_credit_balance")),
    )
    op.create_table(
        "installation_right",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"],
            ["installation_role.id"],
            name=op.f("fk_installation_right_role_id_installation_role"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_installation_right_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_installation_right")),
    )
    op.create_table(
        "member",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner", "editor", "viewer", name="role", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_member_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_member_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("account_id", "user_id", name=op.f("uq_member_account_id_user_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_user_id"), ["user_id"], unique=False)

    op.create_table(
        "site",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column(
            "target",
            sa.Enum("folder", name="targetkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_site_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("slug", name=op.f("uq_site_slug")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_account_id"), ["account_id"], unique=False)

    op.create_table(
        "automation",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "frequency",
            sa.Enum(
                "daily",
                "weekly",
                "monthly",
                name="frequency",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("month_day", sa.Integer(), nullable=False),
        sa.Column("run_time", sa.String(length=5), nullable=False),
        sa.Column("next_run_at", sa.DateTime(), nullable=True),
        sa.Column("stages_off", sa.JSON(), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("max_keywords_per_run", sa.Integer(), nullable=False),
        sa.Column("max_clusters_per_run", sa.Integer(), nullable=False),
        sa.Column("max_ideas_per_run", sa.Integer(), nullable=False),
        sa.Column("max_tasks_per_run", sa.Integer(), nullable=False),
        sa.Column("max_content_per_run", sa.Integer(), nullable=False),
        sa.Column("max_images_per_run", sa.Integer(), nullable=False),
        sa.Column("max_approvals_per_run", sa.Integer(), nullable=False),
        sa.Column("max_credits_per_run", sa.Integer(), nullable=False),
        sa.CheckConstraint("batch_size BETWEEN 1 AND 50", name=op.f("ck_automation_batch_size_range")),
        sa.CheckConstraint(
            "max_keywords_per_run >= 0 AND max_clusters_per_run >= 0 AND max_ideas_per_run >= 0 AND max_tasks_per_run >= 0 AND max_content_per_run >= 0 AND max_images_per_run >= 0 AND max_approvals_per_run >= 0 AND max_credits_per_run >= 0",
            name=op.f("ck_automation_limits_not_negative"),
        ),
        sa.CheckConstraint("month_day BETWEEN 1 AND 31", name=op.f("ck_automation_month_day_range")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_automation_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_automation")),
    )
    with op.batch_alter_table("automation", schema=None) as batch_op:
        batch_op.create_index("ix_automation_due", ["enabled", "next_run_at"], unique=False)

    op.create_table(
        "cluster",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("head", sa.String(length=200), nullable=False),
        sa.Column(
            "intent",
            sa.Enum(
                "informational",
                "commercial",
                "transactional",
                "navigational",
                name="intent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("volume", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "new",
                "expanded",
                "attention",
                name="clusterstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("origin", sa.String(length=60), nullable=True),
        sa.Column("attention", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_cluster_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster")),
        sa.UniqueConstraint("site_id", "origin", name=op.f("uq_cluster_site_id_origin")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("cluster", schema=None) as batch_op:
        batch_op.create_index("ix_cluster_queue", ["site_id", "status", "volume", "id"], unique=False)

    op.create_table(
        "publishing_settings",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("auto_approve", sa.Boolean(), nullable=False),
        sa.Column("auto_publish", sa.Boolean(), nullable=False),
        sa.Column(
            "scheduling_mode",
            sa.Enum(
                "time_slots",
                "stagger",
                "immediate",
                name="schedulingmode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("publish_days", sa.JSON(), nullable=False),
        sa.Column("publish_time_slots", sa.JSON(), nullable=False),
        sa.Column("stagger_start_time", sa.String(length=5), nullable=False),
        sa.Column("stagger_end_time", sa.String(length=5), nullable=False),
        sa.Column("stagger_interval_minutes", sa.Integer(), nullable=False),
        sa.Column("daily_target", sa.Integer(), nullable=False),
        sa.Column("weekly_target", sa.Integer(), nullable=False),
        sa.Column("monthly_target", sa.Integer(), nullable=False),
        sa.Column("queue_limit", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("skip_dates", sa.JSON(), nullable=False),
        sa.Column("credentials_refused", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "daily_target >= 0 AND weekly_target >= 0 AND monthly_target >= 0",
            name=op.f("ck_publishing_settings_targets"),
        ),
        sa.CheckConstraint("queue_limit >= 0", name=op.f("ck_publishing_settings_queue_limit_not_negative")),
        sa.CheckConstraint(
            "stagger_interval_minutes > 0", name=op.f("ck_publishing_settings_interval_positive")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_publishing_settings_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_publishing_settings")),
    )
    op.create_table(
        "site_budget",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("use_global_defaults", sa.Boolean(), nullable=False),
        sa.Column("clustering", sa.Integer(), nullable=False),
        sa.Column("idea_generation", sa.Integer(), nullable=False),
        sa.Column("content_generation", sa.Integer(), nullable=False),
        sa.Column("image_prompt_extraction", sa.Integer(), nullable=False),
        sa.Column("image_generation", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "clustering + idea_generation + content_generation + image_prompt_extraction + image_generation = 10000",
            name=op.f("ck_site_budget_sums_to_the_whole"),
        ),
        sa.CheckConstraint(
            "clustering >= 0 AND idea_generation >= 0 AND content_generation >= 0 AND image_prompt_extraction >= 0 AND image_generation >= 0",
            name=op.f("ck_site_budget_shares_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_site_budget_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_budget")),
    )
    op.create_table(
        "idea",
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("angle", sa.Text(), nullable=False),
        sa.Column("outline", sa.JSON(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "pillar", "supporting", name="ideakind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("target_keyword", sa.String(length=200), nullable=False),
        sa.Column(
            "intent",
            sa.Enum(
                "informational",
                "commercial",
                "transactional",
                "navigational",
                name="intent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "new",
                "planned",
                "dismissed",
                name="ideastatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["cluster.id"], name=op.f("fk_idea_cluster_id_cluster"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_idea_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idea")),
        sa.UniqueConstraint("cluster_id", "title", name=op.f("uq_idea_cluster_id_title")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("idea", schema=None) as batch_op:
        batch_op.create_index("ix_idea_queue", ["site_id", "status", "id"], unique=False)

    op.create_table(
        "keyword",
        sa.Column("phrase", sa.String(length=200), nullable=False),
        sa.Column("normal", sa.String(length=200), nullable=False),
        sa.Column("volume", sa.Integer(), nullable=True),
        sa.Column("difficulty", sa.Integer(), nullable=True),
        sa.Column("cpc", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column(
            "intent",
            sa.Enum(
                "informational",
                "commercial",
                "transactional",
                "navigational",
                name="intent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "new",
                "clustered",
                "skipped",
                name="keywordstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cluster_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("difficulty BETWEEN 0 AND 100", name=op.f("ck_keyword_difficulty_range")),
        sa.CheckConstraint("volume >= 0", name=op.f("ck_keyword_volume_not_negative")),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["cluster.id"], name=op.f("fk_keyword_cluster_id_cluster"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_keyword_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword")),
        sa.UniqueConstraint("site_id", "normal", name=op.f("uq_keyword_site_id_normal")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("keyword", schema=None) as batch_op:
        batch_op.create_index("ix_keyword_cluster", ["cluster_id"], unique=False)
        batch_op.create_index("ix_keyword_queue", ["site_id", "status", "volume", "id"], unique=False)

    op.create_table(
        "run",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "running",
                "paused",
                "completed",
                "failed",
                "cancelled",
                name="runstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "stop_reason",
            sa.Enum(
                "all_done",
                "limit_reached",
                "budget_used",
                "operation_off",
                "needs_a_person",
                "credit_cap_reached",
                "out_of_credits",
                "paused_by_person",
                "cancelled_by_person",
                "provider_refuses_key",
                "provider_unreachable",
                "provider_asks_to_wait",
                "storage_full",
                "worker_lost",
                "worker_lost_repeatedly",
                "worker_stopping",
                "slice_ended",
                "database_away",
                "internal_error",
                "moved_on",
                name="stopreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("stop_detail", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("hb", sa.Integer(), nullable=False),
        sa.Column("nudge", sa.Integer(), nullable=False),
        sa.Column("takeovers", sa.Integer(), nullable=False),
        sa.Column("recoveries_without_progress", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(), nullable=True),
        sa.Column(
            "trigger",
            sa.Enum(
                "person",
                "command",
                "schedule",
                name="trigger",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("started_by", sa.String(length=120), nullable=False),
        sa.Column("start_token", sa.String(length=64), nullable=True),
        sa.Column("automation_id", sa.Integer(), nullable=True),
        sa.Column("scheduled_for", sa.DateTime(), nullable=True),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("initial_snapshot", sa.JSON(), nullable=False),
        sa.Column("total_initial_items", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("active_seconds", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'running') = (owner IS NOT NULL)", name=op.f("ck_run_owner_while_running")
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_run_percent_range")),
        sa.ForeignKeyConstraint(
            ["automation_id"],
            ["automation.site_id"],
            name=op.f("fk_run_automation_id_automation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_run_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint(
            "automation_id", "scheduled_for", name=op.f("uq_run_automation_id_scheduled_for")
        ),
        sa.UniqueConstraint("start_token", name=op.f("uq_run_start_token")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_site_id_id", ["site_id", "id"], unique=False)
        batch_op.create_index("ix_run_status", ["status"], unique=False)
        batch_op.create_index(
            "uq_run_active_site",
            ["site_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('queued', 'running', 'paused')"),
            postgresql_where=sa.text("status IN ('queued', 'running', 'paused')"),
        )

    op.create_table(
        "run_event",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "info",
                "ok",
                "mark",
                "warn",
                "error",
                name="eventlevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "clusters",
                "ideas",
                "tasks",
                "articles",
                "prompts",
                "images",
                "approval",
                name="stagekey",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_event_run_id_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("run_event", schema=None) as batch_op:
        batch_op.create_index("ix_run_event_run_id_id", ["run_id", "id"], unique=False)

    op.create_table(
        "run_item",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "clusters",
                "ideas",
                "tasks",
                "articles",
                "prompts",
                "images",
                "approval",
                name="stagekey",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "in_hand",
                "done",
                "skipped",
                "attention",
                name="itemstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_item_run_id_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_item")),
        sa.UniqueConstraint("run_id", "stage", "row", name=op.f("uq_run_item_run_id_stage_row")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("run_item", schema=None) as batch_op:
        batch_op.create_index("ix_run_item_next", ["run_id", "stage", "status", "id"], unique=False)

    op.create_table(
        "skipped_run",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("scheduled_for", sa.DateTime(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_skipped_run_run_id_run"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_skipped_run_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skipped_run")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("skipped_run", schema=None) as batch_op:
        batch_op.create_index("ix_skipped_run_site_id_id", ["site_id", "id"], unique=False)

    op.create_table(
        "stage_result",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "clusters",
                "ideas",
                "tasks",
                "articles",
                "prompts",
                "images",
                "approval",
                name="stagekey",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "working",
                "done",
                "off",
                name="stagestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("processed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("left_over", sa.Integer(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("committed", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column(
            "cut_short",
            sa.Enum(
                "all_done",
                "limit_reached",
                "budget_used",
                "operation_off",
                "needs_a_person",
                "credit_cap_reached",
                "out_of_credits",
                "paused_by_person",
                "cancelled_by_person",
                "provider_refuses_key",
                "provider_unreachable",
                "provider_asks_to_wait",
                "storage_full",
                "worker_lost",
                "worker_lost_repeatedly",
                "worker_stopping",
                "slice_ended",
                "database_away",
                "internal_error",
                "moved_on",
                name="stopreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_stage_result_run_id_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "stage", name=op.f("pk_stage_result")),
    )
    op.create_table(
        "task",
        sa.Column("idea_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("brief", sa.Text(), nullable=False),
        sa.Column("target_words", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "written",
                "attention",
                name="taskstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attention", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("target_words > 0", name=op.f("ck_task_some_words")),
        sa.ForeignKeyConstraint(
            ["idea_id"], ["idea.id"], name=op.f("fk_task_idea_id_idea"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_task_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("idea_id", name=op.f("uq_task_idea_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_queue", ["site_id", "status", "id"], unique=False)

    op.create_table(
        "content",
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("meta_title", sa.String(length=60), nullable=False),
        sa.Column("meta_description", sa.String(length=155), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("focus_keyword", sa.String(length=200), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.String(length=40), nullable=False),
        sa.Column("is_draft_quality", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "review",
                "approved",
                "rejected",
                name="articlestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("prompts_at", sa.DateTime(), nullable=True),
        sa.Column("attention", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(), nullable=True),
        sa.Column("approved_by", sa.String(length=120), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_content_site_id_site"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_content_task_id_task"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content")),
        sa.UniqueConstraint("site_id", "slug", name=op.f("uq_content_site_id_slug")),
        sa.UniqueConstraint("task_id", name=op.f("uq_content_task_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.create_index("ix_content_prompts", ["site_id", "status", "prompts_at", "id"], unique=False)
        batch_op.create_index("ix_content_queue", ["site_id", "status", "id"], unique=False)

    op.create_table(
        "ai_call",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column(
            "stage",
            sa.Enum(
                "clusters",
                "ideas",
                "tasks",
                "articles",
                "prompts",
                "images",
                "approval",
                name="stagekey",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column(
            "operation",
            sa.Enum(
                "clustering",
                "idea_generation",
                "content_generation",
                "image_prompt_extraction",
                "image_generation",
                name="operation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("model", sa.String(length=160), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "sent",
                "answered",
                "failed",
                "unknown",
                name="callstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("deadline", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("media_file", sa.String(length=120), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'answered') = (reply IS NOT NULL)", name=op.f("ck_ai_call_answered_has_reply")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["content.id"], name=op.f("fk_ai_call_article_id_content"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_ai_call_run_id_run"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_ai_call_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_call")),
        sa.UniqueConstraint("key", name=op.f("uq_ai_call_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ai_call", schema=None) as batch_op:
        batch_op.create_index("ix_ai_call_run_id_item", ["run_id", "item"], unique=False)
        batch_op.create_index("ix_ai_call_run_id_status", ["run_id", "status"], unique=False)

    op.create_table(
        "image",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "featured",
                "in_article",
                name="imagerole",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("alt_text", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "prompted",
                "generated",
                "attention",
                name="imagestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("file", sa.String(length=120), nullable=True),
        sa.Column("media_type", sa.String(length=40), nullable=True),
        sa.Column("attention", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'generated') = (file IS NOT NULL)", name=op.f("ck_image_generated_has_file")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["content.id"], name=op.f("fk_image_article_id_content"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_image_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("article_id", "position", name=op.f("uq_image_article_id_position")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("image", schema=None) as batch_op:
        batch_op.create_index("ix_image_queue", ["site_id", "status", "id"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "top_up",
                "hold",
                "charge",
                "release",
                "adjustment",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("balance_after", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column(
            "operation",
            sa.Enum(
                "clustering",
                "idea_generation",
                "content_generation",
                "image_prompt_extraction",
                "image_generation",
                name="operation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("item", sa.String(length=80), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("balance_after >= 0", name=op.f("ck_ledger_entry_balance_after_not_negative")),
        sa.CheckConstraint(
            "(kind NOT IN ('hold', 'charge') OR amount <= 0) AND (kind NOT IN ('top_up', 'release') OR amount >= 0)",
            name=op.f("ck_ledger_entry_sign_of_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_ledger_entry_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["content.id"],
            name=op.f("fk_ledger_entry_article_id_content"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_ledger_entry_run_id_run"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_ledger_entry_site_id_site"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("run_id", "item", "operation", "attempt", "kind", name="uq_ledger_entry_once"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_account_id_id", ["account_id", "id"], unique=False)
        batch_op.create_index("ix_ledger_entry_article", ["article_id"], unique=False)
        batch_op.create_index("ix_ledger_entry_item", ["site_id", "item"], unique=False)

    op.create_table(
        "publication",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "scheduled",
                "publishing",
                "published",
                "failed",
                name="publicationstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "queue_full",
                "queue_paused",
                "no_publishing_day",
                "auto_publish_off",
                "target_not_connected",
                "target_refuses_credentials",
                "draft_quality",
                "held",
                name="waitingreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slot_at", sa.DateTime(), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=160), nullable=True),
        sa.Column("hb", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.String(length=200), nullable=True),
        sa.Column("link", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_publication_published_has_time"),
        ),
        sa.CheckConstraint(
            "(status = 'publishing') = (owner IS NOT NULL)", name=op.f("ck_publication_publishing_has_owner")
        ),
        sa.CheckConstraint(
            "(status = 'waiting') = (reason IS NOT NULL)", name=op.f("ck_publication_waiting_has_reason")
        ),
        sa.CheckConstraint(
            "status != 'scheduled' OR slot_at IS NOT NULL", name=op.f("ck_publication_scheduled_has_slot")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["content.id"], name=op.f("fk_publication_article_id_content"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_publication_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("article_id", name=op.f("uq_publication_article_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.create_index("ix_publication_due", ["status", "slot_at"], unique=False)
        batch_op.create_index("ix_publication_queue", ["site_id", "status", "position", "id"], unique=False)
        batch_op.create_index(
            "uq_publication_slot",
            ["site_id", "slot_at"],
            unique=True,
            sqlite_where=sa.text("status IN ('scheduled', 'publishing')"),
            postgresql_where=sa.text("status IN ('scheduled', 'publishing')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_publication_slot",
            sqlite_where=sa.text("status IN ('scheduled', 'publishing')"),
            postgresql_where=sa.text("status IN ('scheduled', 'publishing')"),
        )
        batch_op.drop_index("ix_publication_queue")
        batch_op.drop_index("ix_publication_due")

    op.drop_table("publication")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_item")
        batch_op.drop_index("ix_ledger_entry_article")
        batch_op.drop_index("ix_ledger_entry_account_id_id")

    op.drop_table("ledger_entry")
    with op.batch_alter_table("image", schema=None) as batch_op:
        batch_op.drop_index("ix_image_queue")

    op.drop_table("image")
    with op.batch_alter_table("ai_call", schema=None) as batch_op:
        batch_op.drop_index("ix_ai_call_run_id_status")
        batch_op.drop_index("ix_ai_call_run_id_item")

    op.drop_table("ai_call")
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.drop_index("ix_content_queue")
        batch_op.drop_index("ix_content_prompts")

    op.drop_table("content")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_queue")

    op.drop_table("task")
    op.drop_table("stage_result")
    with op.batch_alter_table("skipped_run", schema=None) as batch_op:
        batch_op.drop_index("ix_skipped_run_site_id_id")

    op.drop_table("skipped_run")
    with op.batch_alter_table("run_item", schema=None) as batch_op:
        batch_op.drop_index("ix_run_item_next")

    op.drop_table("run_item")
    with op.batch_alter_table("run_event", schema=None) as batch_op:
        batch_op.drop_index("ix_run_event_run_id_id")

    op.drop_table("run_event")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_run_active_site",
            sqlite_where=sa.text("status IN ('queued', 'running', 'paused')"),
            postgresql_where=sa.text("status IN ('queued', 'running', 'paused')"),
        )
        batch_op.drop_index("ix_run_status")
        batch_op.drop_index("ix_run_site_id_id")

    op.drop_table("run")
    with op.batch_alter_table("keyword", schema=None) as batch_op:
        batch_op.drop_index("ix_keyword_queue")
        batch_op.drop_index("ix_keyword_cluster")

    op.drop_table("keyword")
    with op.batch_alter_table("idea", schema=None) as batch_op:
        batch_op.drop_index("ix_idea_queue")

    op.drop_table("idea")
    op.drop_table("site_budget")
    op.drop_table("publishing_settings")
    with op.batch_alter_table("cluster", schema=None) as batch_op:
        batch_op.drop_index("ix_cluster_queue")

    op.drop_table("cluster")
    with op.batch_alter_table("automation", schema=None) as batch_op:
        batch_op.drop_index("ix_automation_due")

    op.drop_table("automation")
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_site_account_id"))

    op.drop_table("site")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_user_id"))

    op.drop_table("member")
    op.drop_table("installation_right")
    op.drop_table("credit_balance")
    with op.batch_alter_table("account_event", schema=None) as batch_op:
        batch_op.drop_index("ix_account_event_account_id_id")

    op.drop_table("account_event")
    op.drop_table("user")
    op.drop_table("operation_cost")
    op.drop_table("installation_role")
    op.drop_table("account")
