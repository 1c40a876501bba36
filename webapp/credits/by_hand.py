"""What operators do with an account's credits. Each form moves them once. The caller commits."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.accounts.models import Account, AccountEvent, OperatorEvent
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid
from webapp.credits import ledger
from webapp.credits.models import EntryKind, LedgerEntry

LONGEST_NOTE = 300


def top_up(account: Account, credits: int, note: str, *, by: str, token: str) -> LedgerEntry:
    """Adds credits, and records it. The same `token` again changes nothing and answers the same entry.

    Raises Invalid naming the field, Conflict for a token that was sent with something else.
    """
    note = checked_note(note)
    return _once(
        token,
        account,
        (EntryKind.TOP_UP, credits),
        lambda: ledger.top_up(account.id, credits, note, by=by, token=token),
        f"Topped up {credits:,} credits: {note}",
    )


def adjust(account: Account, credits: int, reason: str, *, by: str, token: str) -> LedgerEntry:
    """Corrects the balance, up or down but never below zero, and records it. Otherwise like top_up."""
    reason = checked_note(reason)
    return _once(
        token,
        account,
        (EntryKind.ADJUSTMENT, credits),
        lambda: ledger.adjust(account.id, credits, reason, by=by, token=token),
        f"Adjusted the credits by {credits:+,}: {reason}",
    )


def checked_note(written: str) -> str:
    """Why credits are moved, without stray spaces. Raises Invalid."""
    note = " ".join(written.split())
    if not note or not note.isprintable():
        raise Invalid("note", "Say what it is for.", "It stays in the ledger, for the account to read.")
    if len(note) > LONGEST_NOTE:
        raise Invalid("note", f"This is longer than {LONGEST_NOTE} characters.", "Say it shorter.")
    return note


def _once(
    token: str, account: Account, meant: tuple[EntryKind, int], move: Callable[[], LedgerEntry], told: str
) -> LedgerEntry:
    """Whatever keeps it from happening: a form that was sent before has its entry already."""
    try:
        with db.session.begin_nested():
            entry = move()
            _record(account, told, entry.by or "")
        return entry
    except (IntegrityError, Invalid):
        there = db.session.scalar(select(LedgerEntry).where(LedgerEntry.token == token))
        if there is None:
            raise
    if (there.account_id, there.kind, there.amount) != (account.id, *meant):
        raise Conflict("This form was sent already, with something else.", "Nothing was changed: load the page again.")
    return there


def _record(account: Account, told: str, by: str) -> None:
    db.session.add(AccountEvent(account_id=account.id, by=by, text=told))
    db.session.add(OperatorEvent(by=by, text=f"{account.name}: {told}"))
    db.session.flush()
