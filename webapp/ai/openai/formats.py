"""What an endpoint's model takes: the ladder of formats for an answer, and the options that some refuse.

json_schema is asked for first, then json_object, then plain text with the schema in the prompt. A refusal costs
nothing but time, and is remembered for a week, so that the next question is put so that it is taken.
"""

import functools
import hashlib
import json
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import redis
from pydantic import BaseModel, TypeAdapter, ValidationError

from webapp.ai.openai.answers import Json
from webapp.ai.openai.failures import Refusal

log = logging.getLogger(__name__)

REMEMBERED = 7 * 24 * 3600  # seconds
THINKING = 8_000  # tokens more for models that count what they think as part of the answer
AS_JSON = "Answer with one JSON object and nothing else: no prose around it, no code fence. It fits this JSON schema:"
DROPPED = {"title", "default", "examples", "format", "pattern", "minimum", "maximum", "exclusiveMinimum",
           "exclusiveMaximum", "multipleOf", "uniqueItems"}  # fmt: skip
LIMITS = {"minLength", "maxLength", "minItems", "maxItems"}

NAMES_FORMAT = re.compile(
    r"response[_ ]format|json[_ ]schema|json[_ ]object|json mode|structured[_ ]output|guided_(?:json|grammar|decoding)"
    r"|(?:pars|invalid|compil|initiali|convert|support)\w*.{0,20}\bgrammar|\bgrammar.{0,20}(?:pars|invalid|fail|support)",
    re.IGNORECASE,
)
NAMES_LIMITS = re.compile(r"\b(?:min|max)(?:Length|Items)\b")
NAMES_LENGTH = re.compile(
    r"max_completion_tokens|(?:un(?:supported|known|recognized)|not supported|extra).{0,40}max_tokens"
    r"|max_tokens.{0,40}(?:not supported|unsupported|not permitted)",
    re.IGNORECASE,
)


class Rung(StrEnum):
    """How the form of an answer is asked for, the best first."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    PLAIN = "plain"


class Option(StrEnum):
    """What goes along with a question, and is refused by some."""

    TEMPERATURE = "temperature"
    MAX_TOKENS = "max_tokens"  # whoever refuses it takes max_completion_tokens
    SIZE = "size"  # of a picture
    LIMITS = "limits"  # of the lengths in a schema: small models need them to come to an end


RUNGS = list(Rung)


@dataclass(frozen=True)
class Dialect:
    """How an endpoint's model is asked."""

    rung: Rung = Rung.SCHEMA
    refused: frozenset[Option] = frozenset()

    def after(self, refusal: Refusal, sent: Json) -> "Dialect | None":
        """How to ask instead of with these options; None where the refusal is about something else."""
        named = f"{refusal.param} {refusal.code} {refusal.said}"
        if Option.MAX_TOKENS in sent and NAMES_LENGTH.search(named):
            return self._without(Option.MAX_TOKENS)
        if "response_format" in sent and self._sends_limits and NAMES_LIMITS.search(named):
            return self._without(Option.LIMITS)
        if "response_format" in sent and NAMES_FORMAT.search(named):
            return replace(self, rung=RUNGS[RUNGS.index(self.rung) + 1])
        for option in (Option.TEMPERATURE, Option.SIZE):
            if option in sent and re.search(rf"\b{option}\b", named, re.IGNORECASE):
                return self._without(option)
        return None

    def and_also(self, other: "Dialect") -> "Dialect":
        """What two threads found out, together."""
        rung = max(self.rung, other.rung, key=RUNGS.index)
        return Dialect(rung, self.refused | other.refused)

    def _without(self, option: Option) -> "Dialect":
        return replace(self, refused=self.refused | {option})

    @property
    def _sends_limits(self) -> bool:
        return self.rung is Rung.SCHEMA and Option.LIMITS not in self.refused

    def options(self, temperature: float, most_tokens: int) -> Json:
        """For a question in words."""
        length: Json = {"max_tokens": most_tokens}
        if Option.MAX_TOKENS in self.refused:
            length = {"max_completion_tokens": most_tokens + THINKING}
        return length | ({} if Option.TEMPERATURE in self.refused else {"temperature": temperature})

    def response_format(self, name: str, answer: type[BaseModel]) -> Json:
        """The option that asks for this form; nothing for plain text."""
        match self.rung:
            case Rung.SCHEMA:
                schema = strict_schema(answer) if self._sends_limits else schema_without_limits(answer)
                wanted = {"name": name, "strict": True, "schema": schema}
                return {"response_format": {"type": "json_schema", "json_schema": wanted}}
            case Rung.OBJECT:
                return {"response_format": {"type": "json_object"}}
            case Rung.PLAIN:
                return {}


def in_words(answer: type[BaseModel]) -> str:
    """The form of an answer, for the prompt. It is there on every rung: some take a schema and ignore it."""
    return f"{AS_JSON}\n{json.dumps(strict_schema(answer), ensure_ascii=False, separators=(',', ':'))}"


@functools.cache
def strict_schema(answer: type[BaseModel]) -> Json:
    """Its JSON schema as OpenAI's strict mode wants it, without references: every object is closed and has all of its
    fields."""
    return _strict(answer, DROPPED)


@functools.cache
def schema_without_limits(answer: type[BaseModel]) -> Json:
    """The same for who refuses limits of lengths."""
    return _strict(answer, DROPPED | LIMITS)


def _strict(answer: type[BaseModel], dropped: set[str]) -> Json:
    whole = answer.model_json_schema()
    definitions = whole.pop("$defs", {})

    def strict(part: Any) -> Any:
        if isinstance(part, list):
            return [strict(one) for one in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            target = definitions[part["$ref"].rpartition("/")[2]]
            return strict(target | {name: value for name, value in part.items() if name != "$ref"})
        kept = {name: strict(value) for name, value in part.items() if name not in dropped}
        if "properties" in part:
            fields = {name: strict(value) for name, value in part["properties"].items()}
            kept |= {"properties": fields, "required": list(fields), "additionalProperties": False}
        return kept

    made: Json = strict(whole)
    return made


class Dialects:
    """The dialects of all models of an endpoint, known to all processes; to this one alone while Redis is away."""

    def __init__(self, address: str, client: redis.Redis):
        self._address, self._redis = address, client

    def of(self, model: str) -> Dialect:
        known = self._by_redis(lambda: self._redis.get(self._key(model)))
        return _HERE.get(self._key(model)) if known is None else _read(known)

    def note(self, model: str, found: Dialect) -> None:
        """From now on the model is asked so, or with even less."""
        together = found.and_also(self.of(model))
        _HERE.set(self._key(model), together)
        self._by_redis(lambda: self._redis.set(self._key(model), _STORED.dump_json(together), ex=REMEMBERED))

    def forget(self, model: str) -> None:
        """It is asked from the top again."""
        _HERE.set(self._key(model), Dialect())
        self._by_redis(lambda: self._redis.delete(self._key(model)))

    def _by_redis(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except redis.exceptions.RedisError as error:
            log.warning("what %s takes is known to this process alone: %s", self._address, error)
            return None

    def _key(self, model: str) -> str:
        return "pressroom:dialect:" + hashlib.sha256(f"{self._address}\n{model}".encode()).hexdigest()[:32]


_STORED = TypeAdapter(Dialect)


def _read(stored: bytes) -> Dialect:
    try:
        return _STORED.validate_json(stored)
    except ValidationError:
        return Dialect()


class _Memory:
    """Of this process."""

    def __init__(self) -> None:
        self._known: dict[str, Dialect] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Dialect:
        with self._lock:
            return self._known.get(key, Dialect())

    def set(self, key: str, dialect: Dialect) -> None:
        with self._lock:
            self._known[key] = dialect


_HERE = _Memory()
