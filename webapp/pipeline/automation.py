"""When a site's runs start by themselves, and what each run may do."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.clock import now
from webapp.core.db import Numbered, db, enum_type
from webapp.pipeline.states import StageKey
from webapp.publishing.slots import instant_of
from webapp.sites.models import Site

WEEKS_OF_A_YEAR = 52.1775


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Automation(db.Model):
    """A site's automation settings. In limits 0 means unlimited. `run_time` is "HH:MM" in the site's zone."""

    __tablename__ = "automation"
    __table_args__ = (
        Index("ix_automation_due", "enabled", "next_run_at"),
        CheckConstraint("month_day BETWEEN 1 AND 31", name="month_day_range"),
        CheckConstraint("batch_size BETWEEN 1 AND 50", name="batch_size_range"),
        CheckConstraint(
            "max_keywords_per_run >= 0 AND max_clusters_per_run >= 0 AND max_ideas_per_run >= 0"
            " AND max_tasks_per_run >= 0 AND max_content_per_run >= 0 AND max_images_per_run >= 0"
            " AND max_approvals_per_run >= 0 AND max_credits_per_run >= 0",
            name="limits_not_negative",
        ),
    )

    LIMITS: ClassVar[dict[StageKey, str]] = {
        StageKey.CLUSTERS: "max_keywords_per_run",
        StageKey.IDEAS: "max_clusters_per_run",
        StageKey.TASKS: "max_ideas_per_run",
        StageKey.ARTICLES: "max_tasks_per_run",
        StageKey.PROMPTS: "max_content_per_run",
        StageKey.IMAGES: "max_images_per_run",
        StageKey.APPROVAL: "max_approvals_per_run",
    }

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    frequency: Mapped[Frequency] = mapped_column(enum_type(Frequency), default=Frequency.DAILY)
    weekdays: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["mon"])
    month_day: Mapped[int] = mapped_column(default=1)
    run_time: Mapped[str] = mapped_column(String(5), default="02:00")
    next_run_at: Mapped[datetime | None]
    stages_off: Mapped[list[str]] = mapped_column(JSON, default=list)
    batch_size: Mapped[int] = mapped_column(default=50)  # keywords in one paid batch
    max_keywords_per_run: Mapped[int] = mapped_column(default=0)
    max_clusters_per_run: Mapped[int] = mapped_column(default=10)
    max_ideas_per_run: Mapped[int] = mapped_column(default=20)
    max_tasks_per_run: Mapped[int] = mapped_column(default=10)
    max_content_per_run: Mapped[int] = mapped_column(default=10)
    max_images_per_run: Mapped[int] = mapped_column(default=30)
    max_approvals_per_run: Mapped[int] = mapped_column(default=10)
    max_credits_per_run: Mapped[int] = mapped_column(default=0)

    site: Mapped[Site] = relationship()

    @property
    def times(self) -> tuple[object, ...]:
        """All that says when it runs."""
        return self.enabled, self.frequency, tuple(self.weekdays), self.month_day, self.run_time

    def is_on(self, stage: StageKey) -> bool:
        return stage.value not in self.stages_off

    def limit(self, stage: StageKey) -> int:
        return int(getattr(self, self.LIMITS[stage]))


class SkippedRun(Numbered, db.Model):
    """A scheduled run that did not start, and why."""

    __tablename__ = "skipped_run"
    __table_args__ = (Index("ix_skipped_run_site_id_id", "site_id", "id"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    scheduled_for: Mapped[datetime]
    at: Mapped[datetime] = mapped_column(default=now)
    why: Mapped[str] = mapped_column(Text)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"))  # the one in the way


def next_run(automation: Automation, zone: ZoneInfo, after: datetime) -> datetime:
    """The first scheduled instant strictly after `after`, as UTC.

    A local time that a change of clocks skips is the first that exists; one that it repeats is the first of the two.
    A month without its day runs on its last day.
    """
    at = time.fromisoformat(automation.run_time)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        if _runs_on(automation, day):
            instant = instant_of(day, at, zone)
            if instant > after:
                return instant
        day += timedelta(days=1)


def next_runs(automation: Automation, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """The next so many; none while it is switched off."""
    found: list[datetime] = []
    while automation.enabled and len(found) < count:
        found.append(next_run(automation, zone, found[-1] if found else after))
    return found


def runs_a_week(automation: Automation) -> float:
    """How often it runs, on average; 0 while it is switched off."""
    if not automation.enabled:
        return 0.0
    match automation.frequency:
        case Frequency.DAILY:
            return 7.0
        case Frequency.WEEKLY:
            return float(len(automation.weekdays))
        case Frequency.MONTHLY:
            return 12 / WEEKS_OF_A_YEAR


def _runs_on(automation: Automation, day: date) -> bool:
    match automation.frequency:
        case Frequency.DAILY:
            return True
        case Frequency.WEEKLY:
            return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()] in automation.weekdays
        case Frequency.MONTHLY:
            is_last = (day + timedelta(days=1)).month != day.month
            return day.day == automation.month_day or (is_last and day.day < automation.month_day)
