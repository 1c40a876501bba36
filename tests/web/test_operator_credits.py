"""What operators do with credits: accounts, prices, switches, calls without an outcome."""

from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.pipeline.engine import with_settings
from tests.visitor import Visitor
from webapp.accounts import switches
from webapp.accounts.models import Account, AccountEvent, Member, OperatorEvent
from webapp.accounts.switches import Switch
from webapp.ai.provider import Operation, Reply
from webapp.core.db import change, db
from webapp.core.paging import PAGE
from webapp.credits import ledger, prices
from webapp.credits.models import EntryKind, LedgerEntry, OperationCost
from webapp.credits.prices import Price
from webapp.pipeline import calls
from webapp.pipeline.calls import Send
from webapp.pipeline.models import AiCall, CallStatus

ADDRESS = "/operator/credits"


@pytest.fixture
def operator(app: Flask, client: Visitor) -> Member:
    member = factories.member(operator=True)
    factories.signed_in(client, member.user)
    return member


@pytest.fixture
def account(operator: Member) -> Account:
    """Somebody else's, with 100 credits."""
    return factories.account("Herbs Ltd", credits=100)


def page(client: Visitor, address: str = ADDRESS) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def words(found: BeautifulSoup | Tag, place: str) -> str:
    part = found.select_one(place)
    assert part is not None, place
    return " ".join(part.get_text(" ").split())


def events() -> list[str]:
    found = list(db.session.scalars(select(OperatorEvent.text).order_by(OperatorEvent.id)))
    db.session.commit()
    return found


def balance(account: Account) -> int:
    return ledger.balance(account.id)


# accounts


def test_others_do_not_learn_that_it_exists(client: Visitor, app: Flask) -> None:
    factories.signed_in(client, factories.member().user)

    assert client.get(ADDRESS).status_code == 404
    assert ADDRESS not in client.get("/").text


def test_accounts_are_listed_with_their_balances_and_found_by_name(client: Visitor, account: Account) -> None:
    factories.account("Zebra 100%", credits=7)

    assert words(page(client), f"#account-{account.id}").startswith("Herbs Ltd")
    assert " 100 " in words(page(client), f"#account-{account.id}")
    found = page(client, f"{ADDRESS}?q=100%25")
    assert found.select_one(f"#account-{account.id}") is None and "Zebra 100%" in found.get_text()
    assert "Nothing matches" in page(client, f"{ADDRESS}?q=nobody").get_text()


def test_accounts_are_listed_page_by_page(client: Visitor, operator: Member) -> None:
    for _ in range(PAGE + 1):
        factories.account(credits=0)

    first = page(client)
    following = first.select_one("a[rel=next]")

    assert following is not None and len(first.select("tr[id^=account-]")) == PAGE
    assert len(page(client, str(following["href"])).select("tr[id^=account-]")) == 2  # and the operator's own


def move(client: Visitor, account: Account, what: str, **fields: object) -> Any:
    return client.send(f"{ADDRESS}/accounts/{account.id}/{what}", {"token": "once"} | fields)


def test_a_top_up_adds_credits_and_is_recorded(client: Visitor, account: Account) -> None:
    answer = move(client, account, "top-up", credits="1500", note="Invoice 118")

    assert answer.location == f"{ADDRESS}/accounts/{account.id}"
    assert balance(account) == 1600
    entry = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id.desc())).first()
    assert entry is not None and (entry.by, entry.note) == ("Ana", "Invoice 118")
    assert events() == ["Herbs Ltd: Topped up 1,500 credits: Invoice 118"]
    assert db.session.scalar(select(AccountEvent.text)) == "Topped up 1,500 credits: Invoice 118"
    shown = page(client, str(answer.location))
    assert "+1,500 1,600" in words(shown, "#entries") and "Invoice 118 (Ana)" in words(shown, "#entries")
    assert "Topped up 1,500" in words(page(client), "#events")


@pytest.mark.parametrize(("written", "left"), [("-40", 60), ("40", 140), ("-100", 0)])
def test_an_adjustment_goes_both_ways(client: Visitor, account: Account, written: str, left: int) -> None:
    move(client, account, "adjust", credits=written, note="Counted twice")

    assert balance(account) == left
    assert db.session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.id.desc())).first() is EntryKind.ADJUSTMENT


def test_a_double_press_moves_credits_once(client: Visitor, account: Account) -> None:
    first, second = (move(client, account, "adjust", credits="-80", note="Correction") for _ in range(2))

    assert first.status_code == second.status_code == 303
    assert balance(account) == 20 and len(events()) == 1


def test_each_form_has_a_name_of_its_own(client: Visitor, account: Account) -> None:
    names = [
        field["value"]
        for _ in range(2)
        for field in page(client, f"{ADDRESS}/accounts/{account.id}").select("input[name=token]")
    ]

    assert len(set(names)) == 4


@pytest.mark.parametrize("what", ["top-up", "adjust"])
@pytest.mark.parametrize("written", ["", "many", "1e9", "NaN", "1.5", "0", "2147483648", "1000000001", "999999999"])
def test_a_bad_number_is_answered_at_its_field(client: Visitor, account: Account, what: str, written: str) -> None:
    answer = move(client, account, what, credits=written, note="x")

    assert answer.status_code == 422
    found = BeautifulSoup(answer.text, "html.parser")
    assert found.select_one(f"#{what}-credits")["aria-invalid"] == "true"  # type: ignore[index]
    assert found.select_one(f"#error-{what}-credits") and found.select_one(f"#error-summary a[href='#{what}-credits']")
    assert balance(account) == 100 and events() == []


def test_more_than_there_is_cannot_be_taken_away(client: Visitor, account: Account) -> None:
    answer = move(client, account, "adjust", credits="-101", note="x")

    assert answer.status_code == 422
    assert "has 100 credits" in words(BeautifulSoup(answer.text, "html.parser"), "#error-adjust-credits")


def test_a_reason_is_needed(client: Visitor, account: Account) -> None:
    answer = move(client, account, "adjust", credits="5", note=" ")

    assert answer.status_code == 422
    assert "Say what it is for" in words(BeautifulSoup(answer.text, "html.parser"), "#error-adjust-note")
    assert balance(account) == 100


def test_a_form_without_its_name_moves_nothing(client: Visitor, account: Account) -> None:
    assert move(client, account, "top-up", credits="5", note="x", token="").status_code == 422
    assert balance(account) == 100


@pytest.mark.parametrize("number", ["4711", "99999999999"])
def test_an_account_that_is_not_there(client: Visitor, operator: Member, number: str) -> None:
    assert client.get(f"{ADDRESS}/accounts/{number}").status_code == 404


# prices


def written(**changed: object) -> dict[str, object]:
    """The prices as the form sends them, with some changed; None leaves a field out."""
    fields: dict[str, object] = {"seen": prices.version(prices.costs())}
    for operation, cost in prices.costs().items():
        fields[f"{operation}_credits"] = str(cost.credits)
        fields[f"{operation}_share"] = f"{cost.budget_basis_points / 100:.2f}"
        fields[f"{operation}_is_on"] = "y"
        fields[f"{operation}_off_reason"] = ""
    return {name: value for name, value in (fields | changed).items() if value is not None}


def save(client: Visitor, **changed: object) -> Any:
    return client.send(f"{ADDRESS}/prices", written(**changed))


def stored(operation: Operation) -> OperationCost | None:
    return db.session.get(OperationCost, operation)


def test_prices_and_shares_are_saved_and_shown(client: Visitor, operator: Member) -> None:
    answer = save(client, clustering_credits="12", clustering_share="12.5", image_generation_share="32,50")

    assert answer.status_code == 303
    cost = stored(Operation.CLUSTERING)
    assert cost is not None and (cost.credits, cost.budget_basis_points) == (12, 1250)
    shown = page(client).select_one("#clustering_share")
    assert shown is not None and shown["value"] == "12.50"
    assert "Clustering: 10 → 12 credits per keyword batch. (Ana)" in words(page(client), "#events")


@pytest.mark.parametrize("share", ["14.99", "15.01"])
def test_a_sum_that_is_not_exactly_100_is_refused(client: Visitor, operator: Member, share: str) -> None:
    answer = save(client, clustering_share=share)

    total = {"14.99": "99.99 %", "15.01": "100.01 %"}[share]
    assert answer.status_code == 422
    found = BeautifulSoup(answer.text, "html.parser")
    assert f"sum to {total}. They must sum to exactly 100 %" in words(found, "#error-summary")
    assert f"Together {total}" in found.get_text()
    assert found.select_one("#clustering_share")["value"] == share  # type: ignore[index]
    assert stored(Operation.CLUSTERING) is None


@pytest.mark.parametrize("share", ["-15", "NaN", "1e9", "Infinity", "fifteen", "", "15.001", "100.01", "1_5.0.0"])
def test_a_share_that_is_no_percentage_is_answered_at_its_field(client: Visitor, operator: Member, share: str) -> None:
    answer = save(client, clustering_share=share)

    assert answer.status_code == 422
    found = BeautifulSoup(answer.text, "html.parser")
    assert "give a percentage from 0 to 100 with at most two decimals" in words(found, "#error-clustering_share")
    assert found.select_one("#clustering_share")["aria-invalid"] == "true"  # type: ignore[index]
    assert stored(Operation.CLUSTERING) is None


@pytest.mark.parametrize("credits", ["-1", "NaN", "1e9", "text", "", "1.5", "2147483648", "1000001"])
def test_a_price_that_is_no_whole_number_is_answered_at_its_field(
    client: Visitor, operator: Member, credits: str
) -> None:
    answer = save(client, clustering_credits=credits)

    assert answer.status_code == 422
    assert "give a whole number from 0 to 1,000,000" in words(
        BeautifulSoup(answer.text, "html.parser"), "#error-clustering_credits"
    )
    assert stored(Operation.CLUSTERING) is None


def test_an_operation_is_switched_off_with_a_reason_that_accounts_read(client: Visitor, operator: Member) -> None:
    without = save(client, image_generation_is_on=None)
    assert without.status_code == 422
    assert "say why" in words(BeautifulSoup(without.text, "html.parser"), "#error-image_generation_off_reason")

    save(client, image_generation_is_on=None, image_generation_off_reason="Its provider is down")

    assert "Switched Image generation off: Its provider is down" in words(page(client), "#events")
    assert page(client).select_one("#image_generation_off_reason")["value"] == "Its provider is down"  # type: ignore[index]
    assert "Image generation is switched off Its provider is down" in words(page(client, "/credits"), "main")


def test_who_saves_what_somebody_else_has_changed_sees_both(client: Visitor, operator: Member) -> None:
    mine = written(clustering_credits="7")
    theirs = {one: prices.price_of(cost) for one, cost in prices.costs().items()}
    theirs[Operation.CLUSTERING] = Price(9, 1500)
    prices.set_prices(theirs, by="Olga", seen=str(mine["seen"]))

    answer = client.send(f"{ADDRESS}/prices", mine)

    assert answer.status_code == 409
    found = BeautifulSoup(answer.text, "html.parser")
    assert "Somebody else has changed the prices meanwhile" in found.get_text()
    assert found.select_one("#clustering_credits")["value"] == "7"  # type: ignore[index]
    assert "Now: 9 credits, 15.00 %" in found.get_text()
    again = mine | {"seen": found.select_one("#seen")["value"]}  # type: ignore[index]
    assert client.send(f"{ADDRESS}/prices", again).status_code == 303
    assert prices.costs()[Operation.CLUSTERING].credits == 7


# switches


def flip(client: Visitor, switch: str, position: str) -> Any:
    return client.send(f"{ADDRESS}/switches", {"switch": switch, "position": position})


def test_a_switch_overrides_the_environment_and_says_who_set_it(client: Visitor, operator: Member) -> None:
    assert "as the environment says" in words(page(client), "#use_new_scheduling")

    flip(client, "use_new_scheduling", "off")

    assert not switches.is_on(Switch.NEW_SCHEDULING) and switches.is_on(Switch.BUDGET_ALLOCATION)
    shown = words(page(client), "#use_new_scheduling")
    assert "Scheduling Off" in shown and "set by Ana" in shown and "the environment says on" in shown
    assert "Switched USE_NEW_SCHEDULING off. (Ana)" in words(page(client), "#events")


def test_a_switch_is_left_to_the_environment_again(app: Flask, client: Visitor, operator: Member) -> None:
    with_settings(app, use_budget_allocation=False)
    assert not switches.is_on(Switch.BUDGET_ALLOCATION)

    flip(client, "use_budget_allocation", "on")
    assert switches.is_on(Switch.BUDGET_ALLOCATION)
    flip(client, "use_budget_allocation", "environment")

    assert not switches.is_on(Switch.BUDGET_ALLOCATION)
    assert events() == [
        "Switched USE_BUDGET_ALLOCATION on.", "Left USE_BUDGET_ALLOCATION to the environment, which says off.",
    ]  # fmt: skip


def test_setting_a_switch_where_it_stands_records_nothing(client: Visitor, operator: Member) -> None:
    for _ in range(2):
        flip(client, "use_new_scheduling", "off")

    assert len(events()) == 1


@pytest.mark.parametrize(("switch", "position"), [("no_such", "on"), ("use_new_scheduling", "sideways"), ("", "")])
def test_a_switch_that_is_none_is_refused(client: Visitor, operator: Member, switch: str, position: str) -> None:
    assert flip(client, switch, position).status_code == 422
    assert events() == []


# calls without an outcome


@pytest.fixture
def call(account: Account) -> AiCall:
    return factories.call(factories.run(factories.site(account, name="Herbs")))


def decide(client: Visitor, call: AiCall, verb: str) -> Any:
    return client.send(f"{ADDRESS}/holds/{call.id}/{verb}", {"attempt": call.attempt})


def test_what_is_held_without_an_answer_is_listed(client: Visitor, call: AiCall) -> None:
    assert "1 call without an outcome" in page(client).get_text()

    row = words(page(client, f"{ADDRESS}/holds"), f"#call-{call.id}")

    for part in ("Content generation", "articles 1", f"{call.run_id} Herbs", "Herbs Ltd", "2 h ago", " 8 "):
        assert part in row


@pytest.mark.parametrize(("verb", "left"), [("settle", 92), ("release", 100)])
def test_it_is_charged_or_given_back(client: Visitor, account: Account, call: AiCall, verb: str, left: int) -> None:
    assert decide(client, call, verb).status_code == 303

    assert balance(account) == left and ledger.held(account.id) == 0
    assert "Nothing is held without an answer" in page(client, f"{ADDRESS}/holds").get_text()
    assert "8 credits held for Content generation (Herbs, run" in words(page(client), "#events")


@pytest.mark.parametrize("verb", ["settle", "release"])
def test_a_button_that_comes_too_late_says_what_happened(
    client: Visitor, account: Account, call: AiCall, verb: str
) -> None:
    calls.keep_answer(Send(call.id, call.key, call.run_id, call.attempt), Reply(text="{}"))

    answer = decide(client, call, verb)

    assert answer.status_code == 409 and "has come meanwhile and was charged" in answer.text
    assert balance(account) == 92 and ledger.verify().ok


def test_a_double_press_decides_once_and_says_so(client: Visitor, account: Account, call: AiCall) -> None:
    decide(client, call, "release")

    answer = decide(client, call, "settle")

    assert answer.status_code == 409 and "Given back by Ana" in answer.text
    assert balance(account) == 100


def test_a_call_that_is_not_there(client: Visitor, operator: Member) -> None:
    for number in (4711, 2**40):
        assert client.send(f"{ADDRESS}/holds/{number}/settle", {"attempt": 1}).status_code == 404


def test_a_hold_that_no_call_accounts_for_is_shown(client: Visitor, account: Account, call: AiCall) -> None:
    assert page(client, f"{ADDRESS}/holds").select_one("#unaccounted") is None
    change(update(AiCall).where(AiCall.id == call.id).values(status=CallStatus.FAILED))

    assert "articles:1" in words(page(client, f"{ADDRESS}/holds"), "#unaccounted")
