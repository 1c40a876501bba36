"""The only place that moves credits. Every function changes the balance and writes its entry; the caller commits."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select, update

from webapp.accounts.models import Account
from webapp.ai.provider import Operation
from webapp.core.db import change, db
from webapp.core.errors import Invalid, NotFound, PressroomError
from webapp.credits.models import CreditBalance, EntryKind, LedgerEntry

MOST = 1_000_000_000  # credits on an account: with as many held, the sum still fits the column


class OutOfCredits(PressroomError):
    """The balance does not cover a hold."""

    def __init__(self, wanted: int):
        super().__init__(f"The account has fewer than {wanted} credits left.", "Ask the operator to top it up.")


@dataclass(frozen=True)
class Purchase:
    """What credits are spent on: one attempt at one operation for one item of one run."""

    account_id: int
    site_id: int
    run_id: int
    operation: Operation
    item: str
    attempt: int
    article_id: int | None = None


def open_balance(account_id: int) -> None:
    """Gives a new account its balance of zero."""
    if db.session.get(CreditBalance, account_id) is None:
        db.session.add(CreditBalance(account_id=account_id, balance=0))
        db.session.flush()


def balance(account_id: int) -> int:
    return db.session.scalar(select(CreditBalance.balance).where(CreditBalance.account_id == account_id)) or 0


def top_up(account_id: int, credits: int, note: str, *, by: str | None = None, token: str | None = None) -> LedgerEntry:
    """Adds credits to the balance. Raises Invalid for none or fewer, and beyond MOST."""
    if credits <= 0:
        raise Invalid("credits", "A top-up must be a positive number of credits.", "Write a number like 1000.")
    _check_range(account_id, credits)
    return _move(account_id, EntryKind.TOP_UP, credits, note=note, by=by, token=token)


def adjust(account_id: int, credits: int, reason: str, *, by: str, token: str | None = None) -> LedgerEntry:
    """Corrects the balance by so many credits, up or down. Raises Invalid for none, for more than there are, and
    beyond MOST."""
    if credits == 0:
        raise Invalid("credits", "An adjustment of nothing changes nothing.", "Write a number like 50 or -50.")
    _check_range(account_id, credits)
    try:
        return _move(account_id, EntryKind.ADJUSTMENT, credits, note=reason, by=by, token=token)
    except OutOfCredits as too_much:
        there = f"The account has {balance(account_id):,} credits, and a balance never falls below zero."
        raise Invalid("credits", there, "Take away no more than there is.") from too_much


def hold(purchase: Purchase, credits: int) -> LedgerEntry:
    """Takes the price out of the balance before the call. Raises OutOfCredits and changes nothing then."""
    return _move_for(purchase, EntryKind.HOLD, -credits)


def release(purchase: Purchase, credits: int, note: str = "", *, by: str | None = None) -> LedgerEntry:
    """Gives a hold back: nothing was bought."""
    return _move_for(purchase, EntryKind.RELEASE, credits, note, by)


def settle(purchase: Purchase, held: int, price: int, note: str = "", *, by: str | None = None) -> LedgerEntry:
    """Turns a hold into a charge of `price`. Raises ValueError if that is more than what was held."""
    if price > held:
        raise ValueError(f"{price} credits cannot be charged where {held} were held")
    _move_for(purchase, EntryKind.RELEASE, held, "settled", by)
    return _move_for(purchase, EntryKind.CHARGE, -price, note, by)


def attribute(site_id: int, item: str, operation: Operation, article_id: int) -> None:
    """Names the article that entries paid for which were written before it existed. Amounts never change."""
    change(
        update(LedgerEntry)
        .where(
            LedgerEntry.site_id == site_id,
            LedgerEntry.item == item,
            LedgerEntry.operation == operation,
            LedgerEntry.article_id.is_(None),
        )
        .values(article_id=article_id)
    )


def cost_of_article(article_id: int) -> dict[Operation, int]:
    """What an article cost, per operation: the sum of its entries."""
    return {
        operation: -int(amount)
        for operation, amount in db.session.execute(
            select(LedgerEntry.operation, func.sum(LedgerEntry.amount))
            .where(LedgerEntry.article_id == article_id)
            .group_by(LedgerEntry.operation)
        )
        if operation is not None and amount
    }


def _check_range(account_id: int, credits: int) -> None:
    if abs(credits) > MOST or balance(account_id) + credits > MOST:
        raise Invalid("credits", f"An account has at most {MOST:,} credits.", "Write a smaller number.")


def _move_for(purchase: Purchase, kind: EntryKind, amount: int, note: str = "", by: str | None = None) -> LedgerEntry:
    return _move(
        purchase.account_id,
        kind,
        amount,
        note=note,
        by=by,
        site_id=purchase.site_id,
        run_id=purchase.run_id,
        article_id=purchase.article_id,
        operation=purchase.operation,
        item=purchase.item,
        attempt=purchase.attempt,
    )


def _move(account_id: int, kind: EntryKind, amount: int, **about: object) -> LedgerEntry:
    """One conditional UPDATE locks and changes the balance; no row means that it would fall below zero."""
    after = db.session.execute(
        update(CreditBalance)
        .where(CreditBalance.account_id == account_id, CreditBalance.balance + amount >= 0)
        .values(balance=CreditBalance.balance + amount)
        .returning(CreditBalance.balance)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if after is None and amount < 0:
        raise OutOfCredits(-amount)
    if after is None:
        raise NotFound(f"There is no account {account_id}, or it has no balance.", "Nothing was changed.")
    entry = LedgerEntry(account_id=account_id, kind=kind, amount=amount, balance_after=after, **about)
    db.session.add(entry)
    db.session.flush()
    return entry


def balances(account_ids: Collection[int]) -> dict[int, int]:
    """The balance of each of these accounts."""
    rows = select(CreditBalance.account_id, CreditBalance.balance).where(CreditBalance.account_id.in_(account_ids))
    return dict(db.session.execute(rows).all())


def held(account_id: int) -> int:
    """What is out of the balance for calls that have not ended: all holds less what ended them."""
    ended_or_not = select(func.sum(LedgerEntry.amount)).where(
        LedgerEntry.account_id == account_id, LedgerEntry.kind.in_((EntryKind.HOLD, EntryKind.RELEASE))
    )
    return -int(db.session.scalar(ended_or_not) or 0)


@dataclass(frozen=True)
class Difference:
    """An account whose balance is not the sum of its entries."""

    account_id: int
    balance: int
    entries: int


@dataclass(frozen=True)
class Verification:
    accounts: int
    entries: int
    differences: list[Difference]

    @property
    def ok(self) -> bool:
        return not self.differences


def verify() -> Verification:
    """Adds all entries up and compares them with the balances, at one instant, so that nobody need stop working."""
    added_up = (
        select(LedgerEntry.account_id, func.sum(LedgerEntry.amount).label("amount"), func.count().label("entries"))
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Account.id,
            func.coalesce(CreditBalance.balance, 0),
            func.coalesce(added_up.c.amount, 0),
            func.coalesce(added_up.c.entries, 0),
        )
        .outerjoin(CreditBalance, CreditBalance.account_id == Account.id)
        .outerjoin(added_up, added_up.c.account_id == Account.id)
        .order_by(Account.id)
    ).all()
    differences = [
        Difference(account, stored, int(amount)) for account, stored, amount, _ in rows if stored != int(amount)
    ]
    return Verification(len(rows), sum(entries for *_, entries in rows), differences)
