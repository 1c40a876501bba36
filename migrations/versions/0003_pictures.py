"""pictures in the database"""

import os
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_picture")),
    )
    op.create_index("ix_image_file", "image", ["file"], unique=False)
    op.create_index("ix_ai_call_media_file", "ai_call", ["media_file"], unique=False)


def downgrade() -> None:
    _write_files()
    op.drop_index("ix_ai_call_media_file", "ai_call")
    op.drop_index("ix_image_file", "image")
    op.drop_table("picture")


def _write_files() -> None:
    """Where the code before this one looks for them."""
    folder: Path = current_app.config["SETTINGS"].media
    pictures = sa.table("picture", sa.column("name"), sa.column("data"))
    for name in op.get_bind().scalars(sa.select(pictures.c.name)).all():
        if not (folder / name).exists():
            data = op.get_bind().scalar(sa.select(pictures.c.data).where(pictures.c.name == name))
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = folder / f".unfinished-{name}"
            unfinished.write_bytes(data)
            os.replace(unfinished, folder / name)
