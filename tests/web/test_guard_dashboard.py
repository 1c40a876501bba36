"""rq-dashboard at /operator/rq: for operators, without its holes."""

import dataclasses

import pytest
from flask import Flask
from rq import Queue

from config import Settings
from tests import factories
from tests.visitor import Visitor
from webapp.core.redis import connection

ADDRESS = "/operator/rq/"
OWN = {"Origin": "http://localhost"}


@pytest.fixture
def operator(app: Flask, client: Visitor) -> Visitor:
    return factories.signed_in(client, factories.member(operator=True).user)


def queue_a_job() -> str:
    return Queue("runs", connection=connection()).enqueue("webapp.jobs.tasks.advance", args=(1, 2)).id


@pytest.mark.parametrize(
    "address",
    [ADDRESS, f"{ADDRESS}0/view/workers", f"{ADDRESS}0/data/queues.json", f"{ADDRESS}static/css/main.css"],
)
def test_operators_see_it(operator: Visitor, address: str) -> None:
    answer = operator.get(address)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}0/data/queues.json", f"{ADDRESS}static/css/main.css"])
def test_others_do_not_learn_that_it_exists(app: Flask, client: Visitor, address: str) -> None:
    factories.signed_in(client, factories.member().user)
    assert client.get(address).status_code == 404
    client.send("/sign-out")
    assert client.get(address).status_code == 303


def test_buttons_work_for_operators_from_our_own_pages_only(operator: Visitor) -> None:
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Referer": "http://evil.example/"}):
        job = queue_a_job()
        assert operator.post(f"{ADDRESS}job/{job}/delete", headers=headers).status_code == 403
        assert Queue("runs", connection=connection()).fetch_job(job) is not None
    assert operator.post(f"{ADDRESS}job/{job}/delete", headers=OWN).status_code == 200
    assert Queue("runs", connection=connection()).fetch_job(job) is None


def test_members_cannot_press_its_buttons(client: Visitor) -> None:
    factories.signed_in(client, factories.member().user)
    job = queue_a_job()
    assert client.post(f"{ADDRESS}job/{job}/delete", headers=OWN).status_code == 404
    assert Queue("runs", connection=connection()).fetch_job(job) is not None


def test_looking_requeues_nothing(operator: Visitor) -> None:
    assert operator.get(f"{ADDRESS}requeue/runs").status_code == 405
    assert operator.head(f"{ADDRESS}requeue/runs").status_code == 405
    assert operator.post(f"{ADDRESS}requeue/runs", headers=OWN).status_code == 200


@pytest.mark.parametrize("address", ["0/view/job/gone", "0/data/job/gone.json", "7/view/workers"])
def test_what_is_not_there_is_not_an_error_of_ours(operator: Visitor, address: str) -> None:
    assert operator.get(ADDRESS + address).status_code == 404


def test_without_redis_it_says_so(app: Flask, operator: Visitor, settings: Settings) -> None:
    app.config["SETTINGS"] = dataclasses.replace(settings, redis_url="unix:///nowhere/redis.sock")
    for address in (ADDRESS, f"{ADDRESS}0/view/workers", f"{ADDRESS}0/data/queues.json"):
        answer = operator.get(address)
        assert answer.status_code == 503
        assert "Redis" in answer.text
        assert "Traceback" not in answer.text
