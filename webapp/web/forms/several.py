"""Several values of one kind, each in an input of its own. An empty one counts for nothing: there is one to fill in."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wtforms import Field
from wtforms.form import BaseForm

from webapp.core.errors import Invalid


class Several(Field):
    """`read` makes of one value what is kept, or raises Invalid. No value may come twice, nor more than `most`.

    `data` is what was written; `faulty` is what of it was refused.
    """

    errors: Sequence[str]

    def __init__(self, label: str, read: Callable[[str], str], most: int, **kwargs: Any):
        super().__init__(label, **kwargs)
        self._read, self._most = read, most
        self.faulty: set[str] = set()

    def process_data(self, value: Iterable[str] | None) -> None:
        self.data = list(value or ())

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = [written.strip() for written in valuelist if written.strip()]

    def pre_validate(self, form: BaseForm) -> None:
        if len(self.data) > self._most:
            self._refuse_so_many()
            return
        seen: set[str] = set()
        for written in self.data:
            try:
                value = self._read(written)
            except Invalid as error:
                self._refuse(written, str(error))
                continue
            if value in seen:
                self._refuse(written, f"{value} is there twice. Take one of them out.")
            seen.add(value)

    def _refuse_so_many(self) -> None:
        """Keeps as many of them as a page can show."""
        told = f"{self.label.text}: {len(self.data):,} are too many, {self._most:,} is the most."
        self.errors = [f"{told} The first {self._most:,} are here; the others were not kept."]
        self.data = self.data[: self._most]

    def _refuse(self, written: str, sentence: str) -> None:
        self.faulty.add(written)
        if sentence not in self.errors:
            self.errors = [*self.errors, sentence]

    @property
    def values(self) -> list[str]:
        """As they are kept, in their order. Only of a field that is valid."""
        return sorted(self._read(written) for written in self.data)

    @property
    def shown(self) -> list[str]:
        """As the page shows them: in their order, or as they were written while something is wrong with them."""
        return self.data if self.errors else self.values
