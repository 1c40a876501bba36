"""Paying once for each answer: hold, one call, keep the raw answer, settle. See docs/run-life-cycle.md.

What `begin` does happens under the run's fence. What `keep_answer` and `keep_failure` do happens outside of it: an
answer that was paid for is kept, whoever has the run by then.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import String, cast, func, select, update

from webapp.ai.functions.image_generation import type_of
from webapp.ai.provider import Finish, Operation, Provider, ProviderError, Reply, Step, Usage
from webapp.content.media import UNKNOWN, keep, read
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.credits import ledger
from webapp.credits.ledger import Purchase
from webapp.pipeline import costs
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunItem, StageResult
from webapp.sites.ai import refusals
from webapp.sites.models import Site

SENDS = 2  # how often a question may be put whose answer never came: once, and once again


@dataclass(frozen=True)
class Send:
    """Credits are held: put the question once. Whatever comes back is kept for this very call, or for none."""

    call_id: int
    key: str
    run_id: int
    attempt: int  # of this run
    key_set_at: datetime | None = None  # with which key the provider is asked


@dataclass(frozen=True)
class Kept:
    """The answer is here, paid for."""

    call_id: int
    reply: Reply


@dataclass(frozen=True)
class StillOut:
    """Somebody else's call for the same item may still come back."""

    until: datetime


@dataclass(frozen=True)
class NoAnswer:
    """The question was put as often as is allowed, and no answer ever came. The last hold stays, for an operator."""


Begun = Send | Kept | StillOut | NoAnswer


def begin(run: Run, site: Site, item: RunItem, step: Step, provider: Provider, terms: "CallTerms") -> Begun:
    """Finds the call of this step of an item, or makes it and holds its price. Raises OutOfCredits."""
    key = key_of(site.id, item, step, provider)
    call = db.session.scalar(select(AiCall).where(AiCall.key == key).with_for_update())
    if call is None:
        return _first_attempt(run, site, item, step, provider, terms, key)
    match call.status:
        case CallStatus.ANSWERED:
            return Kept(call.id, answer_of(call))
        case CallStatus.SENT if call.run_id == run.id and call.epoch == run.epoch:
            # our own begin, whose acknowledgement was lost
            return Send(call.id, call.key, run.id, call.attempt, provider.key_set_at)
        case CallStatus.SENT if now() < call.deadline <= now() + terms.deadline:  # or the clock was put back
            return StillOut(call.deadline)
        case CallStatus.SENT | CallStatus.UNKNOWN if call.sends >= SENDS:
            call.status = CallStatus.UNKNOWN
            return NoAnswer()
        case CallStatus.SENT | CallStatus.UNKNOWN:
            _give_back(call, "no answer ever came; asked again")
    return _next_attempt(call, run, provider, terms)


@dataclass(frozen=True)
class CallTerms:
    """What a call costs, who may object to the price by raising, and how long its answer may take."""

    price: int
    may_spend: Callable[[int], None]
    deadline: timedelta
    article_id: int | None


def key_of(site_id: int, item: RunItem, step: Step, provider: Provider) -> str:
    """Equal for equal questions about the same item, whichever run puts them."""
    version, asked = provider.prompt_version(step.request), step.request.model_dump_json()
    parts = [str(site_id), item.name, version, provider.name, step.model or provider.model, asked]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _first_attempt(
    run: Run, site: Site, item: RunItem, step: Step, provider: Provider, terms: CallTerms, key: str
) -> Send:
    call = AiCall(
        key=key,
        site_id=site.id,
        stage=item.stage,
        item=item.name,
        model=f"{provider.name}/{step.model or provider.model}",
        operation=step.request.operation,
        step=step.name or None,
        attempt=0,
        sends=0,
        epoch=run.epoch,
        price=terms.price,
        deadline=now() + terms.deadline,
    )
    db.session.add(call)
    return _next_attempt(call, run, provider, terms)


def _next_attempt(call: AiCall, run: Run, provider: Provider, terms: CallTerms) -> Send:
    """Another connection may have a model of the same name: the prices are those of the one that is asked now."""
    terms.may_spend(terms.price)
    call.connection_id = provider.connection_id
    call.attempt = _last_attempt(run, call.item) + 1
    call.run_id, call.epoch, call.price = run.id, run.epoch, terms.price
    call.sends += 1
    call.status, call.error = CallStatus.SENT, ""
    call.sent_at, call.deadline = now(), now() + terms.deadline
    call.article_id = terms.article_id
    ledger.hold(purchase_of(call), terms.price)
    note_in_stage(call, terms.price)
    db.session.flush()
    return Send(call.id, call.key, run.id, call.attempt, provider.key_set_at)


def _last_attempt(run: Run, item: str) -> int:
    last = select(func.max(AiCall.attempt)).where(AiCall.run_id == run.id, AiCall.item == item)
    return db.session.scalar(last) or 0


def purchase_of(call: AiCall) -> Purchase:
    """What the ledger notes of the call. Raises ValueError where its run was deleted."""
    site = db.session.get_one(Site, call.site_id)
    if call.run_id is None:
        raise ValueError(f"call {call.id} belongs to a run that was deleted")
    return Purchase(
        account_id=site.account_id,
        site_id=site.id,
        run_id=call.run_id,
        operation=call.operation,
        item=call.item,
        attempt=call.attempt,
        article_id=call.article_id,
    )


def _give_back(call: AiCall, note: str) -> None:
    ledger.release(purchase_of(call), call.price, note)
    note_in_stage(call, -call.price)


def note_in_stage(call: AiCall, credits: int, *, charged: int = 0) -> None:
    """Adds to what the call's stage has committed itself to, and to what it was charged."""
    change(
        update(StageResult)
        .where(StageResult.run_id == call.run_id, StageResult.stage == call.stage)
        .values(committed=StageResult.committed + credits, credits=StageResult.credits + charged)
    )


def keep_answer(sent: Send, reply: Reply) -> None:
    """Stores the raw answer with its picture and turns the hold into a charge, in one transaction.

    The first answer to come counts. `reply` is as `storable` made it. Raises OperationalError, and keeps nothing, where
    there is no room.
    """
    call = _locked(sent)
    if call is None or call.status is CallStatus.ANSWERED:
        return db.session.rollback()
    was_held = call.status in (CallStatus.SENT, CallStatus.UNKNOWN)
    media_file = None if reply.media is None else keep(reply.media, type_of(reply.media) or UNKNOWN)
    call.reply, call.media_file = reply.text, media_file
    call.problem, call.finish = reply.problem, reply.finish.value
    call.input_tokens, call.output_tokens = reply.usage.input_tokens, reply.usage.output_tokens
    call.cached_tokens = reply.usage.cached_tokens
    call.status, call.answered_at = CallStatus.ANSWERED, now()
    call.cost = costs.cost_of(call)
    if call.connection_id is not None:
        refusals.takes(call.connection_id, sent.key_set_at)
    if was_held:
        ledger.settle(purchase_of(call), call.price, call.price)
        note_in_stage(call, 0, charged=call.price)
    return db.session.commit()


def keep_failure(sent: Send, error: ProviderError) -> None:
    """Gives the hold back: the provider said that it did not do the work."""
    call = _locked(sent)
    if call is None or not _is_out(call, sent):
        return db.session.rollback()
    call.status, call.error = CallStatus.FAILED, _storable(error.sentence)
    call.sends -= 1  # what was refused was not asked
    _give_back(call, "the call failed")
    return db.session.commit()


def take_back(sent: Send) -> None:
    """Gives the hold back of a call that was prepared and never sent."""
    keep_failure(sent, ProviderError("never sent", permanent=False))


def keep_unknown(sent: Send, error: ProviderError) -> None:
    """Notes that the question was put and no answer came. The hold stays."""
    call = _locked(sent)
    if call is None or not _is_out(call, sent):
        return db.session.rollback()
    call.status, call.error = CallStatus.UNKNOWN, _storable(error.sentence)
    return db.session.commit()


def _is_out(call: AiCall, sent: Send) -> bool:
    """Whether it is this very question that the call waits for, and not one that was put after it."""
    return call.status is CallStatus.SENT and (call.run_id, call.attempt) == (sent.run_id, sent.attempt)


def storable(reply: Reply) -> Reply:
    """The answer as it can be kept, so that what follows from it is the same now and when it is read again."""
    problem = None if reply.problem is None else _storable(reply.problem)
    return replace(reply, text=_storable(reply.text), problem=problem)


def _storable(text: str) -> str:
    """The text as a database takes it: half characters and NULs are replaced, as nobody can read them either."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _locked(sent: Send) -> AiCall | None:
    """The call; None if it went with its site. Its number alone would not do: it could be another one's by now."""
    return db.session.scalar(select(AiCall).where(AiCall.id == sent.call_id, AiCall.key == sent.key).with_for_update())


def give_back_all(site_id: int, note: str) -> None:
    """Ends the holds of all calls of a site that have no answer, before they go with it."""
    open_calls = select(AiCall).where(
        AiCall.site_id == site_id,
        AiCall.run_id.is_not(None),
        AiCall.status.in_((CallStatus.SENT, CallStatus.UNKNOWN)),
    )
    for call in db.session.scalars(open_calls.with_for_update()).all():
        _give_back(call, note)


def answer_of(call: AiCall) -> Reply:
    """The stored answer, as the provider gave it."""
    media = read(call.media_file) if call.media_file else None
    usage = Usage(call.input_tokens, call.output_tokens, call.cached_tokens or 0)
    finish = Finish(call.finish) if call.finish else Finish.COMPLETE
    return Reply(text=call.reply or "", media=media, usage=usage, finish=finish, problem=call.problem)


def lose_calls_of(run: Run) -> int:
    """The worker of this epoch is lost, so its unanswered calls have an unknown outcome. Answers how many."""
    return change(
        update(AiCall)
        .where(AiCall.run_id == run.id, AiCall.epoch == run.epoch, AiCall.status == CallStatus.SENT)
        .values(status=CallStatus.UNKNOWN, error="its worker was lost")
    )


def answers_still_out(run: Run) -> int:
    """How many calls of a run that is not running may still come back and will be kept then."""
    calls = select(AiCall.id).where(AiCall.run_id == run.id, AiCall.status == CallStatus.SENT, AiCall.deadline > now())
    return len(db.session.scalars(calls).all())


def answers_kept(run: Run) -> int:
    """How many paid answers wait to be used: whoever comes to their items next uses them without paying."""
    kept = (
        select(func.count())
        .select_from(AiCall)
        .join(RunItem, (RunItem.run_id == AiCall.run_id) & (AiCall.item == _name_of_item))
        .where(AiCall.run_id == run.id, AiCall.status == CallStatus.ANSWERED, RunItem.status == ItemStatus.IN_HAND)
    )
    return db.session.scalar(kept) or 0


_name_of_item = cast(RunItem.stage, String) + ":" + cast(RunItem.row, String)


def attribute(run: Run, item: RunItem, operation: Operation, article_id: int | None) -> None:
    """Says of entries and calls from before the article existed that they are about it."""
    if article_id is None:
        return
    ledger.attribute(run.site_id, item.name, operation, article_id)
    about = AiCall.site_id == run.site_id, AiCall.item == item.name, AiCall.operation == operation
    change(update(AiCall).where(*about, AiCall.article_id.is_(None)).values(article_id=article_id))
