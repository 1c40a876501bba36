"""A file of keywords, or pasted ones; and what the columns of a file hold."""

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField

from webapp.content.importing.understanding import Field, Understanding

CHOOSE_ONE = "Choose a file, or paste some keywords."
NOT_BOTH = "A file and pasted keywords came together. Send one after the other, and choose the file again for that."
NOT_IN_IT = ""  # the value of a select


class ImportForm(FlaskForm):
    file = FileField("File")
    text = TextAreaField("Keywords, one a line")

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        has_text = bool((self.text.data or "").strip())
        if self.has_file is has_text:
            self.file.errors = [NOT_BOTH if has_text else CHOOSE_ONE]
            return False
        return True

    @property
    def has_file(self) -> bool:
        return bool(self.file.data and self.file.data.filename)


class ColumnsForm(FlaskForm):
    """For each thing that a column may hold, which one does."""

    phrase = SelectField(Field.PHRASE.label, default=NOT_IN_IT)
    volume = SelectField(Field.VOLUME.label, default=NOT_IN_IT)
    difficulty = SelectField(Field.DIFFICULTY.label, default=NOT_IN_IT)
    cpc = SelectField(Field.CPC.label, default=NOT_IN_IT)
    intent = SelectField(Field.INTENT.label, default=NOT_IN_IT)
    country = SelectField(Field.COUNTRY.label, default=NOT_IN_IT)
    parent = SelectField(Field.PARENT.label, default=NOT_IN_IT)

    def __init__(self, found: Understanding) -> None:
        super().__init__()
        columns = [(str(at), name.strip() or f"Column {at + 1}") for at, name in enumerate(found.names)]
        for select in self._selects():
            select.choices = [(NOT_IN_IT, "Choose a column" if select is self.phrase else "Not in it"), *columns]

    @property
    def columns(self) -> dict[Field, int]:
        """What was chosen, after validate()."""
        return {Field(select.name): int(select.data) for select in self._selects() if select.data}

    def _selects(self) -> list[SelectField]:
        return [self[field.value] for field in Field if field.value in self]
