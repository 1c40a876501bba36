"""A site is one web site of an account."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import Account
from webapp.ai.grouping.levels import Level
from webapp.core.clock import now
from webapp.core.db import Numbered, db, enum_type


class TargetKind(StrEnum):
    """Where a site's articles are published to."""

    FOLDER = "folder"
    WORDPRESS = "wordpress"


class Site(Numbered, db.Model):
    """`slug` names the site in addresses and commands, once per installation.

    `cluster_level`: what its clusters are made of, all keywords of a topic or only those that belong on one page.
    """

    __tablename__ = "site"
    __table_args__ = (CheckConstraint("cluster_level <> 'pillar'", name="topic_or_page"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    language: Mapped[str] = mapped_column(String(12), default="en")
    voice: Mapped[str] = mapped_column(Text, default="")
    provider: Mapped[str] = mapped_column(String(40), default="embedded")
    target: Mapped[TargetKind] = mapped_column(enum_type(TargetKind), default=TargetKind.FOLDER)
    cluster_level: Mapped[Level] = mapped_column(
        enum_type(Level), default=Level.TOPIC, server_default=Level.TOPIC.value
    )
    created_at: Mapped[datetime] = mapped_column(default=now)

    account: Mapped[Account] = relationship()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
