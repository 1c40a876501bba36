"""A real llama.cpp with a real model, of 135 million parameters. Run by bin/test --all."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes import Process, eventually, free_port

KEY = "sk-of-this-server-alone"
MODEL = "smollm2"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if config.getoption("--models") else True


@pytest.fixture(scope="session")
def llama() -> Iterator[str]:
    """The base URL of the server. It wants KEY, and has MODEL."""
    port = free_port()
    process = Process([sys.executable, "-m", "tests.ai.openai.models.llama", str(port), MODEL, KEY], {})
    try:
        eventually(lambda: process.ended or _is_there(port))
        assert not process.ended, process.said
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.stop()


def _is_there(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").is_success
    except httpx.TransportError:
        return False
