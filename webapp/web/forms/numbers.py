"""Whole numbers as people write them, answered in one sentence whatever was written."""

import re
from collections.abc import Sequence
from typing import Any

from wtforms import IntegerField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

NUMBER = re.compile(r"[+-]?[0-9]{1,20}")


class WholeNumber(IntegerField):
    """From `least` to `most`. `least_means` says in a word what the least number stands for."""

    def __init__(self, label: str, least: int, most: int, least_means: str = "", **kwargs: Any):
        super().__init__(label, **kwargs)
        self._least, self._most = least, most
        meaning = f" ({least_means})" if least_means else ""
        self._sentence = f"{label}: give a whole number from {least}{meaning} to {most:,}."

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        written = valuelist[0].strip() if valuelist else ""
        if not NUMBER.fullmatch(written):
            self.data = None
            raise ValueError(self._sentence)
        self.data = int(written)

    def pre_validate(self, form: BaseForm) -> None:
        if self.process_errors:
            raise StopValidation()
        if self.data is None or not self._least <= self.data <= self._most:
            raise StopValidation(self._sentence)
