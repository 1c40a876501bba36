"""What goes wrong at an endpoint, in the words that a run understands and a person can read."""

import html
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx

from webapp.ai.provider import KeyRefused, OutcomeUnknown, ProviderError, QuotaUsedUp
from webapp.core.clock import now
from webapp.core.guard import PrivateAddress, UnknownName

LONGEST_WORDS = 300
LONGEST_READ = 20_000  # of what a server says: the rest is no sentence for people
LONGEST_WAIT = 24 * 3600.0  # seconds: whoever asks for more is asked again then
SHORTEST_KEY = 4  # shorter ones stand in any sentence, and keep nobody out
TOLD_BY = 8  # so many first characters give a key away

PASSING = {409, 425, 429}
GATEWAY_GAVE_UP = {408, 504, 524}  # it had passed the question on: nobody knows what became of it
NEVER_THERE = {501, 505}

QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance"}
QUOTA_WORDS = re.compile(
    r"insufficient[ _](?:quota|balance|credit|fund)|exceeded your (?:current|monthly) quota|credit balance"
    r"|(?:not enough|out of|more) credits|billing|prepaid|payment required|top up",
    re.IGNORECASE,
)
FLAGGED = re.compile(r"moderation|flagged|content[ _]policy|content management policy", re.IGNORECASE)
WRONG_KEY = re.compile(r"(?:incorrect|invalid|wrong)[ _]api[ _]key|api[ _]key[ _](?:not valid|invalid)", re.IGNORECASE)
NO_MODEL = re.compile(
    r"model[ _]not[ _]found|\bmodel\b.{0,80}\b(?:not (?:be )?found|not exist|unknown|no access|not a valid)"
    r"|(?:no such|unknown|invalid) model|DeploymentNotFound|deployment .{0,40}does not exist"
    r"|not have access to (?:the )?model",
    re.IGNORECASE | re.DOTALL,
)
SAYS_WHEN = re.compile(
    r"(?:try again|retry)(?: again)?(?: in| after)? ((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|h|m|s)[a-z]*\s*)+)",
    re.IGNORECASE,
)
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|h|m|s)", re.IGNORECASE)
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
MASKED = re.compile(r"(?<!\S)\S*\*{3}\S*")

Headers = Mapping[str, str]


class NotReached(ProviderError):
    """Nothing was sent, because nobody could be reached. `error` is what the connection failed with."""

    def __init__(self, sentence: str, error: Exception | None):
        super().__init__(sentence, permanent=False)
        self.error = error


class NoEndpoint(ProviderError):
    """Somebody answers at the address with a web page: it is no endpoint of this kind, or a page stands before it."""

    def __init__(self, sentence: str):
        super().__init__(sentence, permanent=False)


class Refusal(ProviderError):
    """The endpoint says that it will never do this. `said`: its own words; `code`, `param`: what it names them by."""

    def __init__(self, sentence: str, *, status: int, said: str, code: str = "", param: str = ""):
        super().__init__(sentence, permanent=True)
        self.status, self.said, self.code, self.param = status, said, code, param


class ModelMissing(Refusal):
    """The endpoint has no model of that name, or none that the key may use."""


def of_transport(error: Exception | None, host: str) -> ProviderError:
    """Nobody answered, or not for long enough. `host` is as people may read it."""
    match error:
        case PrivateAddress():
            return NotReached(f"{host} is within a private network, and the operator does not allow that.", error)
        case UnknownName():
            return NotReached(f"There is no machine called {host}.", error)
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return NotReached(f"{host} does not take our call in time.", error)
        case httpx.ConnectError():
            return NotReached(f"Nobody answers at {host}.", error)
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol():
            return NotReached(f"What was to be asked at {host} cannot be sent.", error)
        case httpx.TimeoutException():
            return OutcomeUnknown(f"{host} took the question and did not answer in time.")
        case _:
            return OutcomeUnknown(f"{host} took the question, and the connection broke before its answer was here.")


def how_to_reach(error: Exception | None) -> str:
    """What to do about a connection that failed with that error."""
    match error:
        case PrivateAddress():
            return "Give a public address; or the operator sets ALLOW_PRIVATE_TARGETS=1."
        case UnknownName():
            return "Look for a slip in the address. A new name takes hours to be known."
        case _:
            return "See whether the endpoint runs, whether the port is right, and whether it is http or https."


def of_status(status: int, headers: Headers, body: bytes, *, key: str, host: str) -> ProviderError:
    """What an answer that is none of 2xx means. The key is in no sentence, whatever the server says."""
    told = Told.of(body, key)
    if 300 <= status < 400:
        return Refusal(f"{host} leads on to another address, and a key must not be sent along.", status=status, said="")
    if status == 402 or (status in (400, 403, 429) and told.is_about_money(_asked_to_wait(headers, told))):
        return QuotaUsedUp(f"The account at {host} has no quota or money left{told.quoted}.")
    if NO_MODEL.search(f"{told.code} {told.words}") and status in (400, 403, 404, 422):
        sentence = f"{host} has no such model for us{told.quoted}."
        return ModelMissing(sentence, status=status, said=told.words, code=told.code, param=told.param)
    if _is_about_the_key(status, told):
        return KeyRefused(f"{host} does not take the key ({status}){told.quoted}.")
    if status in GATEWAY_GAVE_UP:
        return OutcomeUnknown(f"{host} gave up waiting for the model ({status}){told.quoted}.")
    if status in PASSING or (status >= 500 and status not in NEVER_THERE):
        what = "asks us to wait" if status == 429 else "cannot answer just now"
        return ProviderError(
            f"{host} {what} ({status}){told.quoted}.", permanent=False, retry_after=wait(headers, told)
        )
    return Refusal(
        f"{host} refuses it ({status}){told.quoted}.",
        status=status,
        said=told.words,
        code=told.code,
        param=told.param,
    )


def of_error_within(error: object, headers: Headers, *, key: str, host: str) -> ProviderError:
    """The same for an error that came with the status of a success, as gateways send it."""
    code = str(error.get("code")) if isinstance(error, dict) else ""
    status = int(code) if len(code) == 3 and code.isdecimal() and 300 <= int(code) < 600 else 500
    return of_status(status, headers, json.dumps({"error": error}).encode(), key=key, host=host)


class Told:
    """What a server says in the body of an error."""

    def __init__(self, words: str, code: str, param: str):
        self.words, self.code, self.param = words, code, param

    @classmethod
    def of(cls, body: bytes, key: str) -> "Told":
        text = body[:LONGEST_READ].decode(errors="replace")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return cls(plain(text, key), "", "")
        error = found.get("error", found) if isinstance(found, dict) else found
        if not isinstance(error, dict):
            return cls(plain(_message(found if isinstance(found, dict) else error), key), "", "")
        codes = " ".join(str(error[name]) for name in ("code", "type") if error.get(name) is not None)
        return cls(plain(_message(error), key), plain(codes, key), plain(str(error.get("param") or ""), key))

    @property
    def quoted(self) -> str:
        """To be put behind a sentence of ours."""
        words = self.words.rstrip(".")
        return f": “{words}”" if words else ""

    def is_about_money(self, asked_to_wait: bool) -> bool:
        """Whether waiting does not help. Some call their limits per minute a quota, and then say for how long."""
        if not QUOTA_CODES.isdisjoint(self.code.split()):
            return True
        return not asked_to_wait and QUOTA_WORDS.search(f"{self.code} {self.words}") is not None


def plain(text: str, key: str) -> str:
    """The text without markup, line breaks, what cannot be shown, and the key; cut to a sentence's length."""
    bare = html.unescape(re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE))
    bare = " ".join("".join(one if one.isprintable() else " " for one in bare).split())
    bare = without_key(bare, key)
    return bare if len(bare) <= LONGEST_WORDS else f"{bare[: LONGEST_WORDS - 1]}…"


def without_key(text: str, key: str) -> str:
    """The text with “…” for the key, for what begins as it does, and for what a server has half masked."""
    if len(key) >= SHORTEST_KEY:
        for form in {key, quote(key), quote(key, safe="")}:
            text = text.replace(form, "…")
        if len(key) > TOLD_BY:
            text = re.sub(re.escape(key[:TOLD_BY]) + r"\S*", "…", text)
    return MASKED.sub("…", text)


def wait(headers: Headers, told: Told | None = None) -> float | None:
    """The seconds that the server asks for, within reason; None where it does not say.

    By Retry-After, a number or a date; else by when the limit that is used up is there again; else by its words.
    """
    asked = _retry_after(headers)
    if asked is None:
        asked = _reset(headers)
    if asked is None and told is not None and (said := SAYS_WHEN.search(told.words)):
        asked = span(said[1])
    return None if asked is None else min(max(asked, 0.0), LONGEST_WAIT)


def span(written: str) -> float | None:
    """Seconds out of “6m0s”, “120ms”, “1.5” and the like; None out of anything else."""
    bare = written.strip().lower()
    if (seconds := _number(bare)) is not None:
        return seconds
    parts = SPAN.findall(bare)
    return sum(float(number) * SECONDS[unit] for number, unit in parts) if parts else None


def _is_about_the_key(status: int, told: Told) -> bool:
    """Some answer 400 to a key that they do not know."""
    if status == 400:
        return WRONG_KEY.search(f"{told.code} {told.words}") is not None
    return status == 401 or (status == 403 and not FLAGGED.search(told.words))


def _asked_to_wait(headers: Headers, told: Told) -> bool:
    return _retry_after(headers) is not None or SAYS_WHEN.search(told.words) is not None


def _retry_after(headers: Headers) -> float | None:
    exact = _number(headers.get("retry-after-ms", ""))
    if exact is not None:
        return exact / 1000
    written = headers.get("retry-after", "").strip()
    seconds = _number(written)
    if seconds is not None or not written:
        return seconds
    try:
        until = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return span(written)
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return (until - now()).total_seconds()


def _reset(headers: Headers) -> float | None:
    """When all limits that are used up are there again."""
    spans = [
        span(headers.get(f"x-ratelimit-reset-{what}", ""))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}", "0").strip() == "0"
    ]
    known = [seconds for seconds in spans if seconds is not None and seconds <= LONGEST_WAIT]
    return max(known, default=None)


def _number(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _message(error: object) -> str:
    """The sentence in it, wherever this kind of server puts it."""
    if not isinstance(error, dict):
        return str(error)
    for name in ("message", "error", "detail", "msg"):
        found = error.get(name)
        if isinstance(found, str) and found.strip():
            return found + _upstream(error)
        if isinstance(found, list) and found and isinstance(found[0], dict):
            parts = found[0].get("loc")
            place = ".".join(str(part) for part in parts) if isinstance(parts, list) else ""
            return f"{place}: {found[0].get('msg', '')}".strip(": ")
    return ""


def _upstream(error: dict[str, object]) -> str:
    """A gateway keeps the words of the one behind it apart."""
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return f" ({raw})" if isinstance(raw, str) and raw else ""
