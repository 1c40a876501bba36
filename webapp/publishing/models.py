"""When a site publishes, and every approved article on its way there."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.content.models import Article
from webapp.core.clock import now
from webapp.core.db import Numbered, db, enum_type
from webapp.core.secrets import Encrypted, Secret
from webapp.publishing.slots import SchedulingMode, SlotSettings, Weekday
from webapp.sites.models import Site


class PublicationStatus(StrEnum):
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"


class WaitingReason(StrEnum):
    """Why an approved article has no slot yet. Each has a sentence and a remedy in `reasons.py`."""

    QUEUE_FULL = "queue_full"
    QUEUE_PAUSED = "queue_paused"
    NO_PUBLISHING_DAY = "no_publishing_day"
    AUTO_PUBLISH_OFF = "auto_publish_off"
    TARGET_NOT_CONNECTED = "target_not_connected"
    TARGET_REFUSES_CREDENTIALS = "target_refuses_credentials"
    TARGET_REFUSES_ROLE = "target_refuses_role"
    TARGET_OUT_OF_REACH = "target_out_of_reach"
    DRAFT_QUALITY = "draft_quality"
    HELD = "held"
    SCHEDULING_OFF = "scheduling_off"
    UNSCHEDULED = "unscheduled"  # by a person, until one schedules it again: the reason itself is the record


class PostStatus(StrEnum):
    """What becomes of an article in WordPress, in its own words."""

    PUBLISH = "publish"
    DRAFT = "draft"
    PENDING = "pending"
    PRIVATE = "private"


class PublishingSettings(db.Model):
    """A site's publishing settings. Times are "HH:MM" in the site's zone, days "mon" to "sun", dates ISO.

    The targets are for estimates and never block; `queue_limit` (0: none) is the only hard limit.

    `target_problem`: why the destination takes nothing until a person acts; `target_rests_until`: it takes nothing
    for a while, having failed `target_failures` times in a row; `target_said`: what it said of either.
    """

    __tablename__ = "publishing_settings"
    __table_args__ = (
        CheckConstraint("queue_limit >= 0", name="queue_limit_not_negative"),
        CheckConstraint("stagger_interval_minutes > 0", name="interval_positive"),
        CheckConstraint("daily_target >= 0 AND weekly_target >= 0 AND monthly_target >= 0", name="targets"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    auto_approve: Mapped[bool] = mapped_column(default=True)
    auto_publish: Mapped[bool] = mapped_column(default=True)
    scheduling_mode: Mapped[SchedulingMode] = mapped_column(
        enum_type(SchedulingMode), default=SchedulingMode.TIME_SLOTS
    )
    publish_days: Mapped[list[str]] = mapped_column(JSON, default=lambda: [day.value for day in Weekday])
    publish_time_slots: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["09:00", "14:00", "18:00"])
    stagger_start_time: Mapped[str] = mapped_column(String(5), default="09:00")
    stagger_end_time: Mapped[str] = mapped_column(String(5), default="18:00")
    stagger_interval_minutes: Mapped[int] = mapped_column(default=30)
    daily_target: Mapped[int] = mapped_column(default=3)
    weekly_target: Mapped[int] = mapped_column(default=15)
    monthly_target: Mapped[int] = mapped_column(default=50)
    queue_limit: Mapped[int] = mapped_column(default=100)
    paused: Mapped[bool] = mapped_column(default=False)
    skip_dates: Mapped[list[str]] = mapped_column(JSON, default=list)
    target_problem: Mapped[WaitingReason | None] = mapped_column(enum_type(WaitingReason))
    target_rests_until: Mapped[datetime | None]
    target_failures: Mapped[int] = mapped_column(default=0)
    target_said: Mapped[str] = mapped_column(Text, default="")
    target_epoch: Mapped[int] = mapped_column(default=0)  # of how the site is connected: a new one, a new number
    calendar_token: Mapped[str | None] = mapped_column(String(64))  # of the secret address of its calendar, if wanted

    TARGET_STATE: ClassVar = ("target_problem", "target_rests_until", "target_failures", "target_said", "target_epoch")

    @property
    def slots(self) -> SlotSettings:
        return SlotSettings(
            mode=self.scheduling_mode,
            publish_days=frozenset(Weekday(day) for day in self.publish_days),
            publish_time_slots=tuple(time.fromisoformat(written) for written in self.publish_time_slots),
            stagger_start_time=time.fromisoformat(self.stagger_start_time),
            stagger_end_time=time.fromisoformat(self.stagger_end_time),
            stagger_interval_minutes=self.stagger_interval_minutes,
            skip_dates=frozenset(date.fromisoformat(written) for written in self.skip_dates),
        )


class Publication(Numbered, db.Model):
    """An approved article on its way to the site; made in the transaction that approves it."""

    __tablename__ = "publication"
    __table_args__ = (
        Index(
            "uq_publication_slot",
            "site_id",
            "slot_at",
            unique=True,
            sqlite_where=text("status IN ('scheduled', 'publishing')"),
            postgresql_where=text("status IN ('scheduled', 'publishing')"),
        ),
        Index("ix_publication_due", "status", "slot_at"),
        Index("ix_publication_queue", "site_id", "status", "position", "id"),
        CheckConstraint("(status = 'waiting') = (reason IS NOT NULL)", name="waiting_has_reason"),
        CheckConstraint("status != 'scheduled' OR slot_at IS NOT NULL", name="scheduled_has_slot"),
        CheckConstraint("(status = 'publishing') = (owner IS NOT NULL)", name="publishing_has_owner"),
        CheckConstraint("(status = 'published') = (published_at IS NOT NULL)", name="published_has_time"),
    )

    LIVE: ClassVar = (PublicationStatus.SCHEDULED, PublicationStatus.PUBLISHING)
    AT_ONCE: ClassVar = -1  # the position of what a person wants out now: neither a pause nor new settings hold it

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    article_id: Mapped[int] = mapped_column(ForeignKey("content.id", ondelete="CASCADE"), unique=True)
    status: Mapped[PublicationStatus] = mapped_column(enum_type(PublicationStatus))
    reason: Mapped[WaitingReason | None] = mapped_column(enum_type(WaitingReason))
    held: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)  # first in, first out; smaller goes first
    slot_at: Mapped[datetime | None]
    chosen_slot: Mapped[datetime | None]  # by a person, who gets it for as long as the schedule has it
    next_attempt_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    epoch: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(160))
    hb: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")  # the target's own words
    remark: Mapped[str | None] = mapped_column(Text)  # what of it could not be as it should
    remote_id: Mapped[str | None] = mapped_column(String(200))
    link: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(default=now)
    published_at: Mapped[datetime | None]

    article: Mapped[Article] = relationship()

    @property
    def at(self) -> datetime | None:
        """When it went out, or will."""
        return self.published_at or self.slot_at

    @property
    def is_at_once(self) -> bool:
        return self.position == self.AT_ONCE

    def rests(self, moment: datetime) -> bool:
        """Whether it failed for a passing reason, and is not to be tried again yet."""
        return self.next_attempt_at is not None and self.next_attempt_at > moment

    @property
    def kept_back(self) -> WaitingReason | None:
        """That a person keeps it back, which comes before all other reasons."""
        return kept_back(self.held, self.reason)


def kept_back(held: bool, reason: WaitingReason | None) -> WaitingReason | None:
    """That a person keeps back what is so, which comes before all other reasons."""
    if held:
        return WaitingReason.HELD
    return reason if reason is WaitingReason.UNSCHEDULED else None


class WordPressConnection(db.Model):
    """How a site signs in to its WordPress. It stays when the site publishes elsewhere, until it is forgotten.

    `found`: what the last test that worked found, as `wordpress.examine.Examined` says it; None if none has.
    """

    __tablename__ = "wordpress_connection"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(300))
    username: Mapped[str] = mapped_column(String(200))
    password: Mapped[Secret] = mapped_column(Encrypted("the password of site {0.site.name} for WordPress"))
    password_set_at: Mapped[datetime] = mapped_column(default=now)
    default_category: Mapped[str] = mapped_column(String(200), default="")  # its name; empty: WordPress's own
    post_status: Mapped[PostStatus] = mapped_column(enum_type(PostStatus), default=PostStatus.PUBLISH)
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tested_at: Mapped[datetime | None]
    posts_read_at: Mapped[datetime | None]  # into ExistingPost
    posts_problem: Mapped[str] = mapped_column(Text, default="")  # why the last reading did not work

    site: Mapped[Site] = relationship()


class WordPressPost(db.Model):
    """An article's post in a WordPress, from before it is asked for. `slug` is claimed: no other article gets it there.

    `creates`: how often its creation was sent; `post_id`: the post, None while no answer named it.
    """

    __tablename__ = "wordpress_post"
    __table_args__ = (UniqueConstraint("address", "slug"), UniqueConstraint("key"))

    article_id: Mapped[int] = mapped_column(ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(300), primary_key=True)
    slug: Mapped[str] = mapped_column(String(160))
    key: Mapped[str] = mapped_column(String(32))  # stands in the post, so that it is found again
    creates: Mapped[int] = mapped_column(default=0)
    post_id: Mapped[int | None] = mapped_column(BigInteger)
    put_out_at: Mapped[datetime | None]  # with the status that was wanted


class WordPressPicture(db.Model):
    """A picture in the media library of a WordPress, from before it is sent. `name` is that of its content.

    `media_id` and `link` are None while no answer named them.
    """

    __tablename__ = "wordpress_picture"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(300), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    uploads: Mapped[int] = mapped_column(default=0)
    media_id: Mapped[int | None] = mapped_column(BigInteger)
    link: Mapped[str | None] = mapped_column(Text)
