"""Redis forgets everything, or goes away, in the middle of a run: the run does not care, and all is there again."""

from collections.abc import Iterator

import pytest
from flask import Flask
from redis import Redis

from tests.faults.conftest import SLOWED, Disturbed, Made, assert_as_if_nothing_had_happened, made_on, site_to_work_on
from tests.pipeline import engine
from tests.processes import Crew, MortalRedis, crew, eventually, mortal_redis
from webapp.core.redis import connection
from webapp.jobs.queue import QUEUES
from webapp.jobs.timetable import TIMETABLE, Timekeeper, living_schedulers
from webapp.pipeline.states import RunStatus


def all_is_there_again(client: Redis) -> bool:
    """The workers are known, and the timetable is whole."""
    known = all(client.smembers(f"rq:workers:{name}") for name in QUEUES)
    functions = sorted(job.func_name for job in Timekeeper(client).get_jobs())
    return known and functions == sorted(TIMETABLE) and living_schedulers(client) == 1


def test_flushing_everything_again_and_again_repeats_nothing(
    at_leisure: Crew, disturbed: Disturbed, undisturbed: Made
) -> None:
    for role in (*QUEUES, "timetable"):
        at_leisure.start(role)
    eventually(disturbed.is_amid_articles)

    def flush_until_it_ends() -> bool:
        connection().flushall()
        return disturbed.has_ended

    eventually(flush_until_it_ends)

    assert_as_if_nothing_had_happened(disturbed, undisturbed)
    assert disturbed.sent_again() == 0
    assert disturbed.run.takeovers == 0
    eventually(lambda: all_is_there_again(connection()))


@pytest.fixture
def mortal() -> Iterator[MortalRedis]:
    """The Redis of the processes; the test itself has another, which lives."""
    with mortal_redis() as started:
        yield started


def test_a_redis_that_is_killed_and_comes_back_empty(
    environ: dict[str, str], mortal: MortalRedis, disturbed: Disturbed, undisturbed: Made
) -> None:
    with crew(environ | SLOWED | {"REDIS_URL": mortal.address}) as at_leisure:
        workers = [at_leisure.start(role) for role in (*QUEUES, "timetable")]
        eventually(disturbed.is_amid_articles)
        before = disturbed.articles()

        mortal.kill()
        eventually(lambda: disturbed.articles() > before or disturbed.has_ended)
        mortal.start()

        assert_as_if_nothing_had_happened(disturbed, undisturbed)
        assert disturbed.sent_again() == 0
        eventually(lambda: all_is_there_again(Redis.from_url(mortal.address)))
        assert not any(worker.ended for worker in workers)
        assert "Traceback" not in at_leisure.said()


def test_a_redis_that_keeps_nothing_more_stops_no_run(app: Flask, redis_server: str, undisturbed: Made) -> None:
    site = site_to_work_on()
    run = engine.start(site)
    full = Redis.from_url(redis_server)
    full.config_set("maxmemory", 1)
    try:
        done = engine.work_to_the_end(run)
    finally:
        full.config_set("maxmemory", 0)

    assert done.status is RunStatus.COMPLETED
    assert made_on(engine.reload(site)) == undisturbed
