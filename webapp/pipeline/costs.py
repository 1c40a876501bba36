"""What calls cost in money, by the prices of the connection that was asked; in millionths of a dollar."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from itertools import pairwise

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, and_, case, cast, func, literal, null, update

from webapp.ai.provider import Operation
from webapp.core.db import change
from webapp.pipeline.models import AiCall
from webapp.sites.ai import prices
from webapp.sites.ai.models import ModelPrice
from webapp.sites.ai.prices import MILLION

ASKED_AS = "openai/"  # what stands before the name of a model that an endpoint was asked for


def cost_of(call: AiCall) -> int | None:
    """None: no price is known for it. Only of a call that was answered."""
    if call.connection_id is None or call.answered_at is None:
        return None
    model = call.model.removeprefix(ASKED_AS)
    price = prices.price_on(call.connection_id, model, call.answered_at.astimezone(UTC).date())
    if price is None:
        return None
    images = int(call.operation is Operation.IMAGE_GENERATION and call.media_file is not None)
    return prices.cost_of(price, call.input_tokens, call.output_tokens, call.cached_tokens or 0, images)


def reprice(connection_id: int, model: str) -> None:
    """Reckons anew what the model's calls cost there, each by the price of its day. The caller commits."""
    calls = AiCall.connection_id == connection_id, AiCall.model == f"{ASKED_AS}{model}"
    for price, following in pairwise([None, *prices.history(connection_id, model), None]):
        cost = null() if price is None else _reckoned(price)
        change(update(AiCall).where(*calls, *_answered_between(price, following)).values(cost=cost))


def _answered_between(price: ModelPrice | None, following: ModelPrice | None) -> Iterator[ColumnElement[bool]]:
    """Since the day of the one, if there is one, and until that of the other."""
    if price is not None:
        yield AiCall.answered_at >= _midnight(price.valid_from)
    if following is not None:
        yield AiCall.answered_at < _midnight(following.valid_from)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _reckoned(price: ModelPrice) -> ColumnElement[int | None]:
    """As prices.cost_of() reckons, by the database."""
    cached = case(
        (AiCall.cached_tokens > AiCall.input_tokens, AiCall.input_tokens),
        else_=func.coalesce(AiCall.cached_tokens, 0),
    )
    together = (
        _part(AiCall.input_tokens - cached, price.input)
        + _part(cached, price.input if price.cached_input is None else price.cached_input)
        + _part(AiCall.output_tokens, price.output)
    )
    by_tokens = case(
        (and_(AiCall.input_tokens == 0, AiCall.output_tokens == 0), null()),
        else_=(together + MILLION // 2) // MILLION,
    )
    if price.image is None:
        return by_tokens
    drew = and_(AiCall.operation == Operation.IMAGE_GENERATION, AiCall.media_file.is_not(None))
    return case((drew, literal(price.image, BigInteger)), else_=by_tokens)


def _part(tokens: SQLColumnExpression[int], rate: int | None) -> ColumnElement[int | None]:
    """None where a price that is needed is not known."""
    cost = null() if rate is None else cast(tokens, BigInteger) * literal(rate, BigInteger)
    return case((tokens == 0, literal(0, BigInteger)), else_=cost)
