"""A process that puts calls of one run through a limiter: caller.py REDIS RUN CALLS SECONDS, a thread for each call.

Writes into Redis how many were out at once, and in which order runs got their places. "hold" in place of CALLS takes
all places and keeps them.
"""

import sys
import threading
import time

import redis

from webapp.ai.openai import limiter
from webapp.ai.openai.limiter import Limiter

AT_A_TIME = 4
ADDRESS, KEY = "https://a.example/v1", "sk-secret"


def make(address: str) -> Limiter:
    return Limiter(ADDRESS, KEY, redis.Redis.from_url(address), AT_A_TIME)


def call(address: str, run: str, seconds: float) -> None:
    server = redis.Redis.from_url(address)
    with make(address).place(run=run, tokens=1, within=60):
        server.rpush("order", run)
        out = server.incr("out")
        server.zadd("most", {str(out): out})
        time.sleep(seconds)
        server.decr("out")


def hold(address: str, run: str) -> None:
    limiter.LEASE = 1.0
    with make(address).place(run=run, tokens=1, within=60):
        redis.Redis.from_url(address).incr("held")
        time.sleep(600)


def main(address: str, run: str, calls: str, seconds: str = "0") -> None:
    if calls == "hold":
        threads = [threading.Thread(target=hold, args=(address, run)) for _ in range(AT_A_TIME)]
    else:
        threads = [threading.Thread(target=call, args=(address, run, float(seconds))) for _ in range(int(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
