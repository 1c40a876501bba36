"""Calls whose answer never came: an operator charges them or gives the credits back. A late answer is never lost, and
the books are right whichever comes first."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests.credits.spending import purchase
from tests.pipeline.engine import assert_books_agree, rows, site_with_keywords, start, use, work_to_the_end
from tests.pipeline.scripted import ScriptedProvider, failing
from webapp.accounts.models import AccountEvent, OperatorEvent
from webapp.ai.provider import Operation, OutcomeUnknown, ProviderError, Reply
from webapp.content.models import Cluster, Keyword, KeywordStatus
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import NotFound
from webapp.credits import ledger
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline import calls, open_holds
from webapp.pipeline.calls import Send
from webapp.pipeline.closing import delete_site
from webapp.pipeline.decisions import Decided, release, settle
from webapp.pipeline.models import AiCall, CallStatus, Run, StageResult
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site

PRICE = 10  # of a batch of keywords
Decide = Callable[[int, int, str], AiCall]
BOTH = pytest.mark.parametrize("decide", [settle, release])


@pytest.fixture
def site(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Site:
    """One whose run has asked twice how to name clusters, and was never answered."""
    with monkeypatch.context() as silent:
        use(silent, ScriptedProvider(failing(Operation.CLUSTERING, [OutcomeUnknown("timed out")] * 9)))
        site = site_with_keywords()
        work_to_the_end(start(site))
    return site


def unknown() -> AiCall:
    (call,) = rows(AiCall, AiCall.operation == Operation.CLUSTERING)
    return call


def balance(site: Site) -> int:
    found = ledger.balance(site.account_id)
    db.session.commit()
    return found


def held(site: Site) -> int:
    found = ledger.held(site.account_id)
    db.session.commit()
    return found


def answer(call: AiCall) -> None:
    """The answer comes after all."""
    calls.keep_answer(Send(call.id, call.key, call.run_id, call.attempt), Reply(text='{"names": []}'))


def decided(decide: Decide, call: AiCall) -> None:
    decide(call.id, call.attempt, "Olga")
    db.session.commit()


def kinds(call: AiCall) -> list[EntryKind]:
    return [
        entry.kind for entry in rows(LedgerEntry, LedgerEntry.item == call.item, LedgerEntry.attempt == call.attempt)
    ]


def stage(call: AiCall) -> tuple[int, int]:
    """What the stage has committed and was charged."""
    (found,) = db.session.scalars(
        db.select(StageResult).where(StageResult.run_id == call.run_id, StageResult.stage == StageKey.CLUSTERS)
    )
    db.session.commit()
    return found.committed, found.credits


def test_it_is_listed_with_whose_it_is(site: Site) -> None:
    (call,) = open_holds.undecided().rows

    assert (call.run_id, call.price, call.status) == (unknown().run_id, PRICE, CallStatus.UNKNOWN)
    assert open_holds.whose([call])[call.site_id][0].slug == site.slug
    assert open_holds.count_undecided() == 1
    db.session.commit()


def test_one_that_is_still_out_is_listed_from_its_deadline_on(app: Flask, site: Site) -> None:
    change(update(AiCall).values(status=CallStatus.SENT, deadline=now() + timedelta(minutes=1)))
    assert open_holds.undecided().rows == []
    with pytest.raises(Decided, match="may still come"):
        decided(release, unknown())
    db.session.rollback()

    change(update(AiCall).values(status=CallStatus.SENT, deadline=now() - timedelta(seconds=1)))
    assert len(open_holds.undecided().rows) == 1
    decided(release, unknown())
    assert held(site) == 0


def test_settling_charges_what_was_held(site: Site) -> None:
    before, call = balance(site), unknown()
    decided(settle, call)

    assert (balance(site), held(site)) == (before, 0)
    assert kinds(call) == [EntryKind.HOLD, EntryKind.RELEASE, EntryKind.CHARGE]
    assert stage(call) == (PRICE, PRICE)
    assert open_holds.count_undecided() == 0
    assert_books_agree()


def test_releasing_gives_back_what_was_held(site: Site) -> None:
    before, call = balance(site), unknown()
    decided(release, call)

    assert (balance(site), held(site)) == (before + PRICE, 0)
    assert kinds(call) == [EntryKind.HOLD, EntryKind.RELEASE]
    assert stage(call) == (0, 0)
    assert_books_agree()


@BOTH
def test_it_is_recorded_who_decided(site: Site, decide: Decide) -> None:
    decided(decide, unknown())

    (event,) = rows(OperatorEvent)
    assert event.by == "Olga" and "10 credits held for Clustering" in event.text
    assert event.text in [one.text for one in rows(AccountEvent, AccountEvent.account_id == site.account_id)]
    assert {entry.by for entry in rows(LedgerEntry, LedgerEntry.by.is_not(None))} == {"Olga"}


@BOTH
def test_a_late_answer_that_comes_first_wins_and_the_button_says_so(site: Site, decide: Decide) -> None:
    before, call = balance(site), unknown()
    answer(call)

    with pytest.raises(Decided, match="has come meanwhile and was charged"):
        decide(call.id, call.attempt, "Olga")
    db.session.rollback()

    assert (balance(site), held(site)) == (before, 0)
    assert stage(call) == (PRICE, PRICE)
    assert rows(OperatorEvent) == []
    assert_books_agree()


@pytest.mark.parametrize(("decide", "paid"), [(settle, PRICE), (release, 0)])
def test_an_answer_that_comes_after_the_decision_is_kept_and_charges_nothing_more(
    site: Site, decide: Decide, paid: int
) -> None:
    before, call = balance(site), unknown()
    decided(decide, call)
    answer(call)

    assert unknown().status is CallStatus.ANSWERED and unknown().reply
    assert (balance(site), held(site)) == (before + PRICE - paid, 0)
    assert stage(call) == (paid, paid)
    assert_books_agree()


@BOTH
def test_a_late_failure_after_the_decision_moves_nothing(site: Site, decide: Decide) -> None:
    call = unknown()
    decided(decide, call)
    after = balance(site)
    late = Send(call.id, call.key, call.run_id, call.attempt)
    calls.keep_failure(late, ProviderError("busy", permanent=False))
    calls.keep_unknown(late, ProviderError("timed out", permanent=False))

    assert balance(site) == after
    assert_books_agree()


@BOTH
def test_pressing_twice_decides_once(site: Site, decide: Decide) -> None:
    call = unknown()
    decided(decide, call)
    after = balance(site)

    with pytest.raises(Decided, match="by Olga"):
        decide(call.id, call.attempt, "Olga")
    db.session.rollback()

    assert balance(site) == after


@BOTH
def test_a_question_that_was_put_again_is_not_decided_by_an_old_page(site: Site, decide: Decide) -> None:
    call = unknown()

    with pytest.raises(Decided, match="asked again meanwhile"):
        decide(call.id, call.attempt - 1, "Olga")
    db.session.rollback()

    assert held(site) == PRICE


def test_a_call_that_went_with_its_site_is_not_found(app: Flask) -> None:
    with pytest.raises(NotFound):
        settle(4711, 1, "Olga")


@BOTH
def test_after_the_decision_the_item_can_be_asked_anew(
    site: Site, decide: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(decide, unknown())
    use(monkeypatch, ScriptedProvider())
    change(update(Keyword).values(status=KeywordStatus.NEW))  # as a person does who tries again
    db.session.commit()

    work_to_the_end(start(site))

    assert rows(Cluster)
    assert held(site) == 0
    assert_books_agree()


@BOTH
def test_answer_and_button_at_the_same_moment_leave_the_books_right(app: Flask, site: Site, decide: Decide) -> None:
    before, call, together = balance(site), unknown(), threading.Barrier(3)
    sent, came = (call.id, call.attempt), []

    def press() -> None:
        with app.app_context():
            together.wait()
            try:
                decide(*sent, "Olga")
                db.session.commit()
                came.append("decided")
            except Decided:
                db.session.rollback()
                came.append("told")

    def arrive() -> None:
        with app.app_context():
            together.wait()
            answer(call)

    threads = [threading.Thread(target=one) for one in (press, press, arrive)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(came) == 2 and came.count("decided") <= 1
    released = decide is release and "decided" in came
    assert balance(site) == before + (PRICE if released else 0)
    assert held(site) == 0
    assert unknown().status is CallStatus.ANSWERED
    assert_books_agree()


# holds that no call accounts for


def test_holds_of_open_calls_are_accounted_for(site: Site) -> None:
    assert held(site) == PRICE
    assert open_holds.unaccounted() == []
    db.session.commit()


def test_a_hold_without_an_end_and_without_a_call_is_found(site: Site) -> None:
    (run,) = rows(Run)
    entry = ledger.hold(purchase(run, "articles:99"), 7)
    ended = purchase(run, "articles:98")
    ledger.hold(ended, 5)
    ledger.release(ended, 5)

    (found,) = open_holds.unaccounted()

    assert (found.entry_id, found.credits, found.item, found.run_id) == (entry.id, 7, "articles:99", run.id)
    db.session.commit()


def test_a_hold_whose_call_has_failed_is_found(site: Site) -> None:
    change(update(AiCall).values(status=CallStatus.FAILED))

    assert [found.credits for found in open_holds.unaccounted()] == [PRICE]
    db.session.commit()


def test_holds_of_deleted_sites_have_their_ends(app: Flask, site: Site) -> None:
    delete_site(db.session.merge(site), by="Ana")

    assert open_holds.unaccounted() == []
    db.session.commit()
