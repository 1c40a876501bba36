"""An endpoint of the tests' own: it answers exactly what a test tells it, and keeps what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JSON = "application/json"


@dataclass
class Told:
    """One answer. `delay`: seconds before it; `cut`: so many bytes of the body are sent, then the connection ends;
    `hangs_up`: nothing is sent at all."""

    body: bytes | str | dict[str, Any] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    hangs_up: bool = False

    @property
    def bytes(self) -> bytes:
        if isinstance(self.body, dict):
            return json.dumps(self.body).encode()
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Asked:
    """What came. `json` is the body, an empty object where there was none."""

    method: str
    path: str
    headers: dict[str, str]
    json: dict[str, Any]


Answering = Callable[[Asked], Told]


class Endpoint:
    """Answers in the order in which it is told, the last one for ever; or by what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.address = ""
        self._told: list[Told] = [chat("Hello.")]
        self._answering: Answering | None = None
        self._lock = threading.Lock()

    def tell(self, *answers: Told) -> None:
        self._told, self._answering = list(answers), None

    def answer_by(self, answering: Answering) -> None:
        self._answering = answering

    @property
    def posts(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == "POST"]

    def next(self, asked: Asked) -> Told:
        with self._lock:
            self.asked.append(asked)
            if self._answering is None:
                return self._told.pop(0) if len(self._told) > 1 else self._told[0]
        return self._answering(asked)


def chat(text: str | None, finish: str = "stop", usage: dict[str, Any] | None = None, **told: Any) -> Told:
    """An ordinary answer of a model."""
    counted = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return Told(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
            "usage": counted if usage is None else usage,
        },
        **told,
    )


def error(status: int, message: str = "It went wrong.", code: str | None = None, **more: Any) -> Told:
    """An error as OpenAI words it. `headers` go into the head, all else beside the message."""
    headers = more.pop("headers", {})
    return Told({"error": {"message": message, "type": None, "param": None, "code": code} | more}, status, headers)


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Running on a port of its own; `address` is its base URL."""
    told = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length) or b"{}")
            answer = told.next(Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, sent))
            time.sleep(answer.delay)
            if not answer.hangs_up:
                self._say(answer)
            self.close_connection = True

        do_GET = do_POST

        def _say(self, answer: Told) -> None:
            body = answer.bytes
            self.send_response(answer.status)
            for name, value in ({"Content-Type": JSON} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body if answer.cut is None else body[: answer.cut])
            except OSError:
                return  # the caller has had enough

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    told.address = f"http://127.0.0.1:{server.server_port}/v1"
    yield told
    server.shutdown()
    server.server_close()
