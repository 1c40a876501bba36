"""The calls that charges of the ledger paid for: the model, its tokens, and what they cost in money."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, tuple_
from sqlalchemy.orm import load_only

from webapp.core.db import db
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline.models import AiCall, CallStatus

SHOWN = (
    AiCall.run_id, AiCall.item, AiCall.attempt, AiCall.model, AiCall.step, AiCall.connection_id, AiCall.input_tokens,
    AiCall.output_tokens, AiCall.cached_tokens, AiCall.cost,
)  # fmt: skip


def charged_calls(entries: Sequence[LedgerEntry | Row[Any]]) -> dict[int, AiCall]:
    """By the number of the entry, which may be a plain row: those of charges whose call was answered and is there.

    Without the answers.
    """
    charges = {(entry.run_id, entry.item, entry.attempt): entry.id for entry in entries if _is_of_a_call(entry)}
    if not charges:
        return {}
    answered = (
        select(AiCall)
        .options(load_only(*SHOWN))
        .where(tuple_(AiCall.run_id, AiCall.item, AiCall.attempt).in_(list(charges)))
        .where(AiCall.status == CallStatus.ANSWERED)
    )
    return {charges[call.run_id, call.item, call.attempt]: call for call in db.session.scalars(answered)}


def _is_of_a_call(entry: LedgerEntry | Row[Any]) -> bool:
    return entry.kind is EntryKind.CHARGE and entry.run_id is not None and entry.item is not None
