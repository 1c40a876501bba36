"""A file of keywords on its way into a site, and what is kept of it for as long as it may go on."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.content.models import OfSite
from webapp.core.clock import now
from webapp.core.db import db, enum_type


class ImportStatus(StrEnum):
    ARRIVING = "arriving"  # its bytes are being stored
    UNMAPPED = "unmapped"  # a person has to say which column holds the keywords
    COUNTING = "counting"  # it is looked through, and nothing is imported yet
    UNDERSTOOD = "understood"  # a person has to say that it shall be imported
    IMPORTING = "importing"
    STOPPED = "stopped"  # by a person
    IMPORTED = "imported"
    FAILED = "failed"
    DROPPED = "dropped"  # what is left of it is being deleted


AT_WORK = (ImportStatus.COUNTING, ImportStatus.IMPORTING)
HIDDEN = (ImportStatus.ARRIVING, ImportStatus.DROPPED)  # there is nothing of them to be seen


class KeywordImport(OfSite, db.Model):
    """One file. `position`: the number of the last line that this look-through, or this import, is done with.

    The counters are about the lines up to there. While it is looked through, `new` and `duplicates` say what an import
    would do. `expected`: how many lines there are, None before the look-through has come to the end. `reasons`: why
    lines were left out; `unread`: which values are unknown instead of what is written, each with their counts;
    `remarks`: how many lines either is about. `epoch` counts its workers: only the last one may write.
    """

    __tablename__ = "keyword_import"
    __table_args__ = (
        Index("ix_keyword_import_site_id_id", "site_id", "id"),
        Index("ix_keyword_import_status", "status", "touched_at"),
        CheckConstraint("lines = new + duplicates + bad", name="every_line_counts"),
    )

    by: Mapped[str] = mapped_column(String(120))
    filename: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger, default=0)  # bytes
    sha256: Mapped[str] = mapped_column(String(64), default="")
    status: Mapped[ImportStatus] = mapped_column(enum_type(ImportStatus), default=ImportStatus.ARRIVING)
    understanding: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    position: Mapped[int] = mapped_column(default=0)
    read_to: Mapped[int] = mapped_column(BigInteger, default=0)  # bytes
    expected: Mapped[int | None]
    lines: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    filled_in: Mapped[int] = mapped_column(default=0)  # of the duplicates
    bad: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    unread: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    remarks: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(Text, default="")
    epoch: Mapped[int] = mapped_column(default=0)
    is_held: Mapped[bool] = mapped_column(default=False)  # by a worker
    tries: Mapped[int] = mapped_column(default=0)  # of workers, since the last line that was done
    touched_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    @property
    def is_at_work(self) -> bool:
        return self.status in AT_WORK

    @property
    def share_done(self) -> float:
        """How much of the file this look-through, or this import, is done with: 0 to 1."""
        done, whole = (self.lines, self.expected) if self.expected else (self.read_to, self.size)
        return min(1.0, done / whole) if whole else 0.0


class ImportChunk(db.Model):
    """A piece of a file, counted from 0. All but the last are of the same length."""

    __tablename__ = "import_chunk"

    import_id: Mapped[int] = mapped_column(ForeignKey("keyword_import.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class SeenPhrase(db.Model):
    """A phrase that the look-through has met, as 8 bytes of its hash: a million of them fit into no worker's memory."""

    __tablename__ = "import_seen"

    import_id: Mapped[int] = mapped_column(ForeignKey("keyword_import.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class LineRemark(db.Model):
    """A line that was left out and why, or one of which some value could not be read and is unknown instead."""

    __tablename__ = "import_remark"

    import_id: Mapped[int] = mapped_column(ForeignKey("keyword_import.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_left_out: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
