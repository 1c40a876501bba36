"""An amount of dollars as people write it, kept in millionths."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import Field, Form
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from webapp.sites.ai.prices import MILLION, in_dollars

WRITTEN = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,6})?")
MOST = 2_000  # dollars for a million tokens, so that no call costs more than a column holds


def is_an_amount(form: Form, field: Field) -> None:
    if field.is_faulty:
        raise StopValidation(
            f"{field.label.text}: give dollars such as 0.15, at most {MOST:,} with six decimals, or leave it empty."
        )


class Dollars(Field):
    """`data` is in millionths of a dollar; None where nothing was written: not known."""

    widget = TextInput()
    data: int | None
    is_faulty = False

    def __init__(self, label: str, validators: Sequence[Any] = (), **kwargs: Any):
        super().__init__(label, [*validators, is_an_amount], **kwargs)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        written = valuelist[0].strip() if valuelist else ""
        self.data = _millionths(written)
        self.is_faulty = bool(written) and self.data is None

    def _value(self) -> str:
        if self.data is not None:
            return in_dollars(self.data)
        return str(self.raw_data[0]) if self.raw_data else ""


def _millionths(written: str) -> int | None:
    if WRITTEN.fullmatch(written) is None:
        return None
    amount = int(Decimal(written.replace(",", ".")) * MILLION)
    return amount if amount <= MOST * MILLION else None
