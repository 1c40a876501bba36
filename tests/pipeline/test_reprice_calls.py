"""After a price was set the costs of the calls concerned are reckoned anew, each by the price of its day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from tests import factories
from tests.pipeline.engine import site_with_keywords
from tests.sites.ai.endpoints import endpoint
from webapp.ai.openai.provider import OpenAiProvider
from webapp.ai.provider import Operation, Reply, Usage
from webapp.core.db import db
from webapp.pipeline import costs, models
from webapp.pipeline.calls import Send, keep_answer
from webapp.pipeline.models import AiCall, CallStatus
from webapp.pipeline.states import StageKey
from webapp.sites.ai import prices
from webapp.sites.ai.models import AiConnection, ModelPrice
from webapp.sites.ai.prices import Rates

MARCH, JUNE = date(2026, 3, 1), date(2026, 6, 1)


@pytest.fixture
def run(app: Flask) -> models.Run:
    return factories.run(site_with_keywords(1))


@pytest.fixture
def connection(run: models.Run) -> AiConnection:
    return endpoint(run.site.account)


def call(run: models.Run, connection: AiConnection, day: date = MARCH, attempt: int = 1, **fields: Any) -> AiCall:
    """One that was answered at noon of that day."""
    defaults: dict[str, Any] = {
        "connection_id": connection.id, "model": "openai/gpt-x", "reply": "Hello.", "input_tokens": 1_000_000,
        "output_tokens": 0, "cached_tokens": 0, "answered_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
        "attempt": attempt,
    }  # fmt: skip
    return factories.call(run, CallStatus.ANSWERED, **(defaults | fields))


def reckoned(*calls: AiCall) -> list[int | None]:
    db.session.commit()
    for one in calls:
        db.session.refresh(one)
    found = [one.cost for one in calls]
    db.session.commit()
    return found


def test_each_call_costs_what_its_day_says(run: models.Run, connection: AiConnection) -> None:
    days = (date(2026, 2, 28), MARCH, date(2026, 5, 31), JUNE, date(2027, 1, 1))
    calls = [call(run, connection, day, number) for number, day in enumerate(days, 1)]
    prices.set_price(connection, "gpt-x", JUNE, Rates(input=2))
    prices.set_price(connection, "gpt-x", MARCH, Rates(input=1))

    costs.reprice(connection.id, "gpt-x")

    assert reckoned(*calls) == [None, 1, 1, 2, 2]


def test_a_day_begins_at_midnight_utc(run: models.Run, connection: AiConnection) -> None:
    before = call(run, connection, answered_at=datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))
    after = call(run, connection, attempt=2, answered_at=datetime(2026, 3, 1, tzinfo=UTC))
    prices.set_price(connection, "gpt-x", MARCH, Rates(input=1))

    costs.reprice(connection.id, "gpt-x")

    assert reckoned(before, after) == [None, 1]
    assert [costs.cost_of(before), costs.cost_of(after)] == [None, 1]


def test_no_other_call_is_touched(run: models.Run, connection: AiConnection) -> None:
    other = endpoint(run.site.account, name="Other", is_default=False)
    others = [
        call(run, connection, attempt=1, model="openai/gpt-y", cost=7),
        call(run, other, attempt=2, cost=7),
        call(run, connection, attempt=3, model="embedded/gpt-x", cost=7),
    ]
    prices.set_price(connection, "gpt-x", MARCH, Rates(input=1))

    costs.reprice(connection.id, "gpt-x")

    assert reckoned(*others) == [7, 7, 7]


def test_without_a_price_nothing_is_known_any_more(run: models.Run, connection: AiConnection) -> None:
    one = call(run, connection, cost=7)

    costs.reprice(connection.id, "gpt-x")

    assert reckoned(one) == [None]


def test_a_picture_costs_what_pictures_cost(run: models.Run, connection: AiConnection) -> None:
    drawing = {"operation": Operation.IMAGE_GENERATION, "media_file": "a.png"}
    drawn = call(run, connection, attempt=1, input_tokens=0, **drawing)
    failed = call(run, connection, attempt=2, input_tokens=0, operation=Operation.IMAGE_GENERATION)
    written = call(run, connection, attempt=3)
    prices.set_price(connection, "gpt-x", MARCH, Rates(image=40_000))

    costs.reprice(connection.id, "gpt-x")

    assert reckoned(drawn, failed, written) == [40_000, None, None]


RATE = st.none() | st.integers(0, 2_000_000_000)
RATES = st.builds(Rates, RATE, RATE, RATE, RATE).filter(lambda rates: rates != Rates())
TOKENS = st.integers(0, 2**31 - 1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rates=RATES, input_tokens=TOKENS, output_tokens=TOKENS, cached_tokens=st.none() | TOKENS, drew=st.booleans(),
    operation=st.sampled_from(Operation),
)  # fmt: skip
def test_the_database_reckons_as_we_do(
    run: models.Run,
    connection: AiConnection,
    rates: Rates,
    input_tokens: int,
    output_tokens: int,
    cached_tokens: int | None,
    drew: bool,
    operation: Operation,
) -> None:
    db.session.execute(delete(ModelPrice))
    db.session.execute(delete(AiCall))
    db.session.commit()
    one = AiCall(
        key="k", site_id=run.site_id, run_id=run.id, stage=StageKey.ARTICLES, item="articles:1", operation=operation,
        model="openai/gpt-x", status=CallStatus.ANSWERED, attempt=1, epoch=0, price=0, reply="x",
        deadline=datetime(2026, 3, 1, tzinfo=UTC), answered_at=datetime(2026, 3, 2, tzinfo=UTC),
        connection_id=connection.id, input_tokens=input_tokens, output_tokens=output_tokens,
        cached_tokens=cached_tokens, media_file="a.png" if drew else None,
    )  # fmt: skip
    db.session.add(one)
    prices.set_price(connection, "gpt-x", MARCH, rates)

    costs.reprice(connection.id, "gpt-x")

    assert reckoned(one) == [costs.cost_of(one)]


def test_calls_are_named_as_their_provider_names_them() -> None:
    assert f"{OpenAiProvider.name}/" == costs.ASKED_AS


def test_an_answer_is_kept_with_its_cost(run: models.Run, connection: AiConnection) -> None:
    one = factories.call(run, CallStatus.SENT, connection_id=connection.id, model="openai/gpt-x")
    prices.set_price(connection, "gpt-x", MARCH, Rates(input=1_000_000, cached_input=500_000, output=2_000_000))
    db.session.commit()

    sent = Send(one.id, one.key, run.id, one.attempt)
    keep_answer(sent, Reply(text="{}", usage=Usage(input_tokens=100, output_tokens=50, cached_tokens=40)))

    assert reckoned(one) == [60 + 20 + 100]
