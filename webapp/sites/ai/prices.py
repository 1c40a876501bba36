"""What models cost: prices by the day from which they hold, and what a call comes to.

Money is in millionths of a dollar. The price of an image is all that a picture costs, reported tokens included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.ai.models import AiConnection, ModelPrice

MILLION = 1_000_000


@dataclass(frozen=True)
class Rates:
    """For a million tokens each, or for one image. None: not known."""

    input: int | None = None
    cached_input: int | None = None
    output: int | None = None
    image: int | None = None


def price_on(connection_id: int, model: str, day: date) -> ModelPrice | None:
    """The one that holds on that day, UTC: the last that begins no later."""
    return db.session.scalar(
        select(ModelPrice)
        .where(
            ModelPrice.connection_id == connection_id,
            ModelPrice.model == model,
            ModelPrice.valid_from <= day,
        )
        .order_by(ModelPrice.valid_from.desc())
        .limit(1)
    )


def history(connection_id: int, model: str | None = None) -> Sequence[ModelPrice]:
    """All prices there, by model and day; or those of one model."""
    wanted = select(ModelPrice).where(ModelPrice.connection_id == connection_id)
    if model is not None:
        wanted = wanted.where(ModelPrice.model == model)
    return db.session.scalars(wanted.order_by(ModelPrice.model, ModelPrice.valid_from)).all()


def cost_of(
    price: ModelPrice | Rates, input_tokens: int, output_tokens: int, cached_tokens: int, images: int
) -> int | None:
    """Rounded half up once. None where a part of the price that the call needs is not known, or nothing was reported.

    `cached_tokens` are a part of the input; without a price of their own they cost what the others do.
    """
    if images and price.image is not None:
        return images * price.image
    if not input_tokens and not output_tokens:
        return None
    cached = min(cached_tokens, input_tokens)
    parts = (
        (input_tokens - cached, price.input),
        (cached, price.input if price.cached_input is None else price.cached_input),
        (output_tokens, price.output),
    )
    together = 0
    for tokens, rate in parts:
        if tokens and rate is None:
            return None
        together += tokens * (rate or 0)
    return (together + MILLION // 2) // MILLION


def set_price(connection: AiConnection, model: str, valid_from: date, rates: Rates) -> None:
    """From that day on; what was said of that very day before is replaced. The caller commits. Raises Invalid."""
    if rates == Rates():
        raise Invalid("input", "No price is given.", "Give at least one; what you leave empty stays unknown.")
    _lock(connection)
    db.session.merge(
        ModelPrice(
            connection_id=connection.id,
            model=model,
            valid_from=valid_from,
            input=rates.input,
            cached_input=rates.cached_input,
            output=rates.output,
            image=rates.image,
        )
    )
    db.session.flush()


def remove_price(connection: AiConnection, model: str, valid_from: date) -> bool:
    """Whether there was one. The price before it holds on, if there is any. The caller commits."""
    _lock(connection)
    price = db.session.get(ModelPrice, (connection.id, model, valid_from))
    if price is None:
        return False
    db.session.delete(price)
    db.session.flush()
    return True


def in_dollars(amount: int) -> str:
    """As people write it: "0.15", "1200.00", "0.000075"."""
    exact = Decimal(amount) / MILLION
    cents = exact.quantize(Decimal("0.01"))
    return f"{cents if cents == exact else exact.normalize():f}"


def _lock(connection: AiConnection) -> None:
    db.session.execute(select(AiConnection.id).where(AiConnection.id == connection.id).with_for_update())
