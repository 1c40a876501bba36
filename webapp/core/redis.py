"""The connection to Redis, one pool per process."""

import functools
import os

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from webapp.core.errors import RedisAway
from webapp.core.settings import settings

ANSWERS_WITHIN = 5.0  # seconds
ANSWERS_AT_ONCE_WITHIN = 2.0  # seconds, for who only wants to know how it is
AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)


def connection() -> redis.Redis:
    """A client for the current app's Redis. Making it does not connect."""
    return _client(settings().redis_url, os.getpid())


@functools.lru_cache(maxsize=8)
def _client(url: str, _pid: int) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=ANSWERS_WITHIN)


def impatient_connection() -> redis.Redis:
    """A client that asks once and waits for a short time only: to look, not to work."""
    return _impatient_client(settings().redis_url, os.getpid())


@functools.lru_cache(maxsize=8)
def _impatient_client(url: str, _pid: int) -> redis.Redis:
    waits = ANSWERS_AT_ONCE_WITHIN
    return redis.Redis.from_url(url, socket_timeout=waits, socket_connect_timeout=waits, retry=Retry(NoBackoff(), 0))


def blocking_connection(url: str) -> redis.Redis:
    """A client that may wait for long, for RQ's workers."""
    return redis.Redis.from_url(url, socket_connect_timeout=ANSWERS_WITHIN)


def require() -> redis.Redis:
    """A client that answered just now. Raises RedisAway."""
    client = connection()
    try:
        client.ping()
    except AWAY as error:
        raise RedisAway() from error
    return client
