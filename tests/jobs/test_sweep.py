"""The sweep: it looks again whatever happens, and trouble of one look is not the others' trouble."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.pipeline.engine import fresh, rows, site_with_keywords, start, with_settings
from tests.processes import eventually
from webapp.core.redis import connection
from webapp.jobs import queue, sweep
from webapp.pipeline import claim
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus, StopReason


@contextmanager
def sweeping(app: Flask) -> Iterator[None]:
    with_settings(app, sweep_every=0.05, lease_ttl=0.3)
    ended = threading.Event()
    thread = threading.Thread(target=sweep.sweep_until, args=(app, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)
    assert not thread.is_alive()


def is_delivered(run: Run) -> bool:
    return (run.id, run.epoch) in [job.args for job in queue.Queue(queue.RUNS, connection=connection()).jobs]


def test_a_lost_run_is_taken_over_and_delivered(app: Flask) -> None:
    run = start(site_with_keywords(3))
    assert claim.claim(run.id, run.epoch, worker="lost", lease=20, lock=connection())

    with sweeping(app):
        eventually(lambda: fresh(run).status is RunStatus.QUEUED and is_delivered(fresh(run)))

    assert fresh(run).stop_reason is StopReason.WORKER_LOST


@pytest.mark.parametrize(
    "trouble",
    [
        lambda: OperationalError("SELECT", {}, Exception("away")),
        lambda: redis.exceptions.ResponseError("MISCONF"),
        lambda: KeyError("a bug"),
    ],
    ids=["database away", "redis refuses", "a bug"],
)
def test_trouble_of_one_look_ends_neither_the_others_nor_itself(
    app: Flask, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[], Exception]
) -> None:
    tries: list[int] = []

    class Broken:
        def __init__(self, lease: float):
            pass

        def observe(self) -> None:
            tries.append(1)
            raise trouble()

    monkeypatch.setattr(sweep, "RunWatch", Broken)
    run = factories.run(factories.site())

    with sweeping(app):
        eventually(lambda: is_delivered(run))
        eventually(lambda: len(tries) > 2)

    assert rows(Run)
