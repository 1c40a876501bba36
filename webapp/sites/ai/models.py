"""Endpoints with their keys, the models that sites ask there, their prices, prompts, and how a site speaks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import Account
from webapp.ai.openai.endpoint import SignIn
from webapp.ai.provider import Operation
from webapp.core.clock import now
from webapp.core.db import Numbered, db, enum_type
from webapp.core.secrets import Encrypted, Secret
from webapp.sites.models import Site

_DEFAULT = text("is_default")
_OF_SITE, _OF_ALL = text("site_id IS NOT NULL"), text("site_id IS NULL")


class AiConnection(Numbered, db.Model):
    """How an account asks models: an endpoint, a key, and a model for each kind of work; empty where it has none.

    `is_default`: sites ask it unless they chose otherwise. `at_a_time`: calls that may be out, over all workers.
    `abilities`: what the last test found, as `ai.openai.examine.Abilities` says it; None if there was none.
    `refused_at`: since when the endpoint refuses the key, with its own words in `refusal`; None while it does not.
    """

    __tablename__ = "ai_connection"
    __table_args__ = (
        UniqueConstraint("account_id", "name"),
        Index("uq_ai_connection_default", "account_id", unique=True, sqlite_where=_DEFAULT, postgresql_where=_DEFAULT),
        CheckConstraint("at_a_time BETWEEN 1 AND 100", name="at_a_time_range"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    preset: Mapped[str] = mapped_column(String(40), default="")
    base_url: Mapped[str] = mapped_column(String(300))
    sign_in: Mapped[SignIn] = mapped_column(enum_type(SignIn), default=SignIn.BEARER)
    api_version: Mapped[str] = mapped_column(String(40), default="")
    key: Mapped[Secret | None] = mapped_column(Encrypted("the key of {0.name}"))
    key_set_at: Mapped[datetime | None]
    text_model: Mapped[str] = mapped_column(String(160), default="")
    image_model: Mapped[str] = mapped_column(String(160), default="")
    embedding_model: Mapped[str] = mapped_column(String(160), default="")
    at_a_time: Mapped[int] = mapped_column(default=8)
    is_default: Mapped[bool] = mapped_column(default=False)
    abilities: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tested_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)

    account: Mapped[Account] = relationship()

    @property
    def names_a_model(self) -> bool:
        """Without one a test asks nothing that shows whether the key is taken."""
        return bool(self.text_model or self.image_model or self.embedding_model)

    def model_for(self, operation: Operation) -> str:
        """The one that it has for such work; empty if none."""
        return self.image_model if operation is Operation.IMAGE_GENERATION else self.text_model


class ModelChoice(db.Model):
    """What a site asks for one operation, instead of the account's default. No connection: the embedded provider."""

    __tablename__ = "model_choice"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    operation: Mapped[Operation] = mapped_column(enum_type(Operation), primary_key=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("ai_connection.id", ondelete="CASCADE"))
    model: Mapped[str] = mapped_column(String(160), default="")

    connection: Mapped[AiConnection | None] = relationship()


class ModelPrice(db.Model):
    """What a model costs from a day on, UTC, in millionths of a dollar: for a million tokens, or for one image.

    None: not known. `cached_input`: tokens of the input that the endpoint had read before.
    """

    __tablename__ = "model_price"
    __table_args__ = (
        CheckConstraint("input >= 0 AND cached_input >= 0 AND output >= 0 AND image >= 0", name="not_negative"),
    )

    connection_id: Mapped[int] = mapped_column(ForeignKey("ai_connection.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(String(160), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    input: Mapped[int | None] = mapped_column(BigInteger)
    cached_input: Mapped[int | None] = mapped_column(BigInteger)
    output: Mapped[int | None] = mapped_column(BigInteger)
    image: Mapped[int | None] = mapped_column(BigInteger)


class PromptVersion(Numbered, db.Model):
    """A prompt as somebody saved it, for a site or, without one, for all. The last one counts.

    Without texts it is a return to what it stands over: the prompt for all, or the one that Pressroom comes with.
    """

    __tablename__ = "prompt_version"
    __table_args__ = (
        Index(
            "uq_prompt_version_of_site",
            "site_id", "operation", "number",
            unique=True, sqlite_where=_OF_SITE, postgresql_where=_OF_SITE,
        ),
        Index(
            "uq_prompt_version_of_all",
            "operation", "number",
            unique=True, sqlite_where=_OF_ALL, postgresql_where=_OF_ALL,
        ),
        CheckConstraint('(system IS NULL) = ("user" IS NULL)', name="both_or_none"),
    )  # fmt: skip

    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    operation: Mapped[Operation] = mapped_column(enum_type(Operation))
    number: Mapped[int]
    system: Mapped[str | None] = mapped_column(Text)
    user: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(default=now)


class SiteVoice(db.Model):
    """How a site speaks, beside what `Site.voice` says of it in general; empty where nobody has said."""

    __tablename__ = "site_voice"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    audience: Mapped[str] = mapped_column(Text, default="")
    tone: Mapped[str] = mapped_column(Text, default="")
    words_to_avoid: Mapped[str] = mapped_column(Text, default="")
    point_of_view: Mapped[str] = mapped_column(Text, default="")

    site: Mapped[Site] = relationship()
