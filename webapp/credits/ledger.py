"""The only place that moves credits. Every function changes the balance and writes its entry; the caller commits."""

from dataclasses import dataclass

from sqlalchemy import func, select, update

from webapp.ai.provider import Operation
from webapp.core.db import change, db
from webapp.core.errors import Invalid, PressroomError
from webapp.credits.models import CreditBalance, EntryKind, LedgerEntry


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


def top_up(account_id: int, credits: int, note: str) -> LedgerEntry:
    if credits <= 0:
        raise Invalid("credits", "A top-up must be a positive number of credits.")
    return _move(account_id, EntryKind.TOP_UP, credits, note=note)


def hold(purchase: Purchase, credits: int) -> LedgerEntry:
    """Takes the price out of the balance before the call. Raises OutOfCredits and changes nothing then."""
    return _move_for(purchase, EntryKind.HOLD, -credits)


def release(purchase: Purchase, credits: int, note: str = "") -> LedgerEntry:
    """Gives a hold back: nothing was bought."""
    return _move_for(purchase, EntryKind.RELEASE, credits, note)


def settle(purchase: Purchase, held: int, price: int) -> LedgerEntry:
    """Turns a hold into a charge of `price`, which is at most what was held."""
    _move_for(purchase, EntryKind.RELEASE, held, "settled")
    return _move_for(purchase, EntryKind.CHARGE, -price)


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


def _move_for(purchase: Purchase, kind: EntryKind, amount: int, note: str = "") -> LedgerEntry:
    return _move(
        purchase.account_id,
        kind,
        amount,
        note=note,
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
    if after is None:
        raise OutOfCredits(-amount)
    entry = LedgerEntry(account_id=account_id, kind=kind, amount=amount, balance_after=after, **about)
    db.session.add(entry)
    db.session.flush()
    return entry


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
    """Adds all entries up and compares them with the balances."""
    added_up = select(LedgerEntry.account_id, func.sum(LedgerEntry.amount)).group_by(LedgerEntry.account_id)
    sums = {account: int(amount) for account, amount in db.session.execute(added_up)}
    stored = select(CreditBalance.account_id, CreditBalance.balance)
    balances = dict(db.session.execute(stored).all())
    differences = [
        Difference(account, balances.get(account, 0), sums.get(account, 0))
        for account in sorted(balances.keys() | sums.keys())
        if balances.get(account, 0) != sums.get(account, 0)
    ]
    entries = db.session.scalar(select(func.count()).select_from(LedgerEntry)) or 0
    return Verification(len(balances), entries, differences)
