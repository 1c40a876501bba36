"""The ladder of formats, what strict schemas look like, and where is remembered what an endpoint refuses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from pydantic import BaseModel, Field

from webapp.ai.openai import formats
from webapp.ai.openai.failures import Refusal
from webapp.ai.openai.formats import Dialect, Dialects, Option, Rung, in_words, schema_without_limits, strict_schema


class Part(BaseModel):
    heading: str = Field(max_length=20, description="A few words.")
    note: str | None = None


class Whole(BaseModel):
    title: str = Field(min_length=1, pattern="^a")
    parts: list[Part] = Field(min_length=1, max_length=3)


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_HERE", formats._Memory())


@pytest.fixture
def server(redis_server: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(redis_server)
    client.flushall()
    yield client


def away() -> redis.Redis:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url("unix:///nowhere/redis.sock", retry=Retry(NoBackoff(), 0))


def after(dialect: Dialect, said: str) -> Dialect | None:
    """How is asked after all that could be sent was refused in these words."""
    sent = dialect.options(0.2, 9) | dialect.response_format("whole", Whole)
    sent |= {} if Option.SIZE in dialect.refused else {"size": "9x9"}
    return dialect.after(refusal(said), sent)


def refusal(said: str) -> Refusal:
    return Refusal(said, status=400, said=said)


@pytest.mark.parametrize(
    "said",
    [
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        "This response_format type is unavailable now",
        "failed to parse grammar",
        "Structured outputs are not enabled",
    ],
)
def test_a_refused_format_is_asked_for_one_rung_lower(said: str) -> None:
    first = Dialect()
    second = after(first, said)
    assert second == Dialect(Rung.OBJECT)
    third = after(second, said)
    assert third == Dialect(Rung.PLAIN)
    assert after(third, said) is None


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         Option.MAX_TOKENS),
        ("Unsupported value: 'temperature' does not support 0.2 with this model.", Option.TEMPERATURE),
        ("Invalid size: 1536x1024", Option.SIZE),
        ("Invalid schema for response_format 'whole': In context=(), 'maxLength' is not permitted.", Option.LIMITS),
    ],
)  # fmt: skip
def test_a_refused_option_is_left_away(said: str, refused: Option) -> None:
    found = after(Dialect(), said)

    assert found == Dialect(refused=frozenset({refused}))
    assert after(found, said) in (None, Dialect(Rung.OBJECT, frozenset({Option.LIMITS})))


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 4096 tokens.",
        "max_tokens is too large: 20000. This model supports at most 4096 tokens.",
        "messages: Field required",
        "The prompt “english grammar rules” is against our policy.",
        "",
    ],
)
def test_what_is_about_something_else_changes_nothing(said: str) -> None:
    assert after(Dialect(), said) is None


@pytest.mark.parametrize(
    "said",
    ["request exceeds the available context size, try increasing it", "no response_format here", "temperature"],
)
def test_what_was_not_sent_was_not_refused(said: str) -> None:
    assert Dialect().after(refusal(said), {"max_tokens": 5}) is None


def test_options_are_those_that_are_taken() -> None:
    assert Dialect().options(0.2, 100) == {"temperature": 0.2, "max_tokens": 100}
    thinker = Dialect(refused=frozenset({Option.TEMPERATURE, Option.MAX_TOKENS}))
    assert thinker.options(0.2, 100) == {"max_completion_tokens": 100 + formats.THINKING}


def test_each_rung_asks_in_its_own_way() -> None:
    asked = [Dialect(rung).response_format("whole", Whole) for rung in Rung]

    assert asked[0]["response_format"]["json_schema"] == {
        "name": "whole", "strict": True, "schema": strict_schema(Whole),
    }  # fmt: skip
    assert asked[1:] == [{"response_format": {"type": "json_object"}}, {}]
    assert '"title"' in in_words(Whole) and "JSON" in in_words(Whole)


def test_strict_schemas_are_closed_and_whole() -> None:
    part: dict[str, Any] = {
        "type": "object",
        "properties": {
            "heading": {"type": "string", "description": "A few words.", "maxLength": 20},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["heading", "note"],
        "additionalProperties": False,
    }
    assert strict_schema(Whole) == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "minLength": 1},
            "parts": {"type": "array", "items": part, "minItems": 1, "maxItems": 3},
        },
        "required": ["title", "parts"],
        "additionalProperties": False,
    }


def test_who_refuses_limits_gets_a_schema_without() -> None:
    asked = Dialect(refused=frozenset({Option.LIMITS})).response_format("whole", Whole)

    assert asked["response_format"]["json_schema"]["schema"] == schema_without_limits(Whole)
    assert "Length" not in str(schema_without_limits(Whole)) and "Items" not in str(schema_without_limits(Whole))


def test_a_field_may_have_the_name_of_a_rule() -> None:
    class Odd(BaseModel):
        title: str
        format: str
        default: int

    assert strict_schema(Odd)["required"] == ["title", "format", "default"]


def test_what_one_process_found_out_all_know(server: redis.Redis) -> None:
    Dialects("https://a.example/v1", server).note("m", Dialect(Rung.OBJECT))

    again = Dialects("https://a.example/v1", server)
    assert again.of("m") == Dialect(Rung.OBJECT)
    assert again.of("another") == Dialect()
    assert Dialects("https://b.example/v1", server).of("m") == Dialect()
    [key] = server.keys()
    assert 6 * 24 * 3600 < server.ttl(key) <= 7 * 24 * 3600


def test_what_several_find_out_at_once_adds_up(server: redis.Redis) -> None:
    dialects = Dialects("https://a.example/v1", server)
    found = [Dialect(Rung.OBJECT), Dialect(refused=frozenset({Option.TEMPERATURE})), Dialect(Rung.OBJECT)]
    for one in found:
        dialects.note("m", one)

    assert dialects.of("m") == Dialect(Rung.OBJECT, frozenset({Option.TEMPERATURE}))


def test_many_threads_that_are_refused_at_once_step_down_once(server: redis.Redis) -> None:
    dialects = Dialects("https://a.example/v1", server)
    lower = after(Dialect(), "no response_format")
    assert lower is not None
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: dialects.note("m", lower), range(40)))

    assert dialects.of("m") == Dialect(Rung.OBJECT)


def test_without_redis_the_process_remembers(caplog: pytest.LogCaptureFixture) -> None:
    Dialects("https://a.example/v1", away()).note("m", Dialect(Rung.PLAIN))

    assert Dialects("https://a.example/v1", away()).of("m") == Dialect(Rung.PLAIN)
    assert "this process alone" in caplog.text


def test_what_was_remembered_can_be_forgotten(server: redis.Redis) -> None:
    dialects = Dialects("https://a.example/v1", server)
    dialects.note("m", Dialect(Rung.PLAIN))
    dialects.forget("m")

    assert dialects.of("m") == Dialect()


def test_what_cannot_be_read_in_redis_is_passed_over(server: redis.Redis) -> None:
    dialects = Dialects("https://a.example/v1", server)
    dialects.note("m", Dialect(Rung.PLAIN))
    [key] = server.keys()
    server.set(key, b"\xff{")

    assert dialects.of("m") == Dialect()
