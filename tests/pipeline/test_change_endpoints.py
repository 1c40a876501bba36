"""Endpoints and keys that change while there is something to ask: what is said by one is not noted of another."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from flask import Flask

from tests import factories
from tests.ai.openai.scribe import Scribe
from tests.ai.openai.server import Asked, Endpoint, Told, endpoint, error
from tests.pipeline.engine import rows, set_limits, start, with_settings, work_to_the_end
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.pipeline import paid_work
from webapp.pipeline.models import AiCall
from webapp.pipeline.states import RunStatus, StopReason
from webapp.sites.ai.models import AiConnection, ModelPrice
from webapp.sites.models import Site

OLD, NEW = "sk-the-old-one-123456", "sk-the-new-one-123456"


@pytest.fixture(autouse=True)
def at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paid_work, "BACKOFF", 0.0)
    monkeypatch.setattr(paid_work, "RESTS_AFTER_REFUSAL", 0.0)
    with_settings(app, allow_private_targets=True, lanes=1)


@pytest.fixture
def there() -> Iterator[Endpoint]:
    with endpoint() as started:
        yield started


@pytest.fixture
def site(there: Endpoint) -> Site:
    made = factories.site(factories.account(credits=1000))
    for phrase in ("grow lamp", "root rot"):
        factories.keyword(made, phrase)
    set_limits(made, max_clusters_per_run=1, max_ideas_per_run=1, max_tasks_per_run=1)
    connect(made, there, key=OLD)
    return made


def connect(site: Site, there: Endpoint, key: str) -> AiConnection:
    for other in rows(AiConnection):
        db.session.add(other)
        other.is_default = False
    made = AiConnection(
        account_id=site.account_id, name=there.address, base_url=there.address, text_model="m", is_default=True,
        key=Secret.of(key), key_set_at=now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.commit()
    return made


def refuses(asked: Asked) -> Told:
    return error(401, "Incorrect API key provided.")


def test_what_another_endpoint_answers_has_its_price_and_says_nothing_of_the_first(there: Endpoint, site: Site) -> None:
    there.answer_by(refuses)
    assert work_to_the_end(start(site)).stop_reason is StopReason.PROVIDER_REFUSES_KEY
    [first] = rows(AiConnection)
    with endpoint() as other:
        other.answer_by(Scribe())
        second = connect(site, other, key=NEW)
        for connection, rate in ((first, 1_000_000_000), (second, 1_000_000)):
            since = date(2020, 1, 1)
            db.session.add(ModelPrice(connection_id=connection.id, model="m", valid_from=since, input=rate, output=0))
        db.session.commit()

        assert work_to_the_end(start(site)).status is RunStatus.COMPLETED

    asked = [call for call in rows(AiCall) if call.model == "openai/m"]
    assert {call.connection_id for call in asked} == {second.id}
    assert [call.cost for call in asked] == [call.input_tokens for call in asked]
    assert [connection.refused_at is None for connection in rows(AiConnection)] == [False, True]


def meanwhile(monkeypatch: pytest.MonkeyPatch, method: str, act: Callable[[], None]) -> None:
    """Does that once, before the run's worker does this."""
    left, does = [act], getattr(paid_work.PaidWork, method)

    def after(work: paid_work.PaidWork, *told: object) -> object:
        if left:
            left.pop()()
        return does(work, *told)

    monkeypatch.setattr(paid_work.PaidWork, method, after)


def set_key(key: str, refused: bool = False) -> None:
    [connection] = rows(AiConnection)
    db.session.add(connection)
    connection.key, connection.key_set_at = Secret.of(key), now()
    if refused:
        connection.refused_at, connection.refusal = now(), "No."
    db.session.commit()


def test_a_refusal_of_the_old_key_is_not_noted_of_the_new_one(
    app: Flask, there: Endpoint, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.answer_by(refuses)
    meanwhile(monkeypatch, "_count_refusal", lambda: set_key(NEW))

    run = work_to_the_end(start(site))

    assert run.stop_reason is StopReason.PROVIDER_REFUSES_KEY
    assert {asked.headers["authorization"] for asked in there.posts} == {f"Bearer {OLD}"}
    [connection] = rows(AiConnection)
    assert (connection.refused_at, connection.refusal) == (None, "")


def test_an_answer_to_the_old_key_does_not_free_the_new_one(
    there: Endpoint, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.answer_by(Scribe())
    meanwhile(monkeypatch, "_open_lane", lambda: set_key(NEW, refused=True))

    assert work_to_the_end(start(site)).status is RunStatus.COMPLETED

    assert {asked.headers["authorization"] for asked in there.posts} == {f"Bearer {OLD}"}
    [connection] = rows(AiConnection)
    assert connection.refusal == "No."
