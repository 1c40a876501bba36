"""llmock, a server of somebody else's that speaks OpenAI's protocol and fails as it is told."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from tests.processes import Process, eventually, free_port

PORTS_TRIED = 3


class Mock:
    """One that runs. `address` is its base URL."""

    def __init__(self, port: int):
        self._root = f"http://127.0.0.1:{port}"
        self.address = f"{self._root}/v1"

    @property
    def is_there(self) -> bool:
        try:
            return httpx.get(f"{self._root}/health").is_success
        except httpx.TransportError:
            return False

    def tell(self, *behaviours: dict[str, Any]) -> None:
        """What the next requests meet; those that came before are forgotten."""
        httpx.post(f"{self._root}/_llmock/reset").raise_for_status()
        if behaviours:
            told = httpx.post(f"{self._root}/_llmock/scenario", json={"behaviors": list(behaviours)})
            assert told.is_success, told.text

    def posts(self) -> list[dict[str, Any]]:
        """Every POST to the endpoint, with the status that it got."""
        found = httpx.get(f"{self._root}/_llmock/requests").raise_for_status().json()
        rows = found["requests"] if isinstance(found, dict) else found
        return [row for row in rows if row["method"] == "POST" and row["path"].startswith("/v1/")]


@contextmanager
def llmock(*options: str) -> Iterator[Mock]:
    process, mock = _started(options)
    try:
        yield mock
    finally:
        process.stop()


def _started(options: Sequence[str]) -> tuple[Process, Mock]:
    """On a port that was free; where somebody else took it meanwhile, on another."""
    for _ in range(PORTS_TRIED):
        port = free_port()
        where = ("--host", "127.0.0.1", "--port", str(port))
        process = Process([sys.executable, "-m", "llmock.cli", "serve", *where, *options], {})
        mock = Mock(port)
        if eventually(lambda process=process, mock=mock: "there" if mock.is_there else process.ended) == "there":
            return process, mock
        said = process.said
        process.stop()
    raise AssertionError(said)
