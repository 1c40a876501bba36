"""Calls that are out at once, over several processes, and what is learned of an endpoint's limits."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from tests.ai.openai import caller
from tests.processes import Process, eventually
from webapp.ai.openai import limiter
from webapp.ai.openai.limiter import AT_A_TIME_ALONE, Limiter, Place
from webapp.ai.provider import NoPlace


@pytest.fixture
def server(redis_server: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(redis_server)
    client.flushall()
    yield client


@pytest.fixture
def limits(server: redis.Redis, redis_server: str) -> Limiter:
    return caller.make(redis_server)


def start(*arguments: str) -> Process:
    return Process([sys.executable, "-m", "tests.ai.openai.caller", *arguments], {})


def finish(*processes: Process) -> None:
    for process in processes:
        assert process.wait() == 0, process.said
        process.stop()


def wait_of(limits: Limiter, tokens: int = 1, within: float = 0.05) -> float:
    """How long a call is told to wait."""
    with pytest.raises(NoPlace) as raised, limits.place(run="1", tokens=tokens, within=within):
        pass
    assert raised.value.retry_after is not None
    return raised.value.retry_after


def about(seconds: float) -> Any:
    """On a machine that is busy with something else."""
    return pytest.approx(seconds, abs=seconds / 2)


def learn(limits: Limiter, **headers: str) -> None:
    with limits.place(run="1", tokens=1, within=5) as place:
        place.learn({f"x-ratelimit-{name.replace('_', '-')}": value for name, value in headers.items()})


def test_over_all_processes_no_more_calls_are_out_than_may_be(server: redis.Redis, redis_server: str) -> None:
    finish(*[start(redis_server, str(run), "8", "0.05") for run in range(4)])

    assert server.llen("order") == 32
    assert server.zrange("most", -1, -1) == [str(caller.AT_A_TIME).encode()]


def test_a_run_that_comes_later_gets_its_turn(server: redis.Redis, redis_server: str) -> None:
    first = start(redis_server, "first", "40", "0.15")
    eventually(lambda: server.llen("order") >= caller.AT_A_TIME)
    second = start(redis_server, "second", "8", "0.15")
    finish(first, second)

    order = [run.decode() for run in server.lrange("order", 0, -1)]
    begins = order.index("second")
    both = order[begins : len(order) - order[::-1].index("second")]
    assert len(order) == 48
    assert both.count("first") <= 8 + caller.AT_A_TIME  # as many as the other, and those that were out
    assert order[-1] == "first"


def test_a_killed_worker_frees_its_places(server: redis.Redis, redis_server: str, limits: Limiter) -> None:
    holder = start(redis_server, "dead", "hold")
    eventually(lambda: int(server.get("held") or 0) == caller.AT_A_TIME)
    wait_of(limits)
    holder.kill()

    with limits.place(run="alive", tokens=1, within=30):
        pass
    holder.stop()


def test_a_place_is_kept_for_as_long_as_its_call_takes(
    limits: Limiter, redis_server: str, server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "LEASE", 0.3)
    monkeypatch.setattr(limiter, "RENEWED_EVERY", 0.05)
    single = Limiter(caller.ADDRESS, caller.KEY, server, at_a_time=1)

    with single.place(run="1", tokens=1, within=1):
        wait_of(single, within=1.0)
    with single.place(run="1", tokens=1, within=1):
        pass


def test_who_gives_up_stands_in_nobodys_way(server: redis.Redis) -> None:
    single = Limiter(caller.ADDRESS, caller.KEY, server, at_a_time=1)
    with single.place(run="1", tokens=1, within=1):
        wait_of(single)

    with single.place(run="2", tokens=1, within=0.05):
        pass


def test_another_key_has_limits_of_its_own(server: redis.Redis) -> None:
    one, other = (Limiter(caller.ADDRESS, key, server, at_a_time=1) for key in ("a", "b"))

    with one.place(run="1", tokens=1, within=1), other.place(run="1", tokens=1, within=0.05):
        pass


def test_no_key_can_be_read_in_redis(server: redis.Redis, limits: Limiter) -> None:
    with limits.place(run="1", tokens=1, within=1):
        names = server.keys()
        assert names and not any(b"secret" in name for name in names)


def test_requests_that_are_used_up_are_waited_for(limits: Limiter) -> None:
    learn(limits, limit_requests="60", remaining_requests="0", reset_requests="1h")

    assert wait_of(limits) == about(60)  # one each minute is added


def test_what_is_added_meanwhile_can_be_used(limits: Limiter) -> None:
    learn(limits, limit_requests="600", remaining_requests="0", reset_requests="60s")

    with limits.place(run="1", tokens=1, within=30):
        pass


def test_tokens_that_are_used_up_are_waited_for_by_who_needs_them(limits: Limiter) -> None:
    learn(limits, limit_tokens="6000", remaining_tokens="500", reset_tokens="55s")

    assert wait_of(limits, tokens=3000) == about(25)
    with limits.place(run="1", tokens=100, within=0.05):
        pass


def test_who_needs_more_than_there_ever_is_waits_until_all_is_there(limits: Limiter) -> None:
    learn(limits, limit_tokens="600", remaining_tokens="300", reset_tokens="30s")

    assert wait_of(limits, tokens=100_000) == about(30)


def test_places_use_limits_up_before_answers_are_there(limits: Limiter) -> None:
    learn(limits, limit_requests="3", remaining_requests="2", reset_requests="20s")

    with limits.place(run="1", tokens=1, within=0.05), limits.place(run="2", tokens=1, within=0.05):
        assert wait_of(limits) > 5


def test_an_answer_that_was_overtaken_is_no_news(limits: Limiter) -> None:
    with limits.place(run="1", tokens=1, within=1) as early:
        time.sleep(0.01)
        learn(limits, limit_requests="60", remaining_requests="0", reset_requests="1h")
        early.learn({"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59"})

    assert wait_of(limits) == about(60)


def test_an_answer_does_not_know_those_that_began_later(limits: Limiter) -> None:
    with limits.place(run="1", tokens=1, within=1) as early:
        time.sleep(0.01)
        with limits.place(run="1", tokens=400, within=1):
            early.learn({"x-ratelimit-limit-tokens": "600", "x-ratelimit-remaining-tokens": "500"})
            assert wait_of(limits, tokens=400) == about(30)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"remaining_requests": "many"},
        {"remaining_requests": "nan", "limit_requests": "inf"},
        {"remaining_requests": "-1"},
        {"remaining_requests": "0", "limit_requests": "5", "reset_requests": "1790000000000"},
    ],
)
def test_what_makes_no_sense_limits_nobody(limits: Limiter, headers: dict[str, str]) -> None:
    learn(limits, **headers)

    with limits.place(run="1", tokens=1, within=0.05):
        pass


def test_an_endpoint_that_wants_to_be_left_alone_is_left_alone_by_all(limits: Limiter, redis_server: str) -> None:
    with limits.place(run="1", tokens=1, within=1) as place:
        place.close(40)

    assert wait_of(caller.make(redis_server)) == about(40)


def test_while_redis_is_away_each_process_lets_a_few_through() -> None:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    away = redis.Redis.from_url("unix:///nowhere/redis.sock", retry=Retry(NoBackoff(), 0))
    alone = Limiter("https://away.example/v1", "k", away)
    places = [alone.place(run="1", tokens=1, within=1) for _ in range(AT_A_TIME_ALONE)]
    for place in places:
        assert type(place.__enter__()) is Place
    wait_of(alone)
    for place in places:
        place.__exit__(None, None, None)
    with alone.place(run="1", tokens=1, within=0.05):
        pass


def test_redis_that_goes_away_meanwhile_breaks_no_call(limits: Limiter, server: redis.Redis) -> None:
    with limits.place(run="1", tokens=1, within=1) as place:
        server.flushall()
        place.learn({"x-ratelimit-remaining-requests": "5"})
    assert server.keys("*leases") == []
