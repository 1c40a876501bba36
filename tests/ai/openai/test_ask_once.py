"""One call is one POST, whatever comes back; and what comes back is read as it was reported."""

import base64
import logging
import os
import socket
from typing import Any

import httpx
import pytest
from flask import Flask

from tests.ai.openai import server
from tests.ai.openai.server import Told, chat, error
from webapp.ai.openai.answers import Unusable
from webapp.ai.openai.client import Client, Message, Question, Role
from webapp.ai.openai.endpoint import Endpoint, SignIn
from webapp.ai.openai.failures import ModelMissing, NoEndpoint, NotReached, Refusal
from webapp.ai.provider import Finish, KeyRefused, OutcomeUnknown, ProviderError, QuotaUsedUp, Usage
from webapp.core.secrets import Secret

KEY = "sk-a-key-that-nobody-else-may-see-0123456789"
PIXEL = b"\x89PNG\r\n\x1a\n" + b"x" * 40


def client(address: str, **fields: Any) -> Client:
    return Client(Endpoint(address, **({"key": Secret.of(KEY)} | fields)))


def question(model: str = "m", **options: Any) -> Question:
    return Question(model, [Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Hello?")], options)


def failure(endpoint: server.Endpoint, *told: Told, seconds: float = 5) -> ProviderError:
    """How a call fails when the endpoint is told so; that it was one POST."""
    endpoint.tell(*told)
    with pytest.raises(ProviderError) as raised:
        client(endpoint.address).chat(question(), seconds)
    assert len(endpoint.posts) == 1
    assert KEY not in str(raised.value) and KEY[:20] not in str(raised.value)
    return raised.value


def test_a_question_arrives_as_it_was_put(endpoint: server.Endpoint) -> None:
    answer = client(endpoint.address).chat(question(temperature=0.2, max_tokens=5), 5)

    [asked] = endpoint.posts
    assert (asked.path, asked.headers["authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert asked.json == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "temperature": 0.2,
        "max_tokens": 5,
    }
    assert (answer.text, answer.finish, answer.usage) == ("Hello.", Finish.COMPLETE, Usage(11, 7))


@pytest.mark.parametrize(
    ("said", "finish"), [("stop", Finish.COMPLETE), ("length", Finish.LENGTH), ("content_filter", Finish.FILTERED)]
)
def test_why_an_answer_ends(endpoint: server.Endpoint, said: str, finish: Finish) -> None:
    endpoint.tell(chat("Hel", said))

    assert client(endpoint.address).chat(question(), 5).finish is finish


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(9, 3, 4)),
        ({"input_tokens": 9, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 4}}, Usage(9, 3, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_cache_hit_tokens": 2}, Usage(9, 3, 2)),
        ({"prompt_tokens": None, "completion_tokens": "many"}, Usage()),
        ({"prompt_tokens": -5, "completion_tokens": 1e300}, Usage()),  # nobody counts so far
        ({}, Usage()),
    ],
)
def test_tokens_are_those_that_were_reported(endpoint: server.Endpoint, reported: Any, usage: Usage) -> None:
    endpoint.tell(chat("Hello.", usage=reported))

    assert client(endpoint.address).chat(question(), 5).usage == usage


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({"sign_in": SignIn.API_KEY}, {"api-key": KEY}),
        ({"key": None}, {}),
        ({}, {"authorization": f"Bearer {KEY}"}),
    ],
)
def test_the_key_goes_where_it_belongs_and_nothing_of_the_environment_with_it(
    endpoint: server.Endpoint, fields: Any, header: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setitem(os.environ, name, "of-the-operator")
    monkeypatch.setitem(os.environ, "OPENAI_CUSTOM_HEADERS", "X-Mine: of-the-operator")

    client(endpoint.address, **fields).chat(question(), 5)

    sent = endpoint.posts[0].headers
    assert {name: sent[name] for name in ("authorization", "api-key") if name in sent} == header
    assert "of-the-operator" not in str(sent)


def test_an_older_azure_address_names_the_deployment_and_the_version(endpoint: server.Endpoint) -> None:
    azure = client(endpoint.address.replace("/v1", "/openai"), api_version="2024-10-21", sign_in=SignIn.API_KEY)
    azure.chat(question("my model"), 5)

    assert endpoint.posts[0].path == "/openai/deployments/my%20model/chat/completions?api-version=2024-10-21"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 409])
def test_what_passes_may_be_tried_again(endpoint: server.Endpoint, status: int) -> None:
    failed = failure(endpoint, error(status, "Come back later."))

    assert (failed.permanent, type(failed)) == (False, ProviderError)
    assert "Come back later" in failed.sentence and failed.retry_after is None


@pytest.mark.parametrize("status", [504, 524, 408])
def test_a_gateway_that_gave_up_waiting_leaves_the_outcome_unknown(endpoint: server.Endpoint, status: int) -> None:
    assert isinstance(failure(endpoint, error(status)), OutcomeUnknown)


@pytest.mark.parametrize("status", [400, 404, 413, 422, 501])
def test_what_is_refused_for_good_says_why(endpoint: server.Endpoint, status: int) -> None:
    failed = failure(endpoint, error(status, "This model's maximum context length is 4096 tokens.", code="too_long"))

    assert isinstance(failed, Refusal) and failed.permanent
    assert "maximum context length is 4096 tokens" in failed.sentence and failed.code == "too_long"


@pytest.mark.parametrize(
    "told",
    [
        error(404, "The model `x` does not exist or you do not have access to it.", code="model_not_found"),
        error(404, 'model "x" not found, try pulling it first'),
        error(400, "Invalid model name passed in model=x"),
        error(404, "The API deployment for this resource does not exist.", code="DeploymentNotFound"),
        error(403, "Project `p` does not have access to model `x`", code="model_not_found"),
    ],
)
def test_a_model_that_is_not_there_is_told_apart(endpoint: server.Endpoint, told: Told) -> None:
    failed = failure(endpoint, told)

    assert isinstance(failed, ModelMissing) and failed.permanent
    assert "has no such model for us" in failed.sentence


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_stops_everything(endpoint: server.Endpoint, status: int) -> None:
    failed = failure(endpoint, error(status, f"Incorrect API key provided: {KEY}. Look for it under keys."))

    assert isinstance(failed, KeyRefused)
    assert "Incorrect API key provided: …" in failed.sentence


@pytest.mark.parametrize("said", ["API key not valid. Please pass a valid API key.", "Incorrect API key provided."])
def test_some_say_so_with_the_status_of_a_bad_request(endpoint: server.Endpoint, said: str) -> None:
    assert isinstance(failure(endpoint, error(400, said)), KeyRefused)


def test_what_a_moderator_refuses_is_no_matter_of_the_key(endpoint: server.Endpoint) -> None:
    failed = failure(endpoint, error(403, "Your input was flagged by moderation."))

    assert isinstance(failed, Refusal)


@pytest.mark.parametrize(
    "told",
    [
        error(429, "You exceeded your current quota, please check your plan and billing.", code="insufficient_quota"),
        error(429, "Insufficient balance"),
        error(402, "This request requires more credits"),
        error(400, "Your credit balance is too low to access the API."),
        error(429, "Out", code="insufficient_quota", headers={"Retry-After": "3"}),
    ],
)
def test_a_quota_that_is_used_up_is_not_waited_for(endpoint: server.Endpoint, told: Told) -> None:
    failed = failure(endpoint, told)

    assert isinstance(failed, QuotaUsedUp) and failed.permanent
    assert "no quota or money left" in failed.sentence


def test_a_limit_that_is_called_a_quota_is_waited_for_where_it_says_how_long(endpoint: server.Endpoint) -> None:
    failed = failure(endpoint, error(429, "You exceeded your current quota. Please retry in 20.5s."))

    assert (failed.permanent, failed.retry_after) == (False, 20.5)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "-7"}, 0),
        ({"Retry-After": "999999999"}, 24 * 3600),
        ({"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30s"}, 90),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "6m0s",
          "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2s"}, 2),
        ({"x-ratelimit-reset-requests": "1790000000000"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_how_long_to_wait(endpoint: server.Endpoint, headers: dict[str, str], seconds: float | None) -> None:
    assert failure(endpoint, error(429, headers=headers)).retry_after == seconds


def test_a_date_to_wait_for_is_in_the_future(endpoint: server.Endpoint) -> None:
    failed = failure(endpoint, error(503, headers={"Retry-After": "Wed, 01 Jan 2200 00:00:00 GMT"}))

    assert failed.retry_after == 24 * 3600


def test_an_answer_that_does_not_come_in_time_leaves_the_outcome_unknown(endpoint: server.Endpoint) -> None:
    failed = failure(endpoint, chat("Late.", delay=1.5), seconds=0.3)

    assert isinstance(failed, OutcomeUnknown) and "did not answer in time" in failed.sentence


@pytest.mark.parametrize("told", [Told(hangs_up=True), chat("Hello.", cut=20), Told(b'{"choices": [{"mess')])
def test_a_connection_that_breaks_leaves_the_outcome_unknown(endpoint: server.Endpoint, told: Told) -> None:
    assert isinstance(failure(endpoint, told), OutcomeUnknown)


def test_where_nobody_listens_nothing_was_sent(app: Flask) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(ProviderError, match="Nobody answers at 127") as raised:
            client(f"http://127.0.0.1:{free.getsockname()[1]}/v1").chat(question(), 5)
    assert (type(raised.value), raised.value.permanent) == (NotReached, False)


def test_a_private_address_is_not_asked_unless_the_operator_allows_it(
    endpoint: server.Endpoint, public_only: None
) -> None:
    with pytest.raises(ProviderError, match="private network") as raised:
        client(endpoint.address).chat(question(), 5)
    assert (raised.value.permanent, endpoint.asked) == (False, [])


@pytest.mark.parametrize("key", ["sk-ключ", "sk-a\nHost: elsewhere"])
def test_a_key_that_no_header_can_carry_is_refused_before_anything_is_sent(endpoint: server.Endpoint, key: str) -> None:
    with pytest.raises(KeyRefused) as raised:
        client(endpoint.address, key=Secret.of(key)).chat(question(), 5)
    assert key not in str(raised.value) and endpoint.asked == []


def test_a_redirect_is_not_followed(endpoint: server.Endpoint) -> None:
    elsewhere = {"Location": "https://example.com/v1/chat/completions"}

    assert "leads on to another address" in failure(endpoint, Told(status=307, headers=elsewhere)).sentence


def test_a_web_page_is_no_answer(endpoint: server.Endpoint) -> None:
    failed = failure(endpoint, Told("<!doctype html><title>Sign in</title>", headers={"Content-Type": "text/html"}))

    assert isinstance(failed, NoEndpoint) and not failed.permanent and "web page" in failed.sentence


def test_an_error_page_is_told_in_its_own_words(endpoint: server.Endpoint) -> None:
    page = "<html><style>p{}</style><body><h1>502&nbsp;Bad Gateway</h1>\n<script>alert(1)</script>nginx</body></html>"

    assert failure(endpoint, Told(page, 502)).sentence.endswith("(502): “502 Bad Gateway nginx”.")


def test_an_error_in_the_guise_of_a_success_is_an_error(endpoint: server.Endpoint) -> None:
    told = {"error": {"code": 429, "message": "Provider returned error", "metadata": {"raw": "slow down"}}}

    failed = failure(endpoint, Told(told))

    assert not failed.permanent and "Provider returned error (slow down)" in failed.sentence


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": [{"loc": ["body", "messages"], "msg": "Field required"}]}, "body.messages: Field required"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"error": "model is loading"}, "model is loading"),
        ({"object": "error", "message": "No."}, "No."),
        ("plain words", "plain words"),
        (b"\xff\xfe broken", "broken"),
        ("[" * 30_000, "["),
        ({"error": {"message": 5}}, ""),
    ],
)
def test_the_words_of_an_error_are_found_wherever_a_server_puts_them(
    endpoint: server.Endpoint, body: Any, words: str
) -> None:
    assert words.rstrip(".") in failure(endpoint, Told(body, 422)).sentence


@pytest.mark.parametrize(
    "echo",
    [KEY, f"Bearer {KEY}", f"{KEY[:15]}…", f"{KEY[:6]}********{KEY[-4:]}", f'"{KEY}"'],
)
def test_a_key_that_the_server_repeats_is_taken_out(
    endpoint: server.Endpoint, echo: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        failed = failure(endpoint, error(400, f"I was sent {echo} and did not like it.", code=KEY, param=KEY))

    assert isinstance(failed, Refusal)
    assert KEY not in f"{failed.said}{failed.code}{failed.param}{caplog.text}{failed!r}" and KEY[-4:] not in failed.said
    assert "I was sent" in failed.said


def test_five_megabytes_of_text_are_read_and_more_is_not(endpoint: server.Endpoint) -> None:
    endpoint.tell(chat("x" * 4_999_000), chat("x" * 5_500_000), chat("x" * 7_000_000))
    asking = client(endpoint.address)

    assert len(asking.chat(question(), 20).text) == 4_999_000
    with pytest.raises(Unusable, match="longer than 5,000,000") as raised:
        asking.chat(question(), 20)
    assert raised.value.usage == Usage(11, 7)
    with pytest.raises(Unusable, match="longer than 6,000,000"):
        asking.chat(question(), 20)
    assert len(endpoint.posts) == 3


def test_bytes_that_are_no_utf8_are_replaced(endpoint: server.Endpoint) -> None:
    body = chat("@@").bytes.replace(b"@@", b"caf\xe9")
    endpoint.tell(Told(body), Told(b"\xef\xbb\xbf" + chat("With a mark.").bytes))

    assert client(endpoint.address).chat(question(), 5).text == "caf\N{REPLACEMENT CHARACTER}"
    assert client(endpoint.address).chat(question(), 5).text == "With a mark."


@pytest.mark.parametrize(
    "choices", [[], None, "none", [None], [{"message": None}], [{"message": {"content": None}}], [{"message": "x"}]]
)
def test_an_answer_without_text_is_an_empty_one(endpoint: server.Endpoint, choices: Any) -> None:
    endpoint.tell(Told({"choices": choices, "usage": {"prompt_tokens": 3}}))

    answer = client(endpoint.address).chat(question(), 5)
    assert (answer.text, answer.usage) == ("", Usage(3, 0))


def test_text_in_parts_is_put_together(endpoint: server.Endpoint) -> None:
    body = chat("").body
    assert isinstance(body, dict)
    body["choices"][0]["message"]["content"] = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo."}]
    endpoint.tell(Told(body))

    assert client(endpoint.address).chat(question(), 5).text == "Hello."


@pytest.mark.parametrize("encoded", [base64.b64encode(PIXEL).decode(), None])
def test_a_picture_comes_in_the_answer_or_from_an_address(endpoint: server.Endpoint, encoded: str | None) -> None:
    address = endpoint.address.replace("/v1", "/picture.png")
    one = {"b64_json": encoded} if encoded else {"url": address}
    told = Told({"data": [one | {"revised_prompt": "A cat."}], "usage": {"input_tokens": 5, "output_tokens": 99}})
    endpoint.answer_by(lambda asked: told if asked.method == "POST" else Told(PIXEL))

    drawn = client(endpoint.address).draw("m", "a cat", {"size": "1024x1024"}, 5)

    assert (drawn.data, drawn.prompt, drawn.usage) == (PIXEL, "A cat.", Usage(5, 99))
    [asked] = endpoint.posts
    assert asked.json == {"model": "m", "prompt": "a cat", "size": "1024x1024"}
    fetched = [asked for asked in endpoint.asked if asked.method == "GET"]
    assert all("authorization" not in asked.headers for asked in fetched)


def test_a_picture_that_cannot_be_fetched_was_drawn_once_all_the_same(endpoint: server.Endpoint) -> None:
    told = Told({"data": [{"url": endpoint.address + "/gone.png"}], "usage": {"output_tokens": 9}})
    endpoint.answer_by(lambda asked: told if asked.method == "POST" else Told(status=410))

    with pytest.raises(Unusable, match="could not be fetched: its address answers with status 410") as raised:
        client(endpoint.address).draw("m", "a cat", {}, 5)
    assert raised.value.usage == Usage(0, 9)
    assert len(endpoint.posts) == 1


def test_a_picture_is_not_fetched_from_a_private_address(
    endpoint: server.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.core.guard.is_public", lambda one: one == "127.0.0.1")
    asking = client(endpoint.address)
    asking._allow_private = False
    endpoint.tell(Told({"data": [{"url": "http://127.0.0.2:9/latest/meta-data"}]}))

    with pytest.raises(Unusable, match="private network"):
        asking.draw("m", "a cat", {}, 5)


@pytest.mark.parametrize("data", [[], [{}], None, [{"b64_json": "?"}], [{"b64_json": 7}], [{"url": 5}]])
def test_an_answer_without_a_picture_says_so(endpoint: server.Endpoint, data: Any) -> None:
    endpoint.tell(Told({"data": data, "choices": [1]}))

    with pytest.raises(Unusable, match="picture"):
        client(endpoint.address).draw("m", "a cat", {}, 5)


def test_embeddings_come_in_the_order_of_their_texts(endpoint: server.Endpoint) -> None:
    rows = [{"index": 1, "embedding": [3, 4.5]}, {"index": 0, "embedding": [1, 2]}]
    endpoint.tell(Told({"data": rows, "usage": {"prompt_tokens": 6}}))

    found = client(endpoint.address).embed("m", ["a", "b"], 5)

    assert (found.vectors, found.usage) == ([[1, 2], [3, 4.5]], Usage(6, 0))
    assert endpoint.posts[0].json == {"model": "m", "input": ["a", "b"], "encoding_format": "float"}


@pytest.mark.parametrize(
    "rows", [None, [], [{"embedding": [1]}], [{"embedding": []}] * 2, [{"embedding": ["a"]}] * 2, ["x", "y"],
             [{"embedding": [1]}, {"embedding": [1, 2]}]],
)  # fmt: skip
def test_embeddings_that_do_not_fit_their_texts_are_not_used(endpoint: server.Endpoint, rows: Any) -> None:
    endpoint.tell(Told({"data": rows, "choices": [1]}))

    with pytest.raises(Unusable):
        client(endpoint.address).embed("m", ["a", "b"], 5)


def test_the_models_that_there_are(endpoint: server.Endpoint) -> None:
    endpoint.tell(Told({"data": [{"id": "a"}, {"id": "b"}, {"name": "c"}, {}, "d"]}))

    assert client(endpoint.address).models(5) == ["a", "b", "c"]
    assert endpoint.posts == []


def test_an_endpoint_that_asks_the_sdk_to_try_again_is_asked_once(endpoint: server.Endpoint) -> None:
    failure(endpoint, Told({"error": {"message": "x"}}, 500, {"x-should-retry": "true", "Retry-After": "0"}))


def test_the_sdk_takes_the_client_that_the_guard_is_made_for() -> None:
    """It is made for httpx2 and still takes httpx; when it does not any more, the guard has to move."""
    import openai

    openai.OpenAI(api_key="k", http_client=httpx.Client())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "told",
    [
        Told({"detail": [{"loc": 5, "msg": "x"}]}, 422),
        error(429, "Slow.", headers={"Retry-After": "Thu, 01 Jan 2026 00:00:00 -99999999999999999999"}),
        Told({"error": {"message": "Broken.", "code": "9" * 5000}}),
    ],
    ids=["a place that is none", "a day that is none", "a code of 5,000 digits"],
)
def test_odd_errors_are_errors_like_any_other(endpoint: server.Endpoint, told: Told) -> None:
    assert failure(endpoint, told).sentence.startswith("127.0.0.1")


def test_a_picture_at_an_address_that_is_none_is_a_picture_that_is_not_there(endpoint: server.Endpoint) -> None:
    endpoint.tell(Told('{"data": [{"url": "http://example.com/\\ud800.png"}]}'))

    with pytest.raises(Unusable, match="could not be fetched"):
        client(endpoint.address).draw("m", "A leaf.", {}, 5)


def test_parts_within_parts_are_read_as_deep_as_any_server_nests_them(endpoint: server.Endpoint) -> None:
    content: object = "Hello."
    for level in range(300):
        content = [{"type": "text", "text": content}]
        if level == 1:
            endpoint.tell(Told({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}))
            assert client(endpoint.address).chat(question(), 5).text == "Hello."

    endpoint.tell(Told({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}))
    assert client(endpoint.address).chat(question(), 5).text == ""


def test_a_key_that_comes_back_is_in_nothing_that_is_shown(endpoint: server.Endpoint) -> None:
    endpoint.tell(Told({"data": [{"id": "writer"}, {"id": KEY}, {"id": "\ud800x"}, {"id": "m" * 200}]}))
    assert client(endpoint.address).models(5) == ["writer"]

    declined = {"message": {"content": None, "refusal": f"Not with {KEY}."}, "finish_reason": "stop"}
    endpoint.tell(Told({"choices": [declined]}))
    assert KEY not in client(endpoint.address).chat(question(), 5).refusal
