"""New users and accounts, and the first of them. The caller commits."""

import unicodedata
from uuid import uuid4

from flask_security.utils import hash_password
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.accounts.models import (
    OPERATOR,
    Account,
    InstallationRight,
    InstallationRole,
    Member,
    OperatorEvent,
    Role,
    User,
)
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_EMAIL = 255
LONGEST_NAME = 120


class AlreadyFounded(Conflict):
    """There is a user already, so nobody can become the first."""

    def __init__(self) -> None:
        super().__init__("Somebody has made the first account already.", "Nothing was changed. Sign in instead.")


def normal_email(written: str) -> str:
    """An email address in the one form in which it is kept and compared. Raises Invalid.

    Addresses without a public domain are fine: an installation may live in a house of its own.
    """
    email = unicodedata.normalize("NFKC", written).strip().casefold()
    name, at, domain = email.rpartition("@")
    broken = any(character.isspace() or not character.isprintable() for character in email)
    if not at or not name or not domain or "@" in name or broken or domain.startswith(".") or domain.endswith("."):
        raise Invalid("email", "This is not an email address.", "Write it like ana@example.com.")
    if len(email) > LONGEST_EMAIL:
        raise Invalid("email", f"The email address is longer than {LONGEST_EMAIL} characters.")
    return email


def checked_name(written: str) -> str:
    """A person's name without stray spaces. Raises Invalid."""
    return _checked("name", "person", written)


def checked_account_name(written: str) -> str:
    """An account's name without stray spaces. Raises Invalid."""
    return _checked("account_name", "account", written)


def checked_password(written: str) -> str:
    """The password as it is, if it is long enough to be one. Raises Invalid."""
    if len(written) < SHORTEST_PASSWORD:
        raise Invalid(
            "password",
            f"The password is shorter than {SHORTEST_PASSWORD} characters.",
            "Three or four words that you can remember will do.",
        )
    if len(written) > LONGEST_PASSWORD:
        raise Invalid("password", f"The password is longer than {LONGEST_PASSWORD} characters.", "Use a shorter one.")
    return written


def make_user(email: str, name: str, password: str) -> User:
    """A user who can sign in. Raises Invalid naming the field."""
    user = User(
        email=normal_email(email),
        name=checked_name(name),
        password=hash_password(checked_password(password)),
        fs_uniquifier=uuid4().hex,
    )
    if db.session.scalar(select(User.id).where(User.email == user.email)) is not None:
        raise Invalid("email", "There is a user with this email address already.", "Sign in, or use another one.")
    db.session.add(user)
    db.session.flush()
    return user


def make_account(name: str) -> Account:
    """An account without members or credits."""
    account = Account(name=checked_account_name(name))
    db.session.add(account)
    db.session.flush()
    return account


def join(account: Account, user: User, role: Role) -> Member:
    """Gives the user a place in the account, or another role there."""
    member = db.session.scalar(select(Member).where(Member.account_id == account.id, Member.user_id == user.id))
    if member is None:
        member = Member(account=account, user=user)
        db.session.add(member)
    member.role = role
    db.session.flush()
    return member


def make_operator(user: User) -> None:
    """Gives the user the rights over the installation."""
    role = _operator_role()
    if role not in user.roles:
        user.roles.append(role)
    db.session.flush()


def appoint(user: User, by: str) -> None:
    """Makes the user an operator, and records it."""
    if not user.is_operator:
        make_operator(user)
        _record(f"Made {user.name} ({user.email}) an operator.", by)


def dismiss(user: User, by: str) -> None:
    """Takes the rights over the installation from the user, and records it. Raises Conflict for the last one."""
    role = _operator_role(lock=True)
    if not user.is_operator:
        return
    others = select(InstallationRight.user_id).where(InstallationRight.user_id != user.id).limit(1)
    if db.session.scalar(others) is None:
        raise Conflict(
            f"{user.name} is the only operator.", "Nothing was changed: make somebody else an operator first."
        )
    user.roles.remove(role)
    _record(f"{user.name} ({user.email}) is no operator any more.", by)


def _record(text: str, by: str) -> None:
    db.session.add(OperatorEvent(by=by, text=text))
    db.session.flush()


def nobody_yet() -> bool:
    """Whether there is no user at all."""
    return db.session.scalar(select(User.id).limit(1)) is None


def first_owner(*, email: str, name: str, password: str) -> User:
    """The first user, an operator, who also owns every account that has no member yet.

    Of two who come at once one waits here for the other's commit, and then gets AlreadyFounded.
    """
    _operator_role(lock=True)
    if not nobody_yet():
        raise AlreadyFounded()
    user = make_user(email, name, password)
    make_operator(user)
    for account in db.session.scalars(select(Account).where(~Account.members.any()).order_by(Account.id)).all():
        join(account, user, Role.OWNER)
    return user


def _operator_role(*, lock: bool = False) -> InstallationRole:
    """The row is unique, so it also serves as the lock that first visitors queue for."""
    query = select(InstallationRole).where(InstallationRole.name == OPERATOR)
    if lock:
        query = query.with_for_update()
    role = db.session.scalar(query)
    if role is None:
        try:
            with db.session.begin_nested():
                db.session.add(InstallationRole(name=OPERATOR))
        except IntegrityError:
            pass  # somebody else has just made it
        role = db.session.scalars(query).one()
    return role


def _checked(field: str, whose: str, written: str) -> str:
    name = " ".join(written.split())
    if not name or not name.isprintable():
        raise Invalid(
            field, f"The {whose}'s name is empty or holds characters that cannot be shown.", "Type at least a letter."
        )
    if len(name) > LONGEST_NAME:
        raise Invalid(field, f"The {whose}'s name is longer than {LONGEST_NAME} characters.", "Use a shorter one.")
    return name
