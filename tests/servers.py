"""Real servers for tests: Redis and PostgreSQL, each in a short temporary folder, on a Unix socket, gone afterwards."""

import ctypes
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

READY_WITHIN = 60.0
STOPS_WITHIN = 20.0
LOOKS_EVERY = 0.02
ROOM_IN_MEMORY = 2 * 1024**3  # bytes
PR_SET_PDEATHSIG = 1
FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "",
}


class Missing(Exception):
    """This machine lacks the server. The message says what to install."""


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of an empty Redis. Raises Missing."""
    with short_folder() as folder:
        socket = folder / "redis.sock"
        command = [redis_binary(), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
        with running(command, lambda: _redis_answers(socket)):
            yield f"unix://{socket}"


@contextmanager
def postgres_server() -> Iterator[str]:
    """The connection string of a PostgreSQL without databases of ours. Raises Missing."""
    programs = postgres_programs()
    with short_folder() as folder:
        owner = not_root(folder)
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", "--pgdata", data, "--username", "pressroom", "--auth", "trust", "--no-sync",
             "--encoding", "UTF8", "--locale", "C"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **owner,
        )  # fmt: skip
        options = [part for name, value in FAST_AND_FORGETFUL.items() for part in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), *options]
        address = f"host={folder} user=pressroom"
        with running(command, lambda: _postgres_answers(address), ask_to_stop=signal.SIGINT, cwd=folder, **owner):
            yield address


def execute(address: str, statement: str) -> None:
    """Runs a statement that works on databases, which PostgreSQL does only outside a transaction."""
    with psycopg.connect(f"{address} dbname=postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def redis_binary() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise Missing("There is no redis-server on this machine: apt install redis-server.")
    return found


def postgres_programs() -> Path:
    """Debian keeps the server out of the PATH, in a folder per version."""
    folders = [*sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=_version, reverse=True), *os.get_exec_path()]
    for folder in map(Path, folders):
        if all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres")):
            return folder
    raise Missing("There is no PostgreSQL server on this machine: apt install postgresql.")


def _version(folder: str) -> int:
    number = Path(folder).parent.name
    return int(number) if number.isdigit() else 0


def not_root(folder: Path) -> dict[str, Any]:
    """How to start a process as somebody whom PostgreSQL accepts; the folder becomes theirs."""
    if os.getuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def short_folder() -> Iterator[Path]:
    """A Unix socket's path may have about 100 bytes, which a test's own folder exceeds.

    In memory where there is room: copying a database is ten times as fast there.
    """
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_IN_MEMORY
    with tempfile.TemporaryDirectory(
        prefix="pressroom-", dir=memory if roomy else None, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


@contextmanager
def running(
    command: list[str], ready: Callable[[], bool], *, ask_to_stop: signal.Signals = signal.SIGTERM, **how: Any
) -> Iterator[None]:
    """Runs a server until the block ends. What it says goes to a file that is shown if it does not start."""
    with tempfile.TemporaryFile("w+") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said, preexec_fn=_end_with_us, **how)
        try:
            _wait_for(server, ready, said)
            yield
        finally:
            server.send_signal(ask_to_stop)
            try:
                server.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _end_with_us() -> None:
    """A test run that is killed leaves no server behind (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait_for(server: "subprocess.Popen[bytes]", ready: Callable[[], bool], said: Any) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            said.seek(0)
            raise RuntimeError(f"{server.args} does not start: {said.read()}")
        time.sleep(LOOKS_EVERY)


def _redis_answers(socket: Path) -> bool:
    try:
        return bool(redis.Redis.from_url(f"unix://{socket}").ping())  # without retries
    except redis.exceptions.RedisError:
        return False


def _postgres_answers(address: str) -> bool:
    try:
        psycopg.connect(f"{address} dbname=postgres").close()
    except psycopg.OperationalError:
        return False
    return True
