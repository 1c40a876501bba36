"""Requests to addresses that people give: where they may lead, how long they may take, how much we read."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from flask import Flask

from webapp.core.errors import Invalid
from webapp.core.guard import PrivateAddress, SlowName, is_public
from webapp.core.outbound import Outbound, Packed, TooLarge, checked_address

TEXT = b"Basil. " * 1000


class Site(BaseHTTPRequestHandler):
    """/long answers a thousand bytes, /slow one byte at a time for ever, /moved leads to what is asked for, /packed
    what `packed` holds: what it says of its form, and its bytes."""

    packed: tuple[str, bytes] = ("", b"")

    def do_GET(self) -> None:
        what, _, argument = self.path.lstrip("/").partition("?")
        if what == "moved":
            self.send_response(302)
            self.send_header("Location", argument)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        if what == "packed":
            self.send_header("Content-Encoding", self.packed[0])
        self.end_headers()
        if what == "packed":
            self.wfile.write(self.packed[1])
        elif what == "slow":
            self._drip()
        else:
            self.wfile.write(b"x" * 1000)

    do_POST = do_GET

    def _drip(self) -> None:
        try:
            while True:
                self.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            return  # the caller has had enough

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def allowed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator allows addresses of private networks."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allow_private_targets=True))


def test_an_answer_comes_whole(address: str, allowed: None) -> None:
    with Outbound() as outbound:
        answer = outbound.request("POST", f"{address}/long", json={"a": 1})
        again = outbound.request("GET", f"{address}/moved?/long", follow_redirects=True)

    assert (answer.status, len(answer.body), answer.text[:2]) == (200, 1000, "xx")
    assert again.url == f"{address}/long"


def test_a_redirect_is_followed_only_where_it_is_asked_for(address: str, allowed: None) -> None:
    with Outbound() as outbound:
        assert outbound.request("GET", f"{address}/moved?/long").status == 302


def test_an_answer_that_is_too_long_is_not_read_to_its_end(address: str, allowed: None) -> None:
    with Outbound(most_bytes=999) as outbound, pytest.raises(TooLarge):
        outbound.request("GET", f"{address}/long")


@pytest.mark.parametrize(
    ("form", "body"),
    [("gzip", gzip.compress(TEXT)), ("X-Gzip", gzip.compress(TEXT)), ("deflate", zlib.compress(TEXT)),
     ("identity", TEXT), ("", TEXT), ("gzip", b"")],
    ids=["gzip", "x-gzip", "deflate", "identity", "nothing", "empty"],  # not by bytes, which hold the time
)  # fmt: skip
def test_what_a_host_packs_unasked_is_opened(
    address: str, allowed: None, monkeypatch: pytest.MonkeyPatch, form: str, body: bytes
) -> None:
    monkeypatch.setattr(Site, "packed", (form, body))
    with Outbound() as outbound:
        assert outbound.request("GET", f"{address}/packed").body == (TEXT if body else b"")


@pytest.mark.parametrize("form", ["br", "zstd", "gzip, gzip", "gzip, br", "compress", "gzip"])
def test_what_is_packed_otherwise_is_refused(
    address: str, allowed: None, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(Site, "packed", (form, b"nothing that could be opened"))
    with Outbound() as outbound, pytest.raises(Packed):
        outbound.request("GET", f"{address}/packed")


def test_a_small_answer_that_would_fill_the_memory_is_not_opened_to_its_end(
    address: str, allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Site, "packed", ("gzip", gzip.compress(b"0" * 50_000_000)))
    tracemalloc.start()
    try:
        with Outbound(most_bytes=100_000) as outbound, pytest.raises(TooLarge):
            outbound.request("GET", f"{address}/packed")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_an_answer_that_never_ends_is_left(address: str, allowed: None) -> None:
    with Outbound(seconds=0.3) as outbound, pytest.raises(httpx.ReadTimeout):
        outbound.request("GET", f"{address}/slow")


def test_where_nobody_listens_the_connection_fails(allowed: None) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with Outbound() as outbound, pytest.raises(httpx.ConnectError):
            outbound.request("GET", f"http://127.0.0.1:{free.getsockname()[1]}/")


def test_this_machine_is_not_reached_unless_the_operator_allows_it(app: Flask, address: str) -> None:
    with Outbound() as outbound, pytest.raises(PrivateAddress):
        outbound.request("GET", f"{address}/long")


def test_a_thread_is_told_what_the_operator_allows(address: str) -> None:
    with Outbound(allow_private=False) as outbound, pytest.raises(PrivateAddress):
        outbound.request("GET", f"{address}/long")
    with Outbound(allow_private=True) as outbound:
        assert outbound.request("GET", f"{address}/long").status == 200


def test_a_name_is_looked_at_when_it_is_connected_to(app: Flask, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(address.rsplit(":", 1)[1])

    def resolves_to_us(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolves_to_us)
    with Outbound() as outbound, pytest.raises(PrivateAddress):
        outbound.request("GET", f"http://shop.example:{port}/long")


def test_a_redirect_is_looked_at_too(address: str, allowed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.core.guard.is_public", lambda one: one == "127.0.0.1")
    with Outbound() as outbound:
        outbound._client._transport._pool._network_backend._allow_private = False  # type: ignore[attr-defined]
        assert outbound.request("GET", f"{address}/moved?/long", follow_redirects=True).status == 200
        with pytest.raises(PrivateAddress):
            outbound.request("GET", f"{address}/moved?http://127.0.0.2/", follow_redirects=True)


def test_a_name_that_nobody_explains_is_not_waited_for(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(20) and [])
    try:
        with Outbound(seconds=0.1) as outbound, pytest.raises(SlowName):
            outbound.request("GET", "https://shop.example/")
    finally:
        ended.set()


@pytest.mark.parametrize("location", ["gopher://shop.example/", "/moved?/moved", "http://127.0.0.1:99999/"])
def test_a_redirect_that_leads_nowhere_is_an_error_of_the_request(address: str, allowed: None, location: str) -> None:
    with Outbound() as outbound, pytest.raises(httpx.RequestError):
        outbound.request("GET", f"{address}/moved?{location}", follow_redirects=True)


@pytest.mark.parametrize(
    "private",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1",
     "fec0::1", "64:ff9b:1::1", "::5db8:d822", "::ffff:0:5db8:d822"],
)  # fmt: skip
def test_private_addresses(private: str) -> None:
    assert not is_public(private)


@pytest.mark.parametrize(
    "public", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_addresses(public: str) -> None:
    assert is_public(public)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" example.com/ ", "https://example.com"),
        ("http://Example.COM/blog/", "http://example.com/blog"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://Example.com.:443//", "https://example.com"),
        ("http://example.com:80/blog", "http://example.com/blog"),
        ("http://example.com:443", "http://example.com:443"),
    ],
)
def test_an_address_is_kept_in_one_form(written: str, kept: str) -> None:
    assert checked_address(written) == kept


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "This is no address of a web site."),
        ("https://", "This is no address of a web site."),
        ("https://.", "This is no address of a web site."),
        ("https://exa mple.com", "This is no address of a web site."),
        ("https://example.com:99999", "This is no address of a web site."),
        ("https://[::1", "This is no address of a web site."),
        ("ftp://example.com", "We cannot publish to ftp addresses."),
        ("file:///etc/passwd", "This is no address of a web site."),
        ("https://ana:secret@example.com", "The address holds a user name or a password."),
        ("https://example.com/?p=1", "The address goes on after a ? or a #."),
        ("https://example.com/" + "a" * 300, "The address is longer than 300 characters."),
    ],
)
def test_what_is_no_address_is_told_in_a_sentence(written: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_address(written)
    assert (refused.value.field, refused.value.sentence) == ("address", said)
    assert "secret" not in str(refused.value)
