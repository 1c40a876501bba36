"""Starts everything that Pressroom is made of, keeps it running, and stops it again. Called by bin/up."""

import argparse
import contextlib
import errno
import fcntl
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from children import Child, Children, tell  # noqa: E402
from embedded_redis import NAME as REDIS  # noqa: E402
from embedded_redis import EmbeddedRedis, NoRedis  # noqa: E402
from options import read_options  # noqa: E402

import config  # noqa: E402

LOOKS_EVERY = 0.2  # seconds
READY_WITHIN = 60
STOPS_WITHIN = 7
PUBLISHERS = 2  # so that one slow site holds up no other
REDIS_STOPS_WITHIN = 2
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PORT_IS_FREE_WITHIN = 10  # after a bin/up that was killed: its web server takes leave


class CannotStart(Exception):
    """A sentence for the person who called."""


def main() -> None:
    options = read_options()
    os.chdir(ROOT)
    os.environ["SETUP_TOKEN"] = os.environ.get("SETUP_TOKEN") or secrets.token_urlsafe(16)
    os.environ.setdefault("ALLOW_PRIVATE_TARGETS", "1")  # whoever calls this tries it out, with sites of this machine
    try:
        settings = config.load()
        with only_one(settings.instance) as last_was_killed:
            run(options, settings, stop_on_signals(), last_was_killed)
    except (CannotStart, NoRedis, config.BadSetting) as problem:
        sys.exit(f"bin/up: {problem}")
    except OSError as problem:
        sys.exit(f"bin/up: {problem}. Check the instance folder, the room on its disk, and how many processes may run.")


@contextlib.contextmanager
def only_one(instance: Path) -> Iterator[bool]:
    """Two of these over one instance folder would get in each other's way. Answers whether the last one was killed."""
    with (instance / config.UP).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"Pressroom is already running on {instance}. Stop that one first (Ctrl-C).") from None
        last_was_killed = lock.tell() > 0
        lock.truncate(0)
        kept = f"ALLOW_PRIVATE_TARGETS={os.environ['ALLOW_PRIVATE_TARGETS']}"  # for bin/pressroom: config.py reads it
        print(os.getpid(), kept, sep="\n", file=lock, flush=True)
        yield last_was_killed
        lock.truncate(0)


def stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # which is what nohup asks for
        signal.signal(signal.SIGHUP, lambda *_: stop.set())
    return stop


def run(options: argparse.Namespace, settings: config.Settings, stop: threading.Event, last_was_killed: bool) -> None:
    check_port(options, patience=PORT_IS_FREE_WITHIN if last_was_killed else 0)
    children = Children()
    redis = None if os.environ.get("REDIS_URL") else EmbeddedRedis(settings, children)
    try:
        if redis:
            redis.start()
        once("upgrade", stop)
        for child in parts(options):
            children.add(child)
        if not options.no_demo:
            once("demo", stop)
        wait_until_ready(options, children, stop)
        if not stop.is_set():
            welcome(options)
        while not stop.wait(LOOKS_EVERY):
            children.restart_the_dead()
            if redis:
                redis.see_to_it()
    finally:
        tell("up", "stopping ...")
        children.stop(last=REDIS, within=STOPS_WITHIN, last_within=REDIS_STOPS_WITHIN)


def check_port(options: argparse.Namespace, patience: float) -> None:
    """Raises CannotStart where nobody can listen there, also after so many seconds."""
    deadline = time.monotonic() + patience
    while problem := why_not_listen(options.host, options.port):
        if time.monotonic() >= deadline:
            raise CannotStart(problem)
        time.sleep(LOOKS_EVERY)


def why_not_listen(host: str, number: int) -> str | None:
    not_here = f"{host!r} is no address of this machine. Leave --host out, or give 0.0.0.0 for all that it has."
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        return not_here
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as taken:
            if taken.errno == errno.EADDRNOTAVAIL:
                return not_here
            other = number + 1 if number < 65535 else number - 1
            return f"port {number} of {host} cannot be used ({taken.strerror}). Choose another: bin/up --port {other}"
    return None


def once(command: str, stop: threading.Event) -> None:
    """One of our own commands, which say little. Raises CannotStart with what it said, if it fails."""
    if stop.is_set():
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    while process.poll() is None:
        if stop.wait(0.02):
            process.terminate()
    said = (process.communicate()[0] or "").strip()
    if process.returncode and not stop.is_set():
        raise CannotStart(f"`pressroom {command}` failed. {said}")
    if not stop.is_set():
        tell(command, said)


def parts(options: argparse.Namespace) -> list[Child]:
    worker = [sys.executable, "worker.py"]
    web = [
        sys.executable, "-m", "gunicorn", "webapp:create_app()", "--bind", f"{bracketed(options.host)}:{options.port}",
        "--worker-class", "gthread", "--threads", "8", "--log-level", "warning", "--graceful-timeout", "5",
    ]  # fmt: skip
    return [
        Child("web", web),
        *(Child(f"runs.{number + 1}", [*worker, "runs"]) for number in range(options.workers)),
        Child("upkeep", [*worker, "upkeep"]),
        *(Child(f"publish.{number + 1}", [*worker, "publishing"]) for number in range(PUBLISHERS)),
        Child("timetable", [*worker, "timetable"]),
    ]


def wait_until_ready(options: argparse.Namespace, children: Children, stop: threading.Event) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not stop.wait(0.05):
        if last_page(f"{address(options)}/healthz"):
            return
        if children.dead or time.monotonic() > deadline:
            raise CannotStart(f"{', '.join(children.dead) or 'web'} did not start; what it said is above.")


def last_page(url: str) -> str | None:
    """Where one ends up who asks for that page; None if nobody answers."""
    try:
        with DIRECTLY.open(url, timeout=2) as answer:
            return str(answer.url)
    except urllib.error.HTTPError as refusal:
        return refusal.url if refusal.code < 500 else None
    except OSError:
        return None


def address(options: argparse.Namespace) -> str:
    """As somebody on this machine would write it."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)
    return f"http://{bracketed(here)}:{options.port}"


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def welcome(options: argparse.Namespace) -> None:
    lines = [f"Pressroom is running:  {address(options)}/", "", *how_to_sign_in(options)]
    if not options.no_demo:
        lines += [f"In a terminal:         {with_our_folder('bin/pressroom run demo --follow')}"]
    if os.environ["ALLOW_PRIVATE_TARGETS"] == "1":
        lines += ["Private addresses:     sites may publish to them; to forbid it: ALLOW_PRIVATE_TARGETS=0 bin/up"]
    lines += ["Ctrl-C stops everything."]
    with contextlib.suppress(OSError):
        print("", *(f"  {line}" for line in lines), "", sep="\n", flush=True)


def with_our_folder(command: str) -> str:
    """As somebody has to write it in another terminal, who has not set what this one has."""
    folder = os.environ.get("PRESSROOM_INSTANCE")
    return f"PRESSROOM_INSTANCE={shlex.quote(folder)} {command}" if folder else command


def how_to_sign_in(options: argparse.Namespace) -> list[str]:
    """The front page leads to the welcome page for as long as nobody has made the first account."""
    if not (last_page(f"{address(options)}/") or "").endswith("/welcome"):
        return ["Signing in:            with the email address and the password of your account."]
    everywhere = options.host in ("0.0.0.0", "::")
    elsewhere = f"http://{socket.gethostname()}:{options.port}" if everywhere else address(options)
    way = "From elsewhere:" if everywhere else "Through a tunnel:"
    return [
        "Signing in:            the first visit makes the owner's account.",
        f"{way:<23}{elsewhere}/welcome?token={os.environ['SETUP_TOKEN']}",
    ]


if __name__ == "__main__":
    main()
