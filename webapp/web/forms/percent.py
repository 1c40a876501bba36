"""A percentage as people write it, kept in basis points."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import StringField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from webapp.credits.models import WHOLE


class Percent(StringField):
    """From 0 to 100 with at most two decimals. `data` is in basis points, None where it cannot be read."""

    data: Any
    raw: str = ""

    def __init__(self, label: str, **kwargs: Any):
        super().__init__(label, **kwargs)
        self._sentence = f"{label}: give a percentage from 0 to 100 with at most two decimals."

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.raw = valuelist[0] if valuelist else ""
        self.data = _basis_points(self.raw)

    def pre_validate(self, form: BaseForm) -> None:
        if self.data is None:
            raise StopValidation(self._sentence)

    def _value(self) -> str:
        return self.raw or ("" if self.data is None else f"{Decimal(self.data) / 100:.2f}")


def _basis_points(written: str) -> int | None:
    try:
        share = Decimal(written.strip().replace(",", ".")) * 100
    except InvalidOperation:
        return None
    if not share.is_finite() or not 0 <= share <= WHOLE or share != share.to_integral_value():
        return None
    return int(share)
