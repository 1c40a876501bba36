"""rq-dashboard within our app, before anybody guards it: its errors are in our words."""

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.job import Job

from webapp.core.errors import Conflict, NotFound, RedisAway
from webapp.jobs import dashboard


def bare(redis_url: str) -> Flask:
    made = Flask(__name__)
    made.testing = True
    blueprint = dashboard.mount(made, redis_url)
    assert blueprint.name in made.blueprints
    return made


@pytest.fixture
def mounted(redis_server: str) -> Flask:
    Redis.from_url(redis_server).flushall()
    return bare(redis_server)


def enqueue(redis_server: str) -> Job:
    runs = Queue("runs", connection=Redis.from_url(redis_server))
    return runs.enqueue("webapp.jobs.tasks.advance", args=(1, 2), description="run 1, epoch 2")


def test_it_shows_what_rq_holds(mounted: Flask, redis_server: str) -> None:
    job = enqueue(redis_server)

    queues = mounted.test_client().get(f"{dashboard.ADDRESS}/0/data/queues.json").get_json()
    shown = mounted.test_client().get(f"{dashboard.ADDRESS}/0/data/job/{job.id}.json").get_json()

    assert {"name": "runs", "count": 1}.items() <= queues["queues"][0].items()
    assert shown["description"] == "run 1, epoch 2"


def test_a_job_that_is_gone_is_not_found(mounted: Flask) -> None:
    with pytest.raises(NotFound, match="no such job"):
        mounted.test_client().get(f"{dashboard.ADDRESS}/0/data/job/gone.json")


def test_what_cannot_be_done_with_a_job_is_a_conflict(mounted: Flask, redis_server: str) -> None:
    job = enqueue(redis_server)
    with pytest.raises(Conflict, match="cannot be done"):
        mounted.test_client().post(f"{dashboard.ADDRESS}/job/{job.id}/requeue")


@pytest.mark.parametrize("address", ["/0/view/workers", "/0/data/queues.json"])
def test_redis_away_is_said(address: str) -> None:
    client = bare("unix:///nowhere/redis.sock").test_client()
    with pytest.raises(RedisAway):
        client.get(dashboard.ADDRESS + address)
