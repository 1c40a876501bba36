"""What comes back from an endpoint, read out of its body with as few assumptions as can be."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from webapp.ai.openai.endpoint import LONGEST_MODEL
from webapp.ai.provider import Finish, Usage

MOST_TEXT = 5_000_000  # bytes of an answer's text
MOST_TOKENS = 2**31 - 1  # of one call: what is more is no count
MOST_LEVELS = 5  # of parts within parts
LARGEST_NUMBER = 1e30  # in a vector

Json = dict[str, Any]
Headers = Mapping[str, str]
FINISHES = {"length": Finish.LENGTH, "max_tokens": Finish.LENGTH, "content_filter": Finish.FILTERED}


class NotTheProtocol(Exception):
    """The body is not what an OpenAI-compatible endpoint answers. `is_page`: it is a web page."""

    def __init__(self, *, is_page: bool):
        super().__init__()
        self.is_page = is_page


class Unusable(Exception):
    """The endpoint did the work, and what came of it cannot be used. The message says why, in half a sentence."""

    def __init__(self, why: str, usage: Usage | None = None):
        super().__init__(why)
        self.usage = usage or Usage()


@dataclass(frozen=True)
class Completion:
    """A model's text. `refusal`: its own words where it declines; `headers` tell of limits."""

    text: str
    finish: Finish
    usage: Usage
    refusal: str = ""
    headers: Headers = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """A picture, or the address where it can be fetched; `prompt` as the model changed it."""

    data: bytes | None
    address: str
    prompt: str
    usage: Usage
    headers: Headers = field(default_factory=dict)


@dataclass(frozen=True)
class Embeddings:
    """One vector for each text, all of the same length."""

    vectors: list[list[float]]
    usage: Usage
    headers: Headers = field(default_factory=dict)


def json_of(body: bytes) -> Json:
    """The object that a body is. Raises NotTheProtocol."""
    text = body.decode(errors="replace").lstrip("\ufeff \t\r\n")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotTheProtocol(is_page=text.startswith("<")) from None
    if not isinstance(found, dict):
        raise NotTheProtocol(is_page=False)
    return found


def completion(found: Json, headers: Headers) -> Completion:
    """The first choice. One without text is empty. Raises Unusable where it is longer than we read."""
    choice = _first(found.get("choices"))
    message = _object(choice.get("message"))
    text = _text(message.get("content"))
    usage = _usage(found)
    if len(text) > MOST_TEXT:
        raise Unusable(f"the answer is longer than {MOST_TEXT:,} characters", usage)
    finish = FINISHES.get(str(choice.get("finish_reason")), Finish.COMPLETE)
    refusal = message.get("refusal")
    return Completion(text, finish, usage, refusal if isinstance(refusal, str) else "", headers)


def error_in_choice(found: Json) -> object:
    """What went wrong behind a gateway while the model wrote; None if nothing did."""
    return _first(found.get("choices")).get("error")


def drawn(found: Json, headers: Headers) -> Drawn:
    """The first picture. Raises Unusable where there is none."""
    one, usage = _first(found.get("data")), _usage(found)
    address, prompt = (one.get(name) if isinstance(one.get(name), str) else "" for name in ("url", "revised_prompt"))
    encoded = one.get("b64_json")
    if address and address.startswith("data:"):
        encoded, address = address.partition(",")[2], ""
    if not encoded and not address:
        raise Unusable("the answer holds no picture", usage)
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True) if encoded else None
    except (AttributeError, ValueError, binascii.Error):
        raise Unusable("the picture is broken: it is no base64", usage) from None
    return Drawn(data, address or "", prompt or "", usage, headers)


def embeddings(found: Json, count: int, headers: Headers) -> Embeddings:
    """The vectors of so many texts, in their order. Raises Unusable where they are not all there."""
    rows = found.get("data")
    rows = sorted(rows, key=_place) if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else []
    vectors = [row.get("embedding") for row in rows]
    if len(vectors) != count or not all(_is_vector(vector) for vector in vectors):
        raise Unusable("the answer does not hold one list of numbers for each text", _usage(found))
    if len({len(vector) for vector in vectors}) > 1:
        raise Unusable("the lists of numbers differ in length", _usage(found))
    return Embeddings(vectors, _usage(found), headers)


def models(found: Json) -> list[str]:
    """The names of all models, in the endpoint's order."""
    rows = found.get("data") or found.get("models")
    rows = rows if isinstance(rows, list) else []
    names = [row.get("id") or row.get("name") for row in rows if isinstance(row, dict)]
    return [name for name in names if isinstance(name, str) and name.isprintable() and len(name) <= LONGEST_MODEL]


def _usage(found: Json) -> Usage:
    """As reported, under either of the names in use."""
    usage = _object(found.get("usage"))
    details = _object(usage.get("prompt_tokens_details")) or _object(usage.get("input_tokens_details"))
    return Usage(
        input_tokens=_count(usage, "prompt_tokens", "input_tokens"),
        output_tokens=_count(usage, "completion_tokens", "output_tokens"),
        cached_tokens=_count(details, "cached_tokens")
        or _count(usage, "prompt_cache_hit_tokens", "cache_read_input_tokens"),
    )


def _count(found: Json, *names: str) -> int:
    for name in names:
        value = found.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST_TOKENS:
            return int(value)
    return 0


def _text(content: object, levels: int = MOST_LEVELS) -> str:
    """Text, or the text among the parts of a message; nothing of what lies deeper."""
    if isinstance(content, list) and levels:
        return "".join(_text(_object(part).get("text"), levels - 1) for part in content)
    return content if isinstance(content, str) else ""


def _first(rows: object) -> Json:
    return _object(rows[0]) if isinstance(rows, list) and rows else {}


def _object(found: object) -> Json:
    return found if isinstance(found, dict) else {}


def _place(row: Json) -> float:
    index = row.get("index")
    return index if isinstance(index, int) else 0


def _is_vector(found: object) -> bool:
    return (
        isinstance(found, list)
        and bool(found)
        and all(isinstance(one, int | float) and abs(one) <= LARGEST_NUMBER for one in found)
    )
