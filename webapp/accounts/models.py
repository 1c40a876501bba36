"""Accounts are tenants; members are users with a role in one; operators have rights over the installation."""

from datetime import datetime
from enum import StrEnum

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.clock import now
from webapp.core.db import Numbered, db, enum_type

OPERATOR = "operator"


class Role(StrEnum):
    """What a member may do in an account; each includes what follows it."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"

    def includes(self, other: "Role") -> bool:
        ranks = list(Role)
        return ranks.index(self) <= ranks.index(other)


class Account(Numbered, db.Model):
    """A tenant: its members, its sites, its credit balance."""

    __tablename__ = "account"

    name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(default=now)

    members: Mapped[list["Member"]] = relationship(back_populates="account", cascade="all, delete-orphan")


class InstallationRole(Numbered, db.Model, RoleMixin):
    """A right over the whole installation, in the shape that Flask-Security wants. There is one: operator."""

    __tablename__ = "installation_role"

    name: Mapped[str] = mapped_column(String(40), unique=True)


class InstallationRight(db.Model):
    """Which user holds which right over the installation."""

    __tablename__ = "installation_right"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("installation_role.id", ondelete="CASCADE"), primary_key=True)


class User(Numbered, db.Model, UserMixin):
    """Somebody who signs in. The columns are those that Flask-Security asks for."""

    __tablename__ = "user"

    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    roles: Mapped[list[InstallationRole]] = relationship(secondary="installation_right")  # type: ignore[assignment]
    memberships: Mapped[list["Member"]] = relationship(back_populates="user", cascade="all, delete-orphan")

    @property
    def is_operator(self) -> bool:
        return bool(self.has_role(OPERATOR))


class Member(Numbered, db.Model):
    """A user's place in an account."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("account_id", "user_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(enum_type(Role))

    account: Mapped[Account] = relationship(back_populates="members")
    user: Mapped[User] = relationship(back_populates="memberships")


class AccountEvent(Numbered, db.Model):
    """Something that happened to an account as a whole and leaves no other trace, such as a deleted site."""

    __tablename__ = "account_event"
    __table_args__ = (Index("ix_account_event_account_id_id", "account_id", "id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)


class OperatorEvent(Numbered, db.Model):
    """Something that an operator did to the installation or to somebody's credits."""

    __tablename__ = "operator_event"

    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
