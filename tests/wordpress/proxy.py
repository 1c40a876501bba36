"""What goes wrong on the way to a web site: a small proxy before it that is told what to do with which request."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")
SLOW = 1.5  # seconds
RETRY_AFTER = 7  # seconds
PAGE = b"<html><head><title>%d</title></head><body><h1>nginx</h1></body></html>"


class Fault(StrEnum):
    """What happens to a request."""

    NOT_PASSED_ON = "not_passed_on"  # the connection ends, and the site never hears of it
    ANSWER_LOST = "answer_lost"  # the site has done it, and the connection ends
    ERROR_AFTERWARDS = "error_afterwards"  # the site has done it, and the answer is a 500 in HTML
    TOO_MANY = "too_many"  # 429 with Retry-After
    BAD_GATEWAY = "bad_gateway"  # 502 in HTML
    GATEWAY_TIMEOUT = "gateway_timeout"  # the site has done it, and the answer is a 504 in HTML
    CUT_OFF = "cut_off"  # half of what was sent arrives
    SLOW = "slow"  # the answer comes late
    NAMELESS = "nameless"  # the Authorization header is taken away
    TOO_LARGE = "too_large"  # 413 in HTML


@dataclass(frozen=True)
class Passed:
    """A request as it came: `path` with its arguments."""

    method: str
    path: str
    body: bytes = field(default=b"", repr=False)

    def holds(self, part: bytes) -> bool:
        return part in self.path.encode() or part in self.body


class Proxy:
    """`address` is where it listens. Without a fault it passes everything on."""

    def __init__(self, address: str):
        self.address = address
        self.passed: list[Passed] = []
        self._faults: list[tuple[Callable[[Passed], bool], Fault]] = []
        self._lock = threading.Lock()

    def fail(self, fault: Fault, *, method: str = "", path: str = "", times: int = 1) -> None:
        """That happens to the next requests whose method it is, and whose path holds that text."""
        self.plan([(lambda asked: method in asked.method and path in asked.path, fault)] * times)

    def plan(self, faults: list[tuple[Callable[[Passed], bool], Fault]]) -> None:
        with self._lock:
            self._faults += faults

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, asked: Passed) -> Fault | None:
        """What happens to this request: each planned fault happens once."""
        with self._lock:
            self.passed.append(asked)
            for planned in self._faults:
                if planned[0](asked):
                    self._faults.remove(planned)
                    return planned[1]
        return None


@contextmanager
def proxy_before(site: str) -> Iterator[Proxy]:
    """A proxy before the web site at this address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": urlsplit(site)}))
    server.daemon_threads = True
    proxy = _Handler.proxies[server.server_port] = Proxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        del _Handler.proxies[server.server_port]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Any
    proxies: dict[int, Proxy] = {}

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.proxies[self.server.server_port].take(Passed(self.command, self.path, body))  # type: ignore[attr-defined]
        match fault:
            case Fault.NOT_PASSED_ON:
                return self._hang_up()
            case Fault.TOO_MANY:
                return self._say(429, PAGE % 429, {"Retry-After": str(RETRY_AFTER)})
            case Fault.BAD_GATEWAY:
                return self._say(502, PAGE % 502)
            case Fault.TOO_LARGE:
                return self._say(413, PAGE % 413)
            case Fault.CUT_OFF:
                self._forward(body[: len(body) // 2], whole=len(body))
                return self._hang_up()
        status, headers, answer = self._forward(body, nameless=fault is Fault.NAMELESS)
        match fault:
            case Fault.ANSWER_LOST:
                return self._hang_up()
            case Fault.ERROR_AFTERWARDS:
                return self._say(500, PAGE % 500)
            case Fault.GATEWAY_TIMEOUT:
                return self._say(504, PAGE % 504)
            case Fault.SLOW:
                time.sleep(SLOW)
        return self._say(status, answer, headers)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = _pass_on

    def _forward(
        self, body: bytes, *, whole: int | None = None, nameless: bool = False
    ) -> tuple[int, dict[str, str], bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        if nameless:
            headers.pop("Authorization", None)
        headers["Content-Length"] = str(len(body) if whole is None else whole)
        connection = http.client.HTTPConnection(self.site.hostname, self.site.port, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers)
            if whole is not None:
                return 0, {}, b""
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            return answer.status, kept, answer.read()
        finally:
            connection.close()

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {"Content-Type": "text/html"}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        """The tests say what went wrong."""
