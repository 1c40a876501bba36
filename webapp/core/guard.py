"""Connections to public hosts only, looked at when they are made, and over by a moment that is set."""

import functools
import ipaddress
import socket
import ssl
import threading
import time
import typing
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

AT_A_TIME = 4  # connections
RESOLVING = 5.0  # seconds for what a name stands for
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NOT_PUBLIC = [  # though `ipaddress` calls them global: site-local, a network's own translation, IPv4 in disguise
    ipaddress.ip_network(network) for network in ("fec0::/10", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")
]

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddress(httpx.ConnectError):
    """The host is a machine of a private network, or this one, and the operator does not allow that."""


class UnknownName(httpx.ConnectError):
    """No machine has the name that the address gives."""


class SlowName(UnknownName):
    """Nobody says in time which machine has the name."""


class Deadline:
    """When a request and its answer must be over, however slowly the other side sends."""

    def __init__(self) -> None:
        self._ends = float("inf")

    def set(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def within(self, timeout: float | None, missed: type[Exception]) -> float:
        """The seconds that may be waited now. Raises `missed` when there are none left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise missed("The answer took too long.")
        return left if timeout is None else min(left, timeout)


@functools.cache
def _tls() -> ssl.SSLContext:
    """Reading all certificates takes as long as a request does."""
    return ssl.create_default_context()


class GuardedTransport(httpx.BaseTransport):
    """httpx over connections that are looked at when they are made, so that neither a redirect nor a name that
    resolves differently the second time leads elsewhere."""

    def __init__(self, deadline: Deadline, *, allow_private: bool):
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=AT_A_TIME,
            network_backend=_Guard(deadline, allow_private),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx_says_it():
            answer = self._pool.handle_request(asked)
        stream = typing.cast(typing.Iterable[bytes], answer.stream)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(stream), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: typing.Iterable[bytes]):
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx_says_it():
            yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


class _Guard(httpcore.NetworkBackend):
    """Connects to the addresses of a name that may be connected to, and to nothing else."""

    def __init__(self, deadline: Deadline, allow_private: bool):
        self._deadline, self._allow_private = deadline, allow_private
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: typing.Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        problem: Exception | None = None
        for address in self._addresses(host, port):
            limit = self._deadline.within(timeout, httpcore.ConnectTimeout)
            try:
                made = self._sockets.connect_tcp(address, port, limit, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return _Stream(made, self._deadline)
        raise problem or httpcore.ConnectError(f"{host} has no address.")

    def _addresses(self, host: str, port: int) -> list[str]:
        addresses = addresses_of(host, port, self._deadline.within(RESOLVING, httpx.ConnectTimeout))
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise PrivateAddress(f"{host} is an address of a private network.")
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connection that ends with the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline):
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = self._deadline.within(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, limit), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def addresses_of(host: str, port: int, seconds: float = RESOLVING) -> list[str]:
    """What the name stands for at this moment. Raises UnknownName, of which SlowName says that nobody answered in time.

    The system's own resolver knows no deadline: a thread of its own may go on waiting for it.
    """
    resolving: Future[list[Any]] = Future()

    def resolve() -> None:
        try:
            resolving.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except BaseException as error:  # whatever it is, it is the caller's
            resolving.set_exception(error)

    threading.Thread(target=resolve, daemon=True).start()
    try:
        found = resolving.result(seconds)
    except TimeoutError as error:
        raise SlowName(f"Nobody says in time what {host} stands for.") from error
    except (OSError, UnicodeError) as error:
        raise UnknownName(f"The name {host} cannot be resolved.") from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(address: str) -> bool:
    """Whether anybody on the internet may have this address; so may the IPv4 address that it stands for."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(_is_global(one) for one in (ip, *_stood_for(ip)))


def _is_global(ip: Ip) -> bool:
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)


def _stood_for(ip: Ip) -> Iterator[Ip]:
    """The IPv4 addresses within an IPv6 one."""
    if isinstance(ip, ipaddress.IPv6Address):
        yield from (one for one in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if one is not None)
        if ip in NAT64:
            yield ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)


HTTPCORE = (  # its errors have no common ancestor
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
)


@contextmanager
def _as_httpx_says_it() -> Iterator[None]:
    """httpcore's errors have the same names in httpx, where it has them."""
    try:
        yield
    except HTTPCORE as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error
