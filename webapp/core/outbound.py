"""Requests to addresses that people give: http and https only, to public hosts only, bounded in time and size."""

import typing
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from webapp.core.errors import Invalid
from webapp.core.guard import Deadline, GuardedTransport
from webapp.core.settings import settings

LONGEST_ADDRESS = 300
SECONDS = 30.0  # for a request and its whole answer
MOST_BYTES = 4_000_000  # of an answer
ROUND_TRIP = 10.0  # seconds for a connection, or between two pieces of an answer
UNPACKED = ("gzip", "x-gzip", "deflate")
EITHER_FORM = 32  # has zlib see for itself how it was packed
USUAL_PORTS = {"http": 80, "https": 443}


class TooLarge(httpx.ReadError):
    """The answer is longer than we read."""


class Packed(httpx.ReadError):
    """The answer is packed in a way that we did not ask for, and do not open."""


@dataclass(frozen=True)
class Answer:
    """A whole answer. `url` is where it came from, after redirects."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Outbound:
    """Requests of one caller, over connections that it keeps. A context manager.

    `allow_private` is what the operator's setting says, for threads that cannot ask for it.
    Raises httpx.RequestError, of which PrivateAddress, UnknownName (see guard), TooLarge and Packed are our own.
    """

    def __init__(self, *, seconds: float = SECONDS, most_bytes: int = MOST_BYTES, allow_private: bool | None = None):
        self._seconds, self._most = seconds, most_bytes
        self._deadline = Deadline()
        allowed = settings().allow_private_targets if allow_private is None else allow_private
        transport = GuardedTransport(self._deadline, allow_private=allowed)
        self._client = httpx.Client(transport=transport, trust_env=False, timeout=ROUND_TRIP)

    def __enter__(self) -> "Outbound":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def request(self, method: str, url: str, *, follow_redirects: bool = False, **kwargs: Any) -> Answer:
        """Sends it once, and reads the whole answer. What is sent along goes to httpx: json, content, params, auth.

        A redirect is followed only where it is asked for, and then each host on the way is looked at in its turn.
        """
        self._deadline.set(self._seconds)
        headers = {"Accept-Encoding": "identity"} | kwargs.pop("headers", {})
        try:
            with self._client.stream(
                method, url, headers=headers, follow_redirects=follow_redirects, **kwargs
            ) as answer:
                return Answer(answer.status_code, answer.headers, self._body(answer), str(answer.url))
        except httpx.InvalidURL as error:  # where a redirect leads
            raise httpx.RemoteProtocolError(str(error)) from error

    def _body(self, answer: httpx.Response) -> bytes:
        form = answer.headers.get("Content-Encoding", "").strip().lower()
        if form in ("", "identity"):
            return self._bounded(answer.iter_raw())
        if form not in UNPACKED:
            raise Packed("The answer is packed in a way that we did not ask for.")
        return self._bounded([_unpacked(self._bounded(answer.iter_raw()), self._most + 1)])

    def _bounded(self, pieces: typing.Iterable[bytes]) -> bytes:
        kept, length = [], 0
        for piece in pieces:
            length += len(piece)
            if length > self._most:
                raise TooLarge(f"The answer is longer than {self._most:,} bytes.")
            kept.append(piece)
        return b"".join(kept)


def _unpacked(body: bytes, most: int) -> bytes:
    """Once, and no more than `most` bytes of it: there are hosts that pack whatever is asked for."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS + EITHER_FORM).decompress(body, most)
    except zlib.error as error:
        raise Packed("The answer is not packed as it says.") from error


def checked_address(written: str) -> str:
    """An address as it is kept, in one form: with its scheme, without what goes without saying, such as a slash at the
    end. Raises Invalid naming `address`.

    What is given without a scheme is https. Whether the host is a public one is looked at with each connection.
    """
    address = written.strip()
    address = address if "://" in address else f"https://{address}"
    if len(address) > LONGEST_ADDRESS:
        raise Invalid("address", f"The address is longer than {LONGEST_ADDRESS} characters.")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
        httpx.URL(address)
    except (ValueError, httpx.InvalidURL):
        host, port, parts = None, None, urlsplit("")
    if (
        not host
        or not host.strip(".")
        or any(character.isspace() or not character.isprintable() for character in address)
    ):
        raise Invalid("address", "This is no address of a web site.", "Write it like https://example.com.")
    if parts.scheme not in ("http", "https"):
        raise Invalid(
            "address", f"We cannot publish to {parts.scheme} addresses.", "Write it like https://example.com."
        )
    if parts.username is not None or parts.password is not None:
        raise Invalid("address", "The address holds a user name or a password.", "They have fields of their own.")
    if parts.query or parts.fragment:
        raise Invalid("address", "The address goes on after a ? or a #.", "Give the address of the start page.")
    shown = f"[{host}]" if ":" in host else host.rstrip(".")
    own_port = "" if port in (None, USUAL_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{shown}{own_port}{parts.path.rstrip('/')}"
