"""Redis forgets everything, or goes away, in the middle of a run: the run does not care, and all is there again."""

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.faults.conftest import SLOWED, Disturbed, Made, assert_as_if_nothing_had_happened
from tests.processes import Crew, MortalRedis, crew, eventually, mortal_redis
from webapp.core.redis import connection
from webapp.jobs.queue import RUNS, UPKEEP
from webapp.jobs.timetable import TIMETABLE, Timekeeper, living_schedulers


def all_is_there_again(client: Redis) -> bool:
    """The workers are known, and the timetable is whole."""
    known = all(client.smembers(f"rq:workers:{name}") for name in (RUNS, UPKEEP))
    functions = sorted(job.func_name for job in Timekeeper(client).get_jobs())
    return known and functions == sorted(TIMETABLE) and living_schedulers(client) == 1


def test_flushing_everything_again_and_again_repeats_nothing(
    at_leisure: Crew, disturbed: Disturbed, undisturbed: Made
) -> None:
    for role in (RUNS, UPKEEP, "timetable"):
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
        workers = [at_leisure.start(role) for role in (RUNS, UPKEEP, "timetable")]
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
