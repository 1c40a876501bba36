"""The page where an account's owner says which endpoints it asks: what is tested, saved, refused and never shown."""

import base64
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.ai.openai import server
from tests.ai.openai.server import Asked, Told, chat, error
from tests.sites.ai.endpoints import KEY, endpoint
from tests.visitor import Visitor
from webapp.accounts.models import Account, AccountEvent, Member, Role
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.pipeline.models import CallStatus
from webapp.sites.ai.models import AiConnection, ModelPrice
from webapp.web import endpoint_testing

NEW = "/account/ai/new"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40
MODELS = Told({"data": [{"id": name} for name in ("writer", "painter", "embedder")]})
PICTURE = Told({"data": [{"b64_json": base64.b64encode(PNG).decode()}]})
VECTORS = Told({"data": [{"index": n, "embedding": [0.5] * 8} for n in range(2)], "usage": {"prompt_tokens": 4}})


def whole(**others: Told) -> Callable[[Asked], Told]:
    """An endpoint that can do everything, but for what is told otherwise by the end of the address."""
    told = {"models": MODELS, "completions": chat('{"colour": "green"}'), "generations": PICTURE, "embeddings": VECTORS}
    return lambda asked: (told | others)[asked.path.rpartition("/")[2]]


@pytest.fixture
def member(app: Flask, client: Visitor) -> Member:
    member = factories.member(Role.OWNER)
    factories.signed_in(client, member.user)
    return member


@pytest.fixture
def account(member: Member) -> Account:
    return member.account


@pytest.fixture
def there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[server.Endpoint]:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allow_private_targets=True))
    with server.endpoint() as made:
        made.answer_by(whole())
        yield made


def read(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def words(page: BeautifulSoup, selector: str) -> str:
    return " ".join(" ".join(found.get_text(" ") for found in page.select(selector)).split())


def written(there: server.Endpoint, **fields: Any) -> dict[str, Any]:
    form = {"name": "Ours", "base_url": there.address, "key": KEY, "sign_in": "bearer", "at_a_time": "8"}
    return form | {"text_model": "writer"} | fields


def drawn(client: Visitor, address: str) -> dict[str, str]:
    """The form as it is drawn now."""
    found = {}
    for field in read(client.get(address).text).select("#endpoint [name]"):
        if field.get("type") != "checkbox" or field.has_attr("checked"):
            option = field.select_one("option[selected]") or field.select_one("option")
            found[str(field["name"])] = str((option or field).get("value") or "")
    return found | {"csrf_token": client.token()}


def only() -> AiConnection:
    found = db.session.scalars(select(AiConnection)).one()
    db.session.commit()
    return found


def added(client: Visitor, there: server.Endpoint, **fields: Any) -> AiConnection:
    answer = client.send(NEW, written(there, **fields))
    assert answer.status_code == 303, words(read(answer.text), "#error-summary")
    return only()


def address(connection: AiConnection, verb: str = "") -> str:
    return f"/account/ai/{connection.id}{verb}"


def test_an_account_without_endpoints_is_led_to_the_presets(client: Visitor, account: Account) -> None:
    page = read(client.get("/account/ai").text)

    assert "No endpoint yet" in words(page, ".empty")
    assert page.select_one(f".presets a[href='/account/ai/new?account={account.id}&preset=ollama']")
    assert words(page, "nav [aria-current=page]").startswith("AI")


def test_a_preset_fills_in_what_is_known(client: Visitor, account: Account) -> None:
    local, azure = drawn(client, f"{NEW}?preset=ollama"), drawn(client, f"{NEW}?preset=azure-openai")

    assert (local["base_url"], local["name"], local["no_key"]) == ("http://localhost:11434/v1", "Ollama", "y")
    assert azure["sign_in"] == "api_key" and "no_key" not in azure
    assert drawn(client, f"{NEW}?preset=nobody")["base_url"] == ""


@pytest.mark.parametrize(
    ("preset", "is_optional"),
    [("openai", False), ("azure-openai", False), ("openrouter", False), ("ollama", True), ("litellm-proxy", False)],
)
def test_a_key_is_optional_where_none_is_needed(
    client: Visitor, account: Account, preset: str, is_optional: bool
) -> None:
    page = read(client.get(f"{NEW}?preset={preset}").text)

    assert ("optional" in words(page, "label[for=key]")) is is_optional


def test_a_key_that_is_kept_need_not_be_entered_again(client: Visitor, account: Account) -> None:
    assert "optional" in words(read(client.get(address(endpoint(account))).text), "label[for=key]")


@pytest.mark.parametrize("is_allowed", [True, False], ids=["allowed", "forbidden"])
def test_private_networks_are_spoken_of_once_where_they_are_not_allowed(
    app: Flask, client: Visitor, account: Account, monkeypatch: pytest.MonkeyPatch, is_allowed: bool
) -> None:
    changed = replace(app.config["SETTINGS"], allow_private_targets=is_allowed)
    monkeypatch.setitem(app.config, "SETTINGS", changed)

    assert client.get("/account/ai").text.count("ALLOW_PRIVATE_TARGETS=1") == (0 if is_allowed else 1)


def test_what_works_is_saved_and_says_what_it_can_do(client: Visitor, account: Account, there: server.Endpoint) -> None:
    made = added(client, there, image_model="painter", embedding_model="embedder")

    assert made.is_default and made.tested_at and made.key and made.key.reveal() == KEY
    said = words(read(client.get(address(made)).text), "#kept")
    assert "Answers json_schema (best)" in said and "json_object works plain text works" in said
    assert "in the answer (b64)" in said and "8 numbers each" in said
    assert "37 tokens in, 21 out" in said
    assert "It cost unknown: writer, painter, embedder have no price: set it below" in said
    assert "writer, painter, embedder" in said


def test_a_key_is_never_shown(client: Visitor, account: Account, there: server.Endpoint) -> None:
    made = added(client, there)
    tested = client.htmx(address(made, "/test"), written(there, base_url=f"{there.address}x"))
    refused = client.send(address(made), written(there, name=""))

    assert made.key is not None
    for answer in (client.get("/account/ai"), client.get(address(made)), tested, refused):
        assert KEY not in answer.text and made.key.sealed not in answer.text


def test_a_test_saves_nothing(client: Visitor, account: Account, there: server.Endpoint) -> None:
    fragment = client.htmx(f"{NEW}/test", written(there))
    page = client.send(f"{NEW}/test", written(there))

    assert fragment.status_code == page.status_code == 200
    assert "<html" not in fragment.text and "<html" in page.text
    assert "It works Nothing is saved yet." in words(read(fragment.text), "#tested")
    assert "enter it again" in words(read(page.text), "#key-again")
    assert db.session.scalars(select(AiConnection)).all() == []


def test_what_a_test_found_is_not_paid_for_again(client: Visitor, account: Account, there: server.Endpoint) -> None:
    tested = read(client.htmx(f"{NEW}/test", written(there)).text)
    asked = len(there.posts)
    proof = tested.select_one("[name=proof]")
    assert proof is not None

    made = added(client, there, proof=proof["value"])

    assert len(there.posts) == asked
    assert made.tested_at and made.abilities is not None


@pytest.mark.parametrize("changed", [{"key": "another"}, {"text_model": "painter"}, {"proof": "forged"}], ids=str)
def test_what_was_tested_proves_nothing_of_another(
    client: Visitor, account: Account, there: server.Endpoint, changed: dict[str, str]
) -> None:
    proof = read(client.htmx(f"{NEW}/test", written(there)).text).select_one("[name=proof]")
    assert proof is not None
    asked = len(there.posts)

    added(client, there, **({"proof": proof["value"]} | changed))

    assert len(there.posts) > asked


def test_what_is_wrong_stands_at_its_field(client: Visitor, account: Account, there: server.Endpoint) -> None:
    there.answer_by(whole(generations=error(404, "The model paint does not exist.", code="model_not_found")))
    form = written(there, image_model="paint")

    page, fragment = read(client.send(NEW, form).text), read(client.htmx(f"{NEW}/test", form).text)

    assert "There are: painter" in words(page, "#error-image_model")
    assert page.select_one("#image_model[aria-invalid=true]")
    assert "There are: painter" in words(fragment, "#at-image_model")
    assert words(fragment, "#at-text_model") == ""
    assert db.session.scalars(select(AiConnection)).all() == []


def test_an_offered_address_is_tested_when_it_is_taken(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    def answering(asked: Asked) -> Told:
        return whole()(asked) if asked.path.startswith("/v1/") else error(404, "Not found.")

    there.answer_by(answering)
    root = there.address.removesuffix("/v1")
    first = read(client.htmx(f"{NEW}/test", written(there, base_url=root)).text)
    offer = first.select_one("button[name=offered]")
    assert offer is not None and offer["value"] == there.address

    second = client.htmx(f"{NEW}/test", written(there, base_url=root, offered=offer["value"]))

    assert second.status_code == 200
    field = read(second.text).select_one("#address-field [name=base_url]")
    assert field is not None and field["value"] == there.address


def test_an_address_without_a_scheme_is_offered_with_http_where_https_fails(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    bare = there.address.removeprefix("http://")

    first = client.htmx(f"{NEW}/test", written(there, base_url=bare))
    page = client.send(NEW, written(there, base_url=bare))

    assert first.status_code == page.status_code == 422
    for text in (first.text, page.text):
        assert "It was asked by https, as no http:// was written." in words(read(text), "#tested")
        offer = read(text).select_one("button[name=offered]")
        assert offer is not None and offer["value"] == there.address
    assert client.htmx(f"{NEW}/test", written(there, base_url=bare, offered=there.address)).status_code == 200


def test_who_wrote_https_is_not_told_of_it(client: Visitor, account: Account, there: server.Endpoint) -> None:
    https = there.address.replace("http://", "https://")

    said = words(read(client.htmx(f"{NEW}/test", written(there, base_url=https)).text), "#tested")

    assert f"Test {there.address}" in said and "as no http" not in said


def test_what_does_not_work_can_be_saved_anyway(client: Visitor, account: Account, there: server.Endpoint) -> None:
    there.answer_by(whole(completions=error(401, "Incorrect API key.", code="invalid_api_key")))
    assert client.send(NEW, written(there)).status_code == 422

    answer = client.send(f"{NEW}/anyway", written(there))

    assert answer.status_code == 303
    assert only().tested_at is None
    assert "Not tested" in words(read(client.get("/account/ai").text), f"#endpoint-{only().id}")


def test_no_key_goes_in_the_open_even_untested(
    client: Visitor, account: Account, there: server.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.ai.openai.examine.addresses_of", lambda *_: ["93.184.216.34"])

    answer = client.send(f"{NEW}/anyway", written(there, base_url="http://api.example.com/v1"))

    assert answer.status_code == 422
    assert "everybody on the way could read the key" in words(read(answer.text), "#error-base_url")


@pytest.mark.parametrize("verb", ["", "/test", "/anyway"])
def test_the_key_does_not_go_to_the_host_that_a_preset_only_hints_at(
    client: Visitor, account: Account, there: server.Endpoint, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def send(*_: Any) -> None:
        raise AssertionError("nothing may be sent there")

    monkeypatch.setattr("webapp.ai.openai.examine.examine", send)
    form = drawn(client, f"{NEW}?preset=azure-openai") | {"key": KEY, "text_model": "writer"}

    page, fragment = client.send(f"{NEW}{verb}", form), client.htmx(f"{NEW}/test", form)

    assert page.status_code == fragment.status_code == 422
    said = "Put the name of your Azure resource in place of RESOURCE."
    assert said in words(read(page.text), "#error-base_url") and said in words(read(fragment.text), "#at-base_url")
    assert db.session.scalars(select(AiConnection)).all() == []


def test_a_server_of_ones_own_needs_no_key(client: Visitor, account: Account, there: server.Endpoint) -> None:
    made = added(client, there, key="", no_key="y")

    assert made.key is None
    assert client.send(NEW, written(there, name="Other", key="")).status_code == 422


def test_an_empty_field_keeps_the_key_and_what_is_asked_as_before_is_not_tested_again(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    made = added(client, there)
    asked = len(there.asked)

    answer = client.send(address(made), drawn(client, address(made)) | {"name": "Renamed", "at_a_time": "2"})

    assert answer.status_code == 303
    kept = only()
    assert (kept.name, kept.at_a_time, kept.key) == ("Renamed", 2, made.key)
    assert len(there.asked) == asked and kept.tested_at == made.tested_at


@pytest.mark.parametrize("verb", ["", "/test", "/anyway"])
def test_the_kept_key_goes_to_no_other_address(
    client: Visitor, account: Account, there: server.Endpoint, verb: str
) -> None:
    made = endpoint(account, base_url="https://api.example.com/v1")

    answer = client.send(address(made, verb), drawn(client, address(made)) | {"base_url": there.address})

    assert answer.status_code == 422
    assert "belongs to another address" in words(read(answer.text), "#error-key")
    assert there.asked == [] and only().base_url == "https://api.example.com/v1"


def test_a_key_of_another_secret_is_asked_for_again(client: Visitor, account: Account, there: server.Endpoint) -> None:
    made = endpoint(account, base_url=there.address, key=Secret("made with another key"))

    answer = client.send(address(made, "/test"), drawn(client, address(made)))

    assert answer.status_code == 422
    assert "SECRET_KEY has changed" in words(read(answer.text), "#error-key")


def test_a_test_of_what_is_kept_that_works_lets_runs_go_on(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    made = endpoint(account, base_url=there.address, image_model="", refused_at=now(), refusal="Wrong key.")
    assert "Wrong key." in words(read(client.get("/account/ai").text), ".banner.err")

    answer = client.htmx(address(made, "/test"), drawn(client, address(made)))

    assert answer.status_code == 200 and "It is saved like this already" in answer.text
    kept = only()
    assert kept.refused_at is None and kept.refusal == "" and kept.tested_at


def test_a_list_of_models_does_not_prove_the_key(client: Visitor, account: Account, there: server.Endpoint) -> None:
    made = endpoint(account, base_url=there.address, text_model="", image_model="", refused_at=now(), refusal="No.")

    client.htmx(address(made, "/test"), drawn(client, address(made)))

    assert only().refused_at is not None


def test_without_a_model_a_test_proves_nothing_of_the_key(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    there.answer_by(whole(completions=error(401, "Incorrect API key.", code="invalid_api_key")))

    tested = client.htmx(f"{NEW}/test", written(there, text_model=""))
    made = added(client, there, text_model="")

    said = words(read(tested.text), "#tested")
    assert tested.status_code == 200 and "It works" not in said
    assert (
        "It answers, and lists 3 models. Whether it takes the key shows only when a model is asked: name one." in said
    )
    listed = read(client.get("/account/ai").text)
    assert "Ours names no model" in words(listed, ".toast, .flash, [role=status]")
    assert "No model named" in words(listed, f"#endpoint-{made.id}")
    assert "name one" in words(read(client.get(address(made)).text), "#kept")


def test_without_a_key_nothing_is_said_of_one(client: Visitor, account: Account, there: server.Endpoint) -> None:
    tested = client.htmx(f"{NEW}/test", written(there, key="", no_key="y", text_model=""))

    assert "Whether they work shows only when a model is asked: name one." in words(read(tested.text), "#tested")


def test_an_endpoint_without_models_and_without_a_list_is_not_said_to_answer(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    there.answer_by(whole(models=error(404, "Not found.")))

    tested = client.htmx(f"{NEW}/test", written(there, text_model=""))

    assert "nothing is known of it yet" in words(read(tested.text), "#tested")


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (("gpt-x", "painter"), "Sites that chose nothing else ask Other from their next run on."),
        (("gpt-x", ""), "ask Other for texts from their next run on, and the embedded provider for pictures."),
        (("", "painter"), "ask Other for pictures from their next run on, and the embedded provider for texts."),
        (("", ""), "sites that chose nothing else use the embedded provider."),
    ],
    ids=["both", "texts", "pictures", "neither"],
)
def test_who_makes_it_the_default_reads_who_is_asked(
    client: Visitor, account: Account, models: tuple[str, str], said: str
) -> None:
    made = endpoint(account, name="Other", is_default=False, text_model=models[0], image_model=models[1])

    client.send(address(made, "/default"))

    assert said in " ".join(read(client.get("/account/ai").text).get_text(" ").split())


def test_a_new_key_lets_runs_go_on(client: Visitor, account: Account, there: server.Endpoint) -> None:
    made = endpoint(account, base_url=there.address, refused_at=now(), refusal="Wrong key.")

    client.send(address(made, "/anyway"), drawn(client, address(made)) | {"key": "sk-new"})

    kept = only()
    assert kept.refused_at is None and kept.key is not None and kept.key.reveal() == "sk-new"


def test_who_was_overtaken_sees_both_versions(client: Visitor, account: Account, there: server.Endpoint) -> None:
    made = added(client, there)
    form = drawn(client, address(made))
    client.send(address(made), form | {"name": "Theirs"})

    answer = client.send(address(made), form | {"name": "Yours"})

    assert answer.status_code == 409
    assert "Theirs Yours" in words(read(answer.text), "#overtaken .differs")
    assert only().name == "Theirs"


def test_two_of_an_account_are_not_called_alike(client: Visitor, account: Account, there: server.Endpoint) -> None:
    added(client, there)
    asked = len(there.asked)

    answer = client.send(NEW, written(there))

    assert answer.status_code == 422 and "already" in words(read(answer.text), "#error-name")
    assert len(there.asked) == asked


def test_the_default_moves(client: Visitor, account: Account) -> None:
    first, second = endpoint(account), endpoint(account, name="Other", is_default=False)

    assert client.send(address(second, "/default")).status_code == 303

    db.session.expire_all()
    assert (first.is_default, second.is_default) == (False, True)


def test_forgetting_says_who_asks_it_and_is_recorded(client: Visitor, account: Account) -> None:
    where = address(endpoint(account))
    factories.site(account, name="Herb notes")

    asked = client.get(f"{where}/forget")
    assert "Herb notes" in words(read(asked.text), ".confirm")
    assert client.send(f"{where}/forget").status_code == 303

    assert db.session.scalars(select(AiConnection)).all() == []
    events = db.session.scalars(select(AccountEvent.text).where(AccountEvent.account_id == account.id)).all()
    assert "Forgot the endpoint OpenAI, with its key and its prices." in events
    assert client.get(where).status_code == 404


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_who_is_no_owner_looks_and_changes_nothing(client: Visitor, account: Account, role: Role) -> None:
    made = endpoint(account, key=Secret.of(KEY))
    factories.signed_in(client, factories.member(role, of=account).user)

    page = client.get(address(made))

    assert page.status_code == 200 and KEY not in page.text
    assert read(page.text).select("#endpoint, #price") == []
    assert not read(client.get("/account/ai").text).select("#add")
    for verb in ("", "/test", "/anyway", "/default", "/forget", "/prices", "/prices/remove"):
        assert client.send(address(made, verb)).status_code == 403
    assert client.get(NEW).status_code == 403


def test_the_account_that_is_named_counts(client: Visitor, member: Member) -> None:
    other = factories.account("Zoo")
    assert client.get(f"{NEW}?account={other.id}").status_code == 404

    page = read(client.get(f"/account/ai?account={member.account_id}").text)

    assert not re.search("Zoo", page.get_text())


def price(client: Visitor, connection: AiConnection, **fields: str) -> Any:
    form = {"model": "gpt-x", "valid_from": "2026-03-01", "input": "", "cached_input": "", "output": "", "image": ""}
    return client.send(address(connection, "/prices"), form | fields)


def test_prices_have_a_history_and_unknown_ones_say_so(client: Visitor, account: Account) -> None:
    made = endpoint(account)
    assert "gpt-x – unknown unknown unknown unknown" in words(read(client.get(address(made)).text), "#prices")

    assert price(client, made, input="0.15", output="0,6").status_code == 303
    assert price(client, made, valid_from="2026-06-01", input="0.1", cached_input="0.025").status_code == 303

    said = words(read(client.get(address(made)).text), "#prices table")
    assert "gpt-x 2026-06-01 $0.10 $0.025 unknown unknown" in said
    assert "gpt-x 2026-03-01 $0.15 as input $0.60 unknown" in said
    assert said.index("2026-06-01") < said.index("2026-03-01")


def test_cached_input_is_unknown_where_other_input_is(client: Visitor, account: Account) -> None:
    made = endpoint(account)
    price(client, made, output="0.6")

    page = read(client.get(address(made)).text)

    assert "gpt-x 2026-03-01 unknown unknown $0.60 unknown" in words(page, "#prices table")
    assert words(page, "#prices td.word") == "2026-03-01"


def test_a_price_is_edited_and_removed(client: Visitor, account: Account) -> None:
    made = endpoint(account)
    price(client, made, input="0.15")
    edit = f"{address(made)}?model=gpt-x&from=2026-03-01"
    assert read(client.get(edit).text).select_one("#price [name=input]")["value"] == "0.15"  # type: ignore[index]

    price(client, made, input="0.2")
    assert "$0.20" in words(read(client.get(address(made)).text), "#prices table")
    client.send(address(made, "/prices/remove"), {"model": "gpt-x", "valid_from": "2026-03-01"})

    assert "$" not in words(read(client.get(address(made)).text), "#prices table")


def test_the_calls_that_are_there_are_reckoned_anew(client: Visitor, account: Account) -> None:
    made = endpoint(account)
    call = factories.call(
        factories.run(factories.site(account)), CallStatus.ANSWERED, reply="Hello.", connection_id=made.id,
        model="openai/gpt-x", input_tokens=1_000_000, answered_at=now(),
    )  # fmt: skip

    price(client, made, input="0.15")
    assert call.cost == 150_000
    client.send(address(made, "/prices/remove"), {"model": "gpt-x", "valid_from": "2026-03-01"})
    assert call.cost is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"input": "a lot"}, "input"),
        ({"input": "1.1234567"}, "input"),
        ({"output": "2000.01"}, "output"),
        ({"image": "-1"}, "image"),
        ({"valid_from": "soon", "input": "1"}, "valid_from"),
        ({"model": "gpt-z", "input": "1"}, "model"),
        ({}, "input"),
    ],
    ids=["words", "too fine", "too much", "negative", "no day", "another model", "nothing"],
)
def test_what_is_no_price_is_refused(client: Visitor, account: Account, fields: dict[str, str], field: str) -> None:
    made = endpoint(account)

    answer = price(client, made, **fields)

    assert answer.status_code == 422
    assert read(answer.text).select_one(f"#price #error-{field}")
    assert db.session.scalars(select(ModelPrice)).all() == []


def test_a_test_says_what_it_cost_where_the_price_is_known(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    made = added(client, there, image_model="painter")
    price(client, made, model="writer", input="1", output="2", valid_from="2026-01-01")
    said = words(read(client.get(address(made)).text), "#kept")
    assert "It cost unknown: painter has no price: set it below" in said

    price(client, made, model="painter", image="0.04", valid_from="2026-01-01")

    assert "It cost $0.040075" in words(read(client.get(address(made)).text), "#kept")


def test_a_test_of_what_is_not_saved_says_when_its_price_can_be_set(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    said = words(read(client.htmx(f"{NEW}/test", written(there)).text), "#tested")

    assert "It cost unknown: writer has no price, which can be set once it is saved" in said


def test_a_weaker_form_of_answer_is_named_with_what_became_of_the_better_one(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    def answering(asked: Asked) -> Told:
        is_refused = asked.json.get("response_format", {}).get("type") == "json_schema"
        return error(400, "response_format json_schema is not supported") if is_refused else whole()(asked)

    there.answer_by(lambda asked: answering(asked) if asked.json else whole()(asked))

    found = read(client.htmx(f"{NEW}/test", written(there)).text)

    assert "Answers json_object" in words(found, "#tested .facts")
    assert "json_schema (best) refused plain text works" in words(found, "#tested details")


def test_where_nobody_answers_nothing_is_told_of_what_it_took(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        said = words(read(client.htmx(f"{NEW}/test", written(there, base_url=nowhere)).text), "#tested")

    assert "Nobody answers" in said
    assert "It cost" not in said and "The test took" not in said and "does not list" not in said


def test_a_site_says_which_of_its_endpoints_refuses_the_key(client: Visitor, account: Account) -> None:
    site = factories.site(account)
    made = endpoint(account, refused_at=now(), refusal="Wrong key.")

    for where in ("", "automation"):
        page = read(client.get(f"/sites/{site.slug}/{where}").text)
        assert "OpenAI refuses its key" in words(page, "#key-refused")
        assert page.select_one(f"#key-refused a[href='{address(made)}']")

    made.refused_at = None
    assert "key-refused" not in client.get(f"/sites/{site.slug}/").text


def test_so_many_tests_at_once_that_pages_would_wait_are_refused(
    client: Visitor, account: Account, there: server.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_testing, "_places", threading.BoundedSemaphore(1))
    endpoint_testing._places.acquire()

    answer = client.send(NEW, written(there))
    assert answer.status_code == 409 and "Nothing was saved" in answer.text
    assert there.asked == []

    endpoint_testing._places.release()
    assert client.send(NEW, written(there)).status_code == 303
    assert endpoint_testing._places.acquire(blocking=False)  # it was given back


def test_a_model_whose_name_is_longer_than_can_be_kept_is_refused_at_its_field(
    client: Visitor, account: Account, there: server.Endpoint
) -> None:
    answer = client.send(NEW, written(there, text_model="m" * 151))

    assert answer.status_code == 422 and "150" in answer.text
