"""The lines of a file as keywords."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from webapp.content.importing import opening
from webapp.content.importing.understanding import Field, Source, Understanding
from webapp.content.keyword_fields import KeywordFields, read_what_can_be
from webapp.content.models import Intent
from webapp.core.errors import Invalid

TOO_MANY_CELLS = "It has more cells than the header row. Put quotes around a cell that holds the delimiter."
YES = {"true", "1", "yes", "x", "✓", "wahr", "vrai", "verdadero", "vero", "verdadeiro", "waar", "prawda"}


@dataclass(frozen=True)
class Line:
    """Either `fields` or, for a line that cannot be read, the reason. Columns beside may be unread all the same."""

    number: int  # as a person counts them in the file, from 1
    fields: KeywordFields | None
    reason: str = ""
    unread: tuple[str, ...] = ()  # a sentence for each value that cannot be read and is unknown therefore


def lines(stream: IO[bytes], understanding: Understanding, after: int = 0) -> Iterator[Line]:
    """Every line below the header that is not blank, those up to number `after` left out.

    Raises Invalid where the file itself breaks off or is damaged. Of a file of any length only some lines are held.
    """
    start = max(after, understanding.header_line)
    with opening.rows(stream, understanding) as rows:
        for number, row in rows:
            if number <= start:
                continue
            if isinstance(row, str):
                yield Line(number, None, row)
            elif not _says_nothing(row, understanding):
                yield _read(number, row, understanding)


def _says_nothing(cells: Sequence[str], understanding: Understanding) -> bool:
    """A blank row; the header again, where files were joined; one of a planner's rows of sums."""
    phrase = _cell(cells, understanding.columns[Field.PHRASE])
    if not phrase.strip():
        return understanding.source is Source.PLANNER or not any(cell.strip() for cell in cells)
    return understanding.header_line > 0 and tuple(cell.strip() for cell in cells[: len(understanding.names)]) == (
        understanding.names
    )


def _read(number: int, cells: Sequence[str], understanding: Understanding) -> Line:
    if understanding.delimiter and any(cell.strip() for cell in cells[len(understanding.names) :]):
        return Line(number, None, TOO_MANY_CELLS)
    written = {field.value: _cell(cells, at) for field, at in understanding.columns.items()}
    phrase = written.pop(Field.PHRASE.value)
    if understanding.country and not written.get(Field.COUNTRY.value, "").strip():
        written[Field.COUNTRY.value] = understanding.country
    if understanding.flags:
        written[Field.INTENT.value] = _flagged(cells, understanding.flags)
    if understanding.addresses:
        written[Field.SERP.value] = "\n".join(_cell(cells, at) for at in understanding.addresses)
    try:
        fields, unread = read_what_can_be(phrase, written)
    except Invalid as error:
        return Line(number, None, str(error))
    return Line(number, fields, "", unread)


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _flagged(cells: Sequence[str], flags: dict[Intent, int]) -> str:
    """The first intent that a column says yes to, in the order of the columns."""
    said = (intent for intent, at in flags.items() if _cell(cells, at).strip().lower() in YES)
    return next(said, "")
