"""Our own processes, started for a test as bin/up starts them, ended by their number, gone afterwards."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import redis

import config
from tests import servers

WITHIN = 60.0  # seconds: long enough for a busy machine, so that only what never happens fails
LOOKS_EVERY = 0.05
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
OURS = (
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SETUP_TOKEN", "PRESSROOM_INSTANCE", "LEASE_TTL", "HEARTBEAT",
    "SWEEP_EVERY", "SLICE_SECONDS", "CALL_DEADLINE", "LANES", "EMBEDDED_DELAY", "MAX_RECOVERIES", "BUSY_TIMEOUT",
    "METRICS_TOKEN",
)  # fmt: skip

WEB = ("--worker-class", "gthread", "--threads", "8", "--log-level", "warning", "--graceful-timeout", "5", "--bind")

Value = TypeVar("Value")


def eventually(look: Callable[[], Value], within: float = WITHIN) -> Value:
    """What `look` answers as soon as that is something. Fails if it never does."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{look} never came true"
        time.sleep(LOOKS_EVERY)


def environment(settings: dict[str, str]) -> dict[str, str]:
    """These settings, and of whoever runs the tests only what is not a setting of ours."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | settings


class Process:
    """One process, in a group of its own. What it says goes to a file."""

    def __init__(self, command: list[str], settings: dict[str, str]):
        self.command = command
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed by stop()
        self._process = subprocess.Popen(
            command,
            cwd=config.ROOT,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            process_group=0,
            preexec_fn=_begin,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        self._said.seek(0)
        return self._said.read()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def children(self) -> list[int]:
        """The numbers of the processes that it has started and that live."""
        return children_of(self.pid)

    def send(self, sent: signal.Signals) -> None:
        self._process.send_signal(sent)

    def wait(self, within: float = WITHIN) -> int:
        """Its exit code, when it ends by itself."""
        return self._process.wait(within)

    def kill(self) -> None:
        """kill -9, and what it left behind goes with it or not: that is what a test looks at."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Whatever state it is in."""
        if not self.ended:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            try:
                self.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        self._said.close()


def _begin() -> None:
    """Ctrl-C reaches it, also where the test run is in the background and a shell has made it deaf to that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_us()


def end_with_us() -> None:
    """A test run that is killed leaves nothing behind (Linux)."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def lives(pid: int) -> bool:
    """Whether there is such a process, and not just its entry, which waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def free_port() -> int:
    """One that nobody listens on. Somebody may still come first: then what is started there says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Crew:
    """The processes of one installation, all with the same settings."""

    def __init__(self, settings: dict[str, str], under: Sequence[str] = ()):
        self.settings = settings
        self._under = under
        self._processes: list[Process] = []

    @property
    def living(self) -> list[Process]:
        """Those that have not ended."""
        return [process for process in self._processes if not process.ended]

    def alive(self, role: str) -> list[Process]:
        """Those of them in that role."""
        return [process for process in self.living if process.command[-1] == role]

    def start(self, role: str, **more: str) -> Process:
        """worker.py in that role."""
        return self._add([sys.executable, "worker.py", role], more)

    def start_module(self, module: str, role: str, **more: str) -> Process:
        """A module of the tests that is a worker with a flaw."""
        return self._add([sys.executable, "-m", module, role], more)

    def start_web(self, port: int) -> Process:
        """The web server as bin/up starts it, as soon as it listens."""
        process = self._add([sys.executable, "-m", "gunicorn", "webapp:create_app()", *WEB, f"127.0.0.1:{port}"], {})
        eventually(lambda: _listens(port))
        return process

    def _add(self, command: list[str], more: dict[str, str]) -> Process:
        process = Process([*self._under, *command], self.settings | more)
        self._processes.append(process)
        return process

    def said(self) -> str:
        """What all of them said, for whoever looks into a failure."""
        return "\n".join(f"--- {process.pid}\n{process.said}" for process in self._processes)

    def stop(self) -> None:
        for process in self._processes:
            process.stop()


@contextmanager
def crew(settings: dict[str, str], under: Sequence[str] = ()) -> Iterator[Crew]:
    """`under` is the command that starts all of them, for a place of their own."""
    started = Crew(settings, under)
    try:
        yield started
    except BaseException:
        print(started.said())
        raise
    finally:
        started.stop()


class MortalRedis:
    """A Redis of one test, to be killed and started again, empty, at the same address.

    `under` is the command that starts it, for a place of its own; `options` say where it listens besides.
    """

    def __init__(self, folder: Path, under: Sequence[str], options: Sequence[str]):
        self._socket = folder / "redis.sock"
        self._command = [*under, servers.redis_binary(), "--unixsocket", str(self._socket), "--save", "", *options]
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"unix://{self._socket}"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, cwd=self._socket.parent, preexec_fn=end_with_us
        )
        eventually(self._answers)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.address).ping())
        except redis.exceptions.RedisError:
            return False


@contextmanager
def mortal_redis(under: Sequence[str] = (), options: Sequence[str] = ("--port", "0")) -> Iterator[MortalRedis]:
    with tempfile.TemporaryDirectory(prefix="pressroom-", ignore_cleanup_errors=True) as folder:
        started = MortalRedis(Path(folder), under, options)
        try:
            yield started
        finally:
            started.kill()
