"""The timetable: whatever Redis forgets or doubles, it becomes the list in the code again."""

import json
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.utils import import_attribute

from tests.processes import eventually
from webapp.core.redis import blocking_connection
from webapp.jobs import queue, timetable
from webapp.jobs.timetable import TIMETABLE, Timekeeper, living_schedulers, reconcile


@pytest.fixture
def client(redis_server: str) -> Redis:
    empty = blocking_connection(redis_server)
    empty.flushall()
    return empty


def entries(client: Redis) -> list[Job]:
    return sorted(Timekeeper(client).get_jobs(), key=lambda job: job.id)


def functions(client: Redis) -> list[str]:
    return sorted(job.func_name for job in entries(client))


def make_all_due(client: Redis) -> None:
    for job in entries(client):
        client.zadd(Timekeeper.scheduled_jobs_key, {job.id: 0})


def add(client: Redis, function: str, interval: int, id: str) -> Job:
    return Timekeeper(client).schedule(datetime(2020, 1, 1), func=function, interval=interval, id=id)


@contextmanager
def keeping_time(client: Redis) -> Iterator[None]:
    ended = threading.Event()
    keeper = threading.Thread(target=Timekeeper(client).keep_time_until, args=(ended,))
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join(30)
    assert not keeper.is_alive()


def test_an_empty_redis_gets_the_whole_timetable(client: Redis) -> None:
    reconcile(client)

    assert {job.func_name: job.meta["interval"] for job in entries(client)} == TIMETABLE
    assert {job.origin for job in entries(client)} == {queue.UPKEEP}


def test_what_is_right_stays(client: Redis) -> None:
    reconcile(client)
    before = [job.id for job in entries(client)]

    reconcile(client)

    assert [job.id for job in entries(client)] == before


def test_a_lost_entry_comes_back(client: Redis) -> None:
    reconcile(client)
    client.zrem(Timekeeper.scheduled_jobs_key, entries(client)[0].id)
    assert functions(client) != sorted(TIMETABLE)

    reconcile(client)

    assert functions(client) == sorted(TIMETABLE)


def test_an_entry_whose_job_was_lost_comes_back(client: Redis) -> None:
    reconcile(client)
    client.delete(entries(client)[0].key)

    reconcile(client)

    assert functions(client) == sorted(TIMETABLE)


def test_an_entry_that_cannot_be_read_is_replaced(client: Redis) -> None:
    reconcile(client)
    broken = entries(client)[0]
    client.hset(broken.key, "data", b"no pickle")

    reconcile(client)

    assert broken.id not in [job.id for job in entries(client)]
    assert functions(client) == sorted(TIMETABLE)


def test_of_double_entries_one_stays(client: Redis) -> None:
    reconcile(client)
    for number, (function, seconds) in enumerate(TIMETABLE.items()):
        add(client, function, seconds, f"timetable-double-{number}")

    reconcile(client)

    assert functions(client) == sorted(TIMETABLE)


def test_a_changed_interval_holds_at_once(client: Redis) -> None:
    function = next(iter(TIMETABLE))
    add(client, function, 77, "timetable-old")

    reconcile(client)

    assert {job.func_name: job.meta["interval"] for job in entries(client)} == TIMETABLE


def test_what_is_no_longer_in_the_list_goes_and_what_was_never_ours_stays(client: Redis) -> None:
    add(client, "webapp.jobs.tasks.gone", 10, "timetable-gone")
    add(client, "somebody.elses", 10, "theirs")

    reconcile(client)

    assert functions(client) == sorted([*TIMETABLE, "somebody.elses"])


def test_an_entry_of_a_clock_that_was_set_back_since_is_due_now(client: Redis) -> None:
    reconcile(client)
    before = [job.id for job in entries(client)]
    for id in before:
        client.zadd(Timekeeper.scheduled_jobs_key, {id: time.time() + 86400})

    reconcile(client)

    assert [job.id for job in entries(client)] == before
    assert all(due.timestamp() <= time.time() for due in timetable.next_firings(client).values())


def test_an_entry_that_is_due_within_its_interval_is_left_where_it_is(client: Redis) -> None:
    reconcile(client)
    soon = time.time() + min(TIMETABLE.values())
    for job in entries(client):
        client.zadd(Timekeeper.scheduled_jobs_key, {job.id: soon})

    reconcile(client)

    assert {client.zscore(Timekeeper.scheduled_jobs_key, job.id) for job in entries(client)} == {soon}


def schedule_as_another_application(client: Redis, id: str, **odd: str) -> None:
    """An entry of somebody who writes RQ's JSON."""
    data = zlib.compress(json.dumps(["mail.send", None, [1], {}]).encode())
    about = {"data": data, "created_at": "2026-01-01T00:00:00.000000Z", "origin": "mail", "status": "scheduled"}
    client.hset(Job.key_for(id), mapping=about | {"meta": "{}", "timeout": "180"} | odd)
    client.zadd(Timekeeper.scheduled_jobs_key, {id: 1})


ODD: list[dict[str, str]] = [{}, {"status": "awaiting_approval"}, {"created_at": "yesterday"}]


@pytest.mark.parametrize("odd", ODD)
def test_the_schedule_of_another_application_is_neither_read_nor_fired_nor_touched(
    client: Redis, odd: dict[str, str]
) -> None:
    schedule_as_another_application(client, "mail-1", **odd)
    client.zadd(Timekeeper.scheduled_jobs_key, {b"m\xfcller": 1, "lost": 1})

    with keeping_time(client):
        eventually(lambda: len(Queue(queue.UPKEEP, connection=client)) == len(TIMETABLE))

    assert client.zrangebyscore(Timekeeper.scheduled_jobs_key, 1, 1) == [b"lost", b"mail-1", b"m\xfcller"]
    assert client.keys("rq:queue:*") == [b"rq:queue:upkeep"]
    assert set(timetable.next_firings(client)) == set(TIMETABLE)


@pytest.mark.parametrize("odd", ODD)
def test_one_of_ours_that_cannot_be_read_is_replaced_and_holds_up_no_other(client: Redis, odd: dict[str, str]) -> None:
    schedule_as_another_application(client, "timetable-tick-0", **odd)

    with keeping_time(client):
        eventually(lambda: len(Queue(queue.UPKEEP, connection=client)) == len(TIMETABLE))

    assert client.zscore(Timekeeper.scheduled_jobs_key, "timetable-tick-0") is None
    assert functions(client) == sorted(TIMETABLE)


def test_what_is_due_is_fired_and_stays_in_the_timetable(client: Redis) -> None:
    with keeping_time(client):
        upkeep = Queue(queue.UPKEEP, connection=client)
        eventually(lambda: len(upkeep) == len(TIMETABLE))

    assert sorted(job.func_name for job in upkeep.jobs) == sorted(TIMETABLE)
    assert functions(client) == sorted(TIMETABLE)


def test_without_a_worker_nothing_piles_up(client: Redis) -> None:
    reconcile(client)
    keeper = Timekeeper(client)
    for _ in range(3):
        make_all_due(client)
        keeper.enqueue_jobs()

    assert len(Queue(queue.UPKEEP, connection=client)) == len(TIMETABLE)
    assert min(client.zscore(keeper.scheduled_jobs_key, job.id) for job in entries(client)) > time.time()


def test_a_flush_takes_neither_the_timetable_nor_the_sign_of_life(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timetable, "RECONCILES_EVERY", 0)
    monkeypatch.setattr(timetable, "LOOKS_EVERY", 0.1)
    with keeping_time(client):
        eventually(lambda: functions(client) == sorted(TIMETABLE))
        client.flushall()
        eventually(lambda: functions(client) == sorted(TIMETABLE))
        eventually(lambda: living_schedulers(client) == 1)


def test_who_was_asked_to_end_is_not_counted_among_the_living(client: Redis) -> None:
    with keeping_time(client):
        eventually(lambda: living_schedulers(client) == 1)

    assert living_schedulers(client) == 0


@pytest.mark.parametrize("function", TIMETABLE)
def test_everything_in_it_may_run_twice_and_with_nothing_to_do(app: Flask, function: str) -> None:
    fire = import_attribute(function)
    fire()
    fire()
