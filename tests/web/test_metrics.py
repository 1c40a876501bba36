"""/metrics: the figures of the installation, for operators and for who has the token, and for nobody else."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests import factories
from tests.pipeline import engine
from webapp.core.db import db
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline.models import AiCall

TOKEN = "for the monitoring alone"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def monitored(app: Flask, client: FlaskClient) -> FlaskClient:
    factories.user()
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], metrics_token=TOKEN)
    return client


def samples(client: FlaskClient) -> Samples:
    answer = client.get("/metrics", headers=WITH_TOKEN)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_they_agree_with_the_rows_after_a_run(monitored: FlaskClient) -> None:
    site = engine.site_with_keywords(8, max_tasks_per_run=3, max_content_per_run=2, max_images_per_run=2)
    run = engine.work_to_the_end(engine.start(site))
    engine.start(engine.reload(site))

    found = samples(monitored)

    assert found["pressroom_runs", (("status", "completed"),)] == 1
    assert found["pressroom_runs", (("status", "queued"),)] == 1
    for stage in run.stages:
        name = ("stage", stage.stage.value)
        assert found["pressroom_items_total", (("outcome", "done"), name)] == stage.processed
        assert found["pressroom_credits_charged_total", (name,)] == stage.credits
    calls = engine.rows(AiCall)
    assert sum_of(found, "pressroom_call_seconds_count") == len(calls) > 0
    assert sum_of(found, "pressroom_call_sends_total") == len(calls)
    seconds = sum((call.answered_at - call.sent_at).total_seconds() for call in calls)
    assert sum_of(found, "pressroom_call_seconds_sum") == pytest.approx(seconds, abs=0.01 * len(calls))
    charged = sum(-entry.amount for entry in engine.rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE))
    assert sum_of(found, "pressroom_credits_charged_total") == charged > 0
    assert found["pressroom_redis_up", ()] == 1
    assert found["pressroom_workers", (("queue", "runs"),)] == 0


def sum_of(found: Samples, name: str) -> float:
    return sum(value for (sample, _), value in found.items() if sample == name)


def test_without_redis_the_database_is_still_told(monitored: FlaskClient, app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], redis_url="unix:///nowhere/at/all")

    found = samples(monitored)

    assert found["pressroom_redis_up", ()] == 0
    assert found["pressroom_runs", (("status", "queued"),)] == 0
    assert sum_of(found, "pressroom_queue_depth") == 0


def test_openmetrics_for_who_asks_for_it(monitored: FlaskClient) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = monitored.get("/metrics", headers=WITH_TOKEN | accept)

    assert answer.content_type.startswith("application/openmetrics-text")
    assert "pressroom_runs" in {family.name for family in parse_openmetrics(answer.text)}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
def test_nobody_else_learns_that_there_are_any(monitored: FlaskClient, headers: dict[str, str]) -> None:
    answer = monitored.get("/metrics", headers=headers)

    assert answer.status_code == 404
    assert "pressroom_" not in answer.text


def test_without_a_token_set_none_opens_them(client: FlaskClient) -> None:
    factories.user()

    assert client.get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_operators_see_them_and_members_do_not(client: FlaskClient) -> None:
    assert factories.signed_in(client, factories.user(operator=True)).get("/metrics").status_code == 200
    assert factories.signed_in(client, factories.member().user).get("/metrics").status_code == 404
    db.session.commit()


def test_a_scrape_makes_no_session(monitored: FlaskClient) -> None:
    assert "Set-Cookie" not in monitored.get("/metrics", headers=WITH_TOKEN).headers


@pytest.mark.parametrize(
    "wanted", ["application/openmetrics-text;version=abc", "text/plain;version=1.x", "a;b=;;c", "\xff"]
)
def test_who_asks_for_what_nobody_can_read_gets_the_plain_text(monitored: FlaskClient, wanted: str) -> None:
    answer = monitored.get("/metrics", headers=WITH_TOKEN | {"Accept": wanted})

    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
