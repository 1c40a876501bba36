"""What an endpoint can do, and in words what is to be mended."""

import base64
import socket
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.ai.openai import server
from tests.ai.openai.server import Asked, Told, chat, error
from webapp.ai.openai.endpoint import Endpoint
from webapp.ai.openai.examine import Abilities, Delivery, Field, Outcome, examine
from webapp.ai.openai.formats import Dialects, Option, Rung
from webapp.ai.provider import Usage
from webapp.core.redis import connection
from webapp.core.secrets import Secret

KEY = "sk-a-key-that-nobody-else-may-see"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40
GREEN = '{"colour": "green"}'
MODELS = Told({"data": [{"id": name} for name in ("writer-large", "writer-small", "drawer", "embedder")]})
PICTURE = Told({"data": [{"b64_json": base64.b64encode(PNG).decode()}], "usage": {"input_tokens": 2}})
VECTORS = Told({"data": [{"index": n, "embedding": [0.5] * 8} for n in range(2)], "usage": {"prompt_tokens": 4}})


def kind_of(asked: Asked) -> str:
    """The form of an answer that a question wants."""
    return str(asked.json.get("response_format", {}).get("type", "plain"))


def whole(text: Callable[[Asked], Told] = lambda _: chat(GREEN), **others: Told) -> Callable[[Asked], Told]:
    """An endpoint that can do everything, but for what is told otherwise."""
    told = {"models": MODELS, "generations": PICTURE, "embeddings": VECTORS} | others

    def answering(asked: Asked) -> Told:
        last = asked.path.rpartition("/")[2]
        return text(asked) if last == "completions" else told[last]

    return answering


def look(endpoint: server.Endpoint, *models: str, **fields: Any) -> Abilities:
    defaults: dict[str, Any] = {"base_url": endpoint.address, "key": Secret.of(KEY)}
    return examine(Endpoint(**(defaults | fields)), *(models or ("writer-large", "drawer", "embedder")), seconds=5)


def only_problem(found: Abilities) -> tuple[Field, str]:
    [problem] = found.problems
    assert problem.remedy and KEY not in f"{found}"
    return problem.field, problem.sentence


def test_an_endpoint_that_can_do_everything(endpoint: server.Endpoint) -> None:
    endpoint.answer_by(whole())

    found = look(endpoint)

    assert set(found.forms.values()) == {Outcome.WORKS} and found.writes
    assert (found.pictures, found.embedding_length, found.problems) == (Delivery.IN_THE_ANSWER, 8, [])
    assert found.usage == Usage(3 * 11 + 2 + 4, 3 * 7)
    assert found.models == ["writer-large", "writer-small", "drawer", "embedder"]
    assert len(endpoint.posts) == 5


def test_what_was_found_can_be_kept(endpoint: server.Endpoint) -> None:
    endpoint.answer_by(whole())
    found = look(endpoint)

    assert Abilities.from_json(found.to_json()) == found
    assert Abilities.from_json(Abilities().to_json()) == Abilities()


def test_what_is_not_named_is_not_asked(endpoint: server.Endpoint) -> None:
    endpoint.answer_by(whole())

    found = look(endpoint, "")

    assert set(found.forms.values()) == {Outcome.NOT_TRIED} and found.problems == []
    assert endpoint.posts == []


def test_forms_that_are_refused_or_ignored_are_told_apart(endpoint: server.Endpoint) -> None:
    def text(asked: Asked) -> Told:
        match kind_of(asked):
            case "json_schema":
                return error(400, "response_format json_schema is not supported")
            case "json_object":
                return chat("Leaves are green.")
            case _:
                return chat(f"<think>hm</think>{GREEN}")

    endpoint.answer_by(whole(text))

    found = look(endpoint, "writer-large")

    assert found.forms == {
        Rung.SCHEMA: Outcome.REFUSED, Rung.OBJECT: Outcome.IGNORED, Rung.PLAIN: Outcome.WORKS,
    }  # fmt: skip
    assert Dialects(endpoint.address, connection()).of("writer-large").rung is Rung.PLAIN


def test_what_was_learned_before_is_looked_at_anew(endpoint: server.Endpoint) -> None:
    endpoint.answer_by(whole(lambda asked: error(400, "no response_format") if "r" in kind_of(asked) else chat(GREEN)))
    look(endpoint, "writer-large")
    endpoint.answer_by(whole())

    look(endpoint, "writer-large")

    assert Dialects(endpoint.address, connection()).of("writer-large").rung is Rung.SCHEMA


def test_a_model_that_refuses_options_is_asked_without_them(endpoint: server.Endpoint) -> None:
    def text(asked: Asked) -> Told:
        for name in ("max_tokens", "temperature"):
            if name in asked.json:
                return error(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name)
        return chat(GREEN)

    endpoint.answer_by(whole(text))

    found = look(endpoint, "writer-large")

    assert set(found.forms.values()) == {Outcome.WORKS}
    known = Dialects(endpoint.address, connection()).of("writer-large")
    assert (known.rung, known.refused) == (Rung.SCHEMA, {Option.MAX_TOKENS, Option.TEMPERATURE})
    assert len(endpoint.posts) == 5


def test_a_model_that_cannot_follow_is_named(endpoint: server.Endpoint) -> None:
    endpoint.answer_by(whole(lambda _: chat("Green!")))

    field, said = only_problem(look(endpoint, "writer-large"))

    assert (field, said) == (Field.TEXT_MODEL, "writer-large answers, but not in the form that it is asked for.")


def test_a_picture_from_an_address(endpoint: server.Endpoint) -> None:
    told = Told({"data": [{"url": endpoint.address + "/picture"}]})
    endpoint.answer_by(whole(generations=told, picture=Told(PNG)))

    assert look(endpoint, "", "drawer").pictures is Delivery.FROM_AN_ADDRESS


def test_a_model_that_is_not_there_is_told_with_those_that_are(endpoint: server.Endpoint) -> None:
    missing = error(404, "The model `writer-larg` does not exist", code="model_not_found")
    endpoint.answer_by(whole(lambda _: missing))

    found = look(endpoint, "writer-larg", "drawer")

    [problem] = found.problems
    assert problem.field is Field.TEXT_MODEL and "has no such model" in problem.sentence
    assert problem.remedy == "There are: writer-large, writer-small, drawer, embedder."
    assert found.pictures is Delivery.IN_THE_ANSWER


@pytest.mark.parametrize(("key", "remedy"), [(Secret.of, "Copy it again"), (lambda _: None, "wants a key")])
def test_a_key_that_is_refused_ends_it(endpoint: server.Endpoint, key: Any, remedy: str) -> None:
    endpoint.tell(error(401, f"Wrong: {key(KEY) and KEY}"))

    found = look(endpoint, key=key(KEY))

    assert only_problem(found)[0] is Field.KEY and remedy in found.problems[0].remedy
    assert endpoint.posts == []


def test_an_account_without_money_ends_it(endpoint: server.Endpoint) -> None:
    endpoint.answer_by(whole(lambda _: error(429, "You exceeded your current quota", code="insufficient_quota")))

    found = look(endpoint)

    assert only_problem(found)[0] is Field.KEY and "balance" in found.problems[0].remedy
    assert len(endpoint.posts) == 1


def test_an_address_that_lacks_its_end(endpoint: server.Endpoint) -> None:
    def only_below_v1(asked: Asked) -> Told:
        return whole()(asked) if asked.path.startswith("/v1/") else error(404, "Not Found")

    endpoint.answer_by(only_below_v1)
    base = endpoint.address.removesuffix("/v1")

    found = look(endpoint, base_url=base)

    assert only_problem(found)[0] is Field.BASE_URL
    assert found.problems[0].offer == endpoint.address


def test_a_web_site_is_no_endpoint(endpoint: server.Endpoint) -> None:
    endpoint.tell(Told("<!doctype html><title>Shop</title>", headers={"Content-Type": "text/html"}))

    field, said = only_problem(look(endpoint))

    assert field is Field.BASE_URL and "is not the address of an OpenAI-compatible endpoint" in said


def test_what_an_endpoint_does_not_do_is_no_matter_of_its_address(endpoint: server.Endpoint) -> None:
    endpoint.answer_by(whole(generations=error(404, "File Not Found"), embeddings=error(501, "Not supported")))

    found = look(endpoint)

    assert [problem.field for problem in found.problems] == [Field.IMAGE_MODEL, Field.EMBEDDING_MODEL]
    assert all("does not do that" in problem.sentence for problem in found.problems)
    assert found.writes


def test_an_address_where_nobody_listens(app: Flask) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = examine(Endpoint(f"http://127.0.0.1:{free.getsockname()[1]}/v1"), "m", seconds=5)

    assert only_problem(found)[0] is Field.BASE_URL and "Nobody answers" in found.problems[0].sentence


def test_a_private_address(endpoint: server.Endpoint, public_only: None) -> None:
    found = look(endpoint)

    assert only_problem(found)[0] is Field.BASE_URL and "ALLOW_PRIVATE_TARGETS" in found.problems[0].remedy
    assert endpoint.asked == []


def test_a_name_that_nobody_has(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    found = examine(Endpoint("https://api.exmaple.com/v1", Secret.of(KEY)), "m")

    assert only_problem(found) == (Field.BASE_URL, "There is no machine called api.exmaple.com.")


def test_a_key_does_not_go_over_the_internet_unencrypted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.ai.openai.examine.addresses_of", lambda *_: ["93.184.216.34"])

    found = examine(Endpoint("http://api.example.com/v1", Secret.of(KEY)), "m")

    assert only_problem(found)[0] is Field.BASE_URL
    assert found.problems[0].offer == "https://api.example.com/v1"


def test_where_https_fails_http_is_offered_unless_the_key_would_go_in_the_open(
    endpoint: server.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    https = endpoint.address.replace("http://", "https://")
    assert look(endpoint, base_url=https).problems[0].offer == endpoint.address

    monkeypatch.setattr("webapp.ai.openai.examine.addresses_of", lambda *_: ["93.184.216.34"])
    assert look(endpoint, base_url=https).problems[0].offer == ""


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (error(500, "Out of memory"), "cannot answer just now (500): “Out of memory”"),
        (error(400, "Loading"), "refuses it (400): “Loading”"),
        (Told({"data": [{"embedding": []}]}), "cannot be used: the answer does not hold one list of numbers"),
    ],
)
def test_what_else_goes_wrong_is_told_of_the_model(endpoint: server.Endpoint, told: Told, words: str) -> None:
    endpoint.answer_by(whole(embeddings=told))

    field, said = only_problem(look(endpoint, "", "", "embedder"))

    assert field is Field.EMBEDDING_MODEL and words in said


def test_a_picture_that_nobody_can_show(endpoint: server.Endpoint) -> None:
    svg = Told({"data": [{"b64_json": base64.b64encode(b"<svg/>").decode()}]})
    endpoint.answer_by(whole(generations=svg))

    assert "format that we cannot show" in only_problem(look(endpoint, "", "drawer"))[1]
