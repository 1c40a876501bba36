"""Prices, balances, budgets and the append-only ledger."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.ai.provider import Operation
from webapp.core.clock import now
from webapp.core.db import Numbered, db, enum_type

WHOLE = 10_000  # basis points: 100 %


class Unit(StrEnum):
    """What one price buys."""

    KEYWORD_BATCH = "keyword_batch"
    CLUSTER = "cluster"
    HUNDRED_WORDS = "hundred_words"
    ARTICLE = "article"
    IMAGE = "image"

    @property
    def label(self) -> str:
        return self.value.replace("hundred", "100").replace("_", " ")


class OperationCost(db.Model):
    """The installation's price of one operation, and its share of a run's credits where a site has no own split."""

    __tablename__ = "operation_cost"
    __table_args__ = (
        CheckConstraint("credits >= 0", name="credits_not_negative"),
        CheckConstraint(f"budget_basis_points BETWEEN 0 AND {WHOLE}", name="share_of_the_whole"),
    )

    operation: Mapped[Operation] = mapped_column(enum_type(Operation), primary_key=True)
    unit: Mapped[Unit] = mapped_column(enum_type(Unit))
    credits: Mapped[int]
    budget_basis_points: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    off_reason: Mapped[str | None] = mapped_column(String(300))  # the operator's, while it is switched off


class SiteBudget(db.Model):
    """A site's own split of a run's credits, in basis points that sum to 100 %; used unless the global one is."""

    __tablename__ = "site_budget"
    __table_args__ = (
        CheckConstraint(
            f"clustering + idea_generation + content_generation + image_prompt_extraction + image_generation = {WHOLE}",
            name="sums_to_the_whole",
        ),
        CheckConstraint(
            "clustering >= 0 AND idea_generation >= 0 AND content_generation >= 0"
            " AND image_prompt_extraction >= 0 AND image_generation >= 0",
            name="shares_not_negative",
        ),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    use_global_defaults: Mapped[bool] = mapped_column(default=True)
    clustering: Mapped[int]
    idea_generation: Mapped[int]
    content_generation: Mapped[int]
    image_prompt_extraction: Mapped[int]
    image_generation: Mapped[int]


class CreditBalance(db.Model):
    """What an account may spend: always the sum of its ledger entries, never below zero."""

    __tablename__ = "credit_balance"
    __table_args__ = (CheckConstraint("balance >= 0", name="balance_not_negative"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    balance: Mapped[int] = mapped_column(default=0)


class EntryKind(StrEnum):
    """A hold is taken before a call; when the call is settled a release gives it back and a charge takes the price."""

    TOP_UP = "top_up"
    HOLD = "hold"
    CHARGE = "charge"
    RELEASE = "release"
    ADJUSTMENT = "adjustment"

    @property
    def label(self) -> str:
        return self.value.replace("_", "-").capitalize()


FILTERS = ("kind", "operation", "site_id", "run_id", "article_id")  # columns that lists of entries are narrowed by


class LedgerEntry(Numbered, db.Model):
    """One change of a balance, never changed again. `amount` is signed, in credits.

    `by` is who moved it by hand, None where a run did; `token` names the form it was sent with, so that the same form
    moves it once. Within an account the numbers are in the order in which the balance changed.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("run_id", "item", "operation", "attempt", "kind", name="uq_ledger_entry_once"),
        CheckConstraint(
            "(kind NOT IN ('hold', 'charge') OR amount <= 0) AND (kind NOT IN ('top_up', 'release') OR amount >= 0)",
            name="sign_of_kind",
        ),
        CheckConstraint("balance_after >= 0", name="balance_after_not_negative"),
        Index("ix_ledger_entry_account_id_id", "account_id", "id"),
        Index("ix_ledger_entry_account_id_at", "account_id", "at", "id"),
        *(Index(f"ix_ledger_entry_account_id_{name}", "account_id", name, "id") for name in FILTERS),
        Index("ix_ledger_entry_sums", "account_id", "kind", "at", "operation", "amount"),
        Index("uq_ledger_entry_token", "token", unique=True),
        Index("ix_ledger_entry_article", "article_id"),
        Index("ix_ledger_entry_item", "site_id", "item"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    kind: Mapped[EntryKind] = mapped_column(enum_type(EntryKind))
    amount: Mapped[int]
    balance_after: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    note: Mapped[str] = mapped_column(String(300), default="")
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="SET NULL"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("content.id", ondelete="SET NULL"))
    operation: Mapped[Operation | None] = mapped_column(enum_type(Operation))
    item: Mapped[str | None] = mapped_column(String(80))  # "<stage>:<row>", as the run names it
    attempt: Mapped[int | None]
    by: Mapped[str | None] = mapped_column(String(120))
    token: Mapped[str | None] = mapped_column(String(64))
