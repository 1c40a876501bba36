"""Installations that bin/up starts, on free ports, with an instance folder of their own."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

import config
from tests.processes import Process, children_of, environment, eventually, free_port, lives
from webapp.jobs.queue import QUEUES
from webapp.jobs.timetable import living_schedulers


@dataclass
class Installation:
    """What one bin/up has started, or tried to."""

    up: Process
    port: int
    settings: dict[str, str]

    def is_ready(self) -> bool:
        assert not self.up.ended, self.up.said
        return "Pressroom is running" in self.up.said

    def has_everybody(self) -> bool:
        """Whether workers of both queues and a scheduler have said that they live."""
        client = Redis.from_url(config.load(self.settings).redis_url)
        listening = (client.smembers(f"rq:workers:{queue}") for queue in QUEUES)
        return all(listening) and living_schedulers(client) > 0

    def children(self, words: str) -> list[int]:
        """The numbers of its processes whose command holds these words."""
        return [pid for pid in self.up.children if words in command_of(pid)]

    def family(self) -> list[int]:
        """All that it has started, and all that those have started."""
        return _with_children(self.up.pid)[1:]

    def pressroom(self, *arguments: str) -> Any:
        """What that command of ours prints as JSON."""
        return json.loads(pressroom(self.settings, *arguments).stdout)

    def end(self) -> None:
        """Ctrl-C. Everything is gone within ten seconds."""
        family = self.family()
        self.up.send(signal.SIGINT)
        assert self.up.wait(10) == 0
        assert [pid for pid in family if lives(pid)] == []


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except FileNotFoundError:
        return ""


def _with_children(pid: int) -> list[int]:
    return [pid, *(other for child in children_of(pid) for other in _with_children(child))]


def pressroom(settings: dict[str, str], *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    """One of our commands in that installation."""
    return subprocess.run(
        [sys.executable, "-m", "webapp.cli", *arguments],
        cwd=config.ROOT,
        env=environment(settings),
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
    )


Up = Callable[..., Installation]


@pytest.fixture(scope="session")
def up() -> Iterator[Up]:
    """up(settings, "--no-demo"): starts bin/up and answers when it says that it runs; `ready=False`: at once."""
    started: list[Installation] = []

    def up(settings: dict[str, str], *options: str, ready: bool = True, port: int | None = None) -> Installation:
        port = port or free_port()
        installation = Installation(Process(["bin/up", "--port", str(port), *options], settings), port, settings)
        started.append(installation)
        if ready:
            eventually(installation.is_ready, within=120)
        return installation

    yield up
    for installation in started:
        installation.up.stop()


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """A fresh installation that brings its own Redis and its own SQLite."""
    return {"PRESSROOM_INSTANCE": str(tmp_path / "instance")}


def refusal(installation: Installation) -> str:
    """What bin/up said before it gave up."""
    assert installation.up.wait() == 1
    said = installation.up.said
    assert "Traceback" not in said
    return re.sub(r"\s+", " ", said)
