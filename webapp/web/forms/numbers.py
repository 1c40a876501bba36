"""Whole numbers as people write them, answered in one sentence whatever was written."""

from collections.abc import Sequence
from typing import Any

from wtforms import IntegerField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation


class WholeNumber(IntegerField):
    """From `least` to `most`. `least_means` says in a word what the least number stands for."""

    def __init__(self, label: str, least: int, most: int, least_means: str = "", **kwargs: Any):
        super().__init__(label, **kwargs)
        self._least, self._most = least, most
        meaning = f" ({least_means})" if least_means else ""
        self._sentence = f"{label}: give a whole number from {least}{meaning} to {most:,}."

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(self._sentence) from None

    def pre_validate(self, form: BaseForm) -> None:
        if self.process_errors:
            raise StopValidation()
        if self.data is None or not self._least <= self.data <= self._most:
            raise StopValidation(self._sentence)
