"""How many calls may be out at an endpoint at once, over all workers, and how soon the next may follow.

Redis holds who is out and who waits, per endpoint and key. A place is leased for some seconds and renewed while its
call is out, so that a killed worker frees it. The run with the fewest calls out always comes next. What the endpoint
says of its limits per minute is learned from its answers. While Redis is away, each process lets a few through.
"""

import functools
import hashlib
import logging
import random
import re
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.commands.core import Script

from webapp.ai.openai.failures import LONGEST_WAIT, span
from webapp.ai.provider import NoPlace

log = logging.getLogger(__name__)

SCRIPT = Path(__file__).with_name("limiter.lua")
AT_A_TIME = 8  # calls that are out
AT_A_TIME_ALONE = 2  # the same, for each process that cannot ask Redis
LEASE = 15.0  # seconds; a place that is not renewed is free then
RENEWED_EVERY = 5.0
WAITER_LIVES = 3.0  # seconds without a look after which a waiter is forgotten
LOOKS_EVERY = 0.02  # seconds
LOOKS_AT_LEAST_EVERY = 1.0
COMES_AGAIN_IN = 2.0  # seconds, for who found no place and cannot know when there will be one
WHOLE = re.compile(r"\d+(?:\.\d+)?")


class Place:
    """Leave to put one question."""

    def learn(self, headers: Mapping[str, str]) -> None:
        """What the answer says of the endpoint's limits."""

    def close(self, seconds: float) -> None:
        """The endpoint wants to be left alone for so long, by everybody."""


class Limiter:
    """Of one endpoint and key. `at_a_time`: calls that may be out, over all workers."""

    def __init__(self, address: str, key: str, client: redis.Redis, at_a_time: int = AT_A_TIME):
        whose = hashlib.sha256(f"{address}\n{key}".encode()).hexdigest()[:32]  # of the key nothing can be read in Redis
        self._name = f"pressroom:limit:{whose}"
        self._script = _script(client)
        self._at_a_time = at_a_time

    @contextmanager
    def place(self, *, run: str, tokens: int, within: float) -> Iterator[Place]:
        """A place for a call of that run that may use so many tokens. Raises NoPlace where it would take longer."""
        member = f"{run}|{uuid.uuid4().hex}"
        try:
            self._wait(member, tokens, within)
            taken = self._leased(member)
        except redis.exceptions.RedisError as error:
            log.warning("calls are limited by this process alone: %s", error)
            taken = self._alone(within)
        with taken as place:
            yield place

    def ask(self, command: str, *arguments: str | float) -> str:
        """What the script answers. Raises RedisError."""
        answer: bytes = self._script(keys=[self._name], args=[command, *arguments])
        return answer.decode()

    def ask_if_there(self, command: str, *arguments: str | float) -> None:
        """The same, for what may as well be left undone."""
        try:
            self.ask(command, *arguments)
        except redis.exceptions.RedisError as error:
            log.warning("the limits of an endpoint could not be kept: %s", error)

    def _wait(self, member: str, tokens: int, within: float) -> None:
        ends = time.monotonic() + within
        while (said := self.ask("take", member, self._at_a_time, max(0, tokens), LEASE, WAITER_LIVES)) != "":
            left, wait = ends - time.monotonic(), float(said)
            if left <= 0 or wait > left:
                self.ask_if_there("leave", member)
                raise _no_place(wait)
            time.sleep(min(left, LOOKS_AT_LEAST_EVERY, max(wait, random.uniform(LOOKS_EVERY, 2 * LOOKS_EVERY))))

    @contextmanager
    def _leased(self, member: str) -> Iterator[Place]:
        """The lease is kept until the block ends, by a thread: the caller waits for an answer meanwhile."""
        ended = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(member, ended), name="lease", daemon=True)
        keeper.start()
        try:
            yield _Leased(self, member)
        finally:
            ended.set()
            keeper.join()
            self.ask_if_there("leave", member)

    def _keep(self, member: str, ended: threading.Event) -> None:
        while not ended.wait(RENEWED_EVERY):
            self.ask_if_there("renew", member, LEASE)

    @contextmanager
    def _alone(self, within: float) -> Iterator[Place]:
        places = _places_of_this_process(self._name)
        if not places.acquire(timeout=max(0.0, within)):
            raise _no_place(-1)
        try:
            yield Place()
        finally:
            places.release()


class _Leased(Place):
    def __init__(self, limiter: Limiter, member: str):
        self._limiter, self._member = limiter, member

    def learn(self, headers: Mapping[str, str]) -> None:
        for what in ("requests", "tokens"):
            remaining = _whole(headers.get(f"x-ratelimit-remaining-{what}"))
            if remaining is None:
                continue
            limit = _whole(headers.get(f"x-ratelimit-limit-{what}", ""))
            limit = remaining if limit is None else limit
            if limit <= 0:
                continue  # so some write that there is none
            reset = span(headers.get(f"x-ratelimit-reset-{what}", "")) or 0.0
            if reset <= LONGEST_WAIT:
                self._limiter.ask_if_there("learn", self._member, what, limit, remaining, max(0.0, reset))

    def close(self, seconds: float) -> None:
        self._limiter.ask_if_there("close", min(max(0.0, seconds), LONGEST_WAIT))


def _no_place(wait: float) -> NoPlace:
    sentence = "As many calls as the endpoint takes are out already; this one waits its turn."
    return NoPlace(sentence, retry_after=min(wait, LONGEST_WAIT) if wait > 0 else COMES_AGAIN_IN)


def _whole(written: str | None) -> float | None:
    return float(written) if written and WHOLE.fullmatch(written.strip()) else None


@functools.cache
def _text() -> str:
    return SCRIPT.read_text(encoding="utf-8")


def _script(client: redis.Redis) -> Script:
    return client.register_script(_text())


@functools.cache
def _places_of_this_process(name: str) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_A_TIME_ALONE)
