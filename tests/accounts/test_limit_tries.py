"""How often somebody may try to sign in."""

import dataclasses

from flask import Flask

from config import Settings
from webapp.accounts.attempts import TRIES, WITHIN, may_try, succeeded
from webapp.core.redis import connection


def test_some_tries_are_allowed_and_no_more(app: Flask) -> None:
    assert [may_try("192.0.2.7", "ana@example.com") for _ in range(TRIES + 2)] == [True] * TRIES + [False] * 2


def test_tries_are_counted_per_address_and_email(app: Flask) -> None:
    for _ in range(TRIES + 1):
        may_try("192.0.2.7", "ana@example.com")
    assert may_try("192.0.2.8", "ana@example.com")
    assert may_try("192.0.2.7", "ben@example.com")


def test_success_forgets_the_tries(app: Flask) -> None:
    for _ in range(TRIES):
        may_try("192.0.2.7", "ana@example.com")
    succeeded("192.0.2.7", "ana@example.com")
    assert may_try("192.0.2.7", "ana@example.com")


def test_tries_are_forgotten_in_time_and_trying_on_does_not_prolong_it(app: Flask) -> None:
    may_try("192.0.2.7", "ana@example.com")
    (key,) = connection().keys("pressroom:sign-in:*")
    assert 0 < connection().ttl(key) <= WITHIN
    connection().expire(key, 5)
    may_try("192.0.2.7", "ana@example.com")
    assert connection().ttl(key) <= 5


def test_what_is_kept_does_not_name_anybody(app: Flask) -> None:
    may_try("192.0.2.7", "ana@example.com")
    (key,) = connection().keys("*")
    assert b"ana" not in key and b"192" not in key


def test_without_redis_everybody_may_try(app: Flask, settings: Settings) -> None:
    app.config["SETTINGS"] = dataclasses.replace(settings, redis_url="unix:///nowhere/redis.sock")
    assert all(may_try("192.0.2.7", "ana@example.com") for _ in range(TRIES + 1))
    succeeded("192.0.2.7", "ana@example.com")
