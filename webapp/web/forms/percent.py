"""A percentage as people write it, kept in basis points."""

import re
from collections.abc import Sequence
from typing import Any

from wtforms import Field, Form
from wtforms.validators import StopValidation
from wtforms.widgets import NumberInput

from webapp.credits.budget import percent
from webapp.credits.models import WHOLE

WRITTEN = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?")


def is_a_percentage(form: Form, field: Field) -> None:
    if field.data is None:
        raise StopValidation(f"{field.label.text}: give a percentage from 0 to 100 with at most two decimals.")


class Percent(Field):
    """From 0 to 100 with at most two decimals. `data` is in basis points, None where it cannot be read."""

    widget = NumberInput(step="0.01", min=0, max=100)
    data: int | None

    def __init__(self, label: str, validators: Sequence[Any] = (), **kwargs: Any):
        super().__init__(label, [*validators, is_a_percentage], **kwargs)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = _basis_points(valuelist[0]) if valuelist else None

    def _value(self) -> str:
        if self.data is not None:
            return percent(self.data)
        return str(self.raw_data[0]) if self.raw_data else ""


def _basis_points(written: str) -> int | None:
    found = WRITTEN.fullmatch(written.strip())
    share = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None
    return share if share is not None and share <= WHOLE else None
