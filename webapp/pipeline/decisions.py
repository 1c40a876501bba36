"""What operators decide about calls whose outcome nobody knows."""

from sqlalchemy import select

from webapp.accounts.models import AccountEvent, OperatorEvent
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Conflict, NotFound
from webapp.credits import ledger
from webapp.pipeline.calls import note_in_stage, purchase_of
from webapp.pipeline.models import AiCall, CallStatus
from webapp.sites.models import Site


class Decided(Conflict):
    """What became of a call before an operator's decision about it came."""

    def __init__(self, sentence: str):
        super().__init__(sentence, "Nothing was changed.")


def settle(call_id: int, attempt: int, by: str) -> AiCall:
    """Charges the held price of a call whose outcome nobody knows: the provider did the work. Records it.

    `attempt` is the one that the operator saw. An answer that still comes is kept and charges nothing more. Raises
    Decided, and changes nothing, where an answer, a new attempt or another operator was faster. The caller commits.
    """
    call = _undecided(call_id, attempt)
    ledger.settle(purchase_of(call), call.price, call.price, "charged without an answer", by=by)
    note_in_stage(call, 0, charged=call.price)
    return _decide(call, f"Charged by {by}, without an answer.", by)


def release(call_id: int, attempt: int, by: str) -> AiCall:
    """Gives the held price of such a call back: the provider did not do the work. Otherwise like settle."""
    call = _undecided(call_id, attempt)
    ledger.release(purchase_of(call), call.price, "given back: no answer came", by=by)
    note_in_stage(call, -call.price)
    return _decide(call, f"Given back by {by}: no answer came.", by)


def _undecided(call_id: int, attempt: int) -> AiCall:
    call = db.session.scalar(
        select(AiCall).where(AiCall.id == call_id).with_for_update().execution_options(populate_existing=True)
    )
    if call is None:
        raise NotFound(f"There is no call {call_id} any more.", "It went with its site, and its hold was given back.")
    match call.status:
        case CallStatus.ANSWERED:
            raise Decided(f"The answer of {call.item} has come meanwhile and was charged.")
        case CallStatus.FAILED:
            raise Decided(f"The hold of {call.item} has ended meanwhile. {call.error}")
        case _ if call.attempt != attempt:
            raise Decided(f"{call.item} has been asked again meanwhile, and its first hold was given back.")
        case CallStatus.SENT if now() < call.deadline:
            raise Decided(f"The answer of {call.item} may still come.")
    return call


def _decide(call: AiCall, told: str, by: str) -> AiCall:
    """The hold has ended, so the call is over; whoever comes to its item next asks anew."""
    call.status, call.error = CallStatus.FAILED, told
    site = db.session.get_one(Site, call.site_id)
    text = (
        f"{call.price:,} credits held for {call.operation.label} ({site.name}, run {call.run_id}, {call.item}): {told}"
    )
    db.session.add(AccountEvent(account_id=site.account_id, by=by, text=text))
    db.session.add(OperatorEvent(by=by, text=text))
    db.session.flush()
    return call
