"""Which accounts there are, which a user belongs to, and as what."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.accounts.models import Account, Member, Role, User
from webapp.core.db import db
from webapp.core.paging import START, Page, Place, Stretch, page


def accounts_of(user: User, role: Role = Role.VIEWER) -> Sequence[Account]:
    """The accounts in which the user may act in `role`, by name."""
    allowed = [own for own in Role if own.includes(role)]
    return db.session.scalars(
        select(Account)
        .join(Member, Member.account_id == Account.id)
        .where(Member.user_id == user.id, Member.role.in_(allowed))
        .order_by(Account.name, Account.id)
    ).all()


def find_accounts(text: str, place: Place = START) -> Page[Account]:
    """A page of all accounts of the installation whose names hold the text, the newest first."""
    rows = select(Account)
    if words := " ".join(text.split()):
        rows = rows.where(Account.name.icontains(words, autoescape=True))
    return page(rows, (Stretch((Account.id,)),), after=place.after, before=place.before)
