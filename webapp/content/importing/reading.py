"""The lines of a file as keywords."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from webapp.content.importing import opening
from webapp.content.importing.understanding import Field, Source, Understanding
from webapp.content.keyword_fields import KeywordFields, read_what_can_be
from webapp.core.errors import Invalid

TOO_MANY_CELLS = "It has more cells than the header row. Put quotes around a cell that holds the delimiter."
COUNTRY, INTENT, SERP = Field.COUNTRY.value, Field.INTENT.value, Field.SERP.value
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
    reader = _Reader(understanding)
    with opening.rows(stream, understanding) as rows:
        for number, row in rows:
            if number <= start:
                continue
            if isinstance(row, str):
                yield Line(number, None, row)
            elif not reader.says_nothing(row):
                yield reader.read(number, row)


class _Reader:
    """Knows where in a row everything is."""

    def __init__(self, understanding: Understanding):
        self._phrase = understanding.columns[Field.PHRASE]
        self._others = [(field.value, at) for field, at in understanding.columns.items() if field is not Field.PHRASE]
        self._flags = [(intent.value, at) for intent, at in understanding.flags.items()]
        self._addresses = understanding.addresses
        self._country = understanding.country
        self._header = list(understanding.names) if understanding.header_line else None
        self._sums_have_no_keyword = understanding.source is Source.PLANNER
        self._most_cells = len(understanding.names) if understanding.delimiter else None

    def says_nothing(self, cells: Sequence[str]) -> bool:
        """A blank row; the header again, where files were joined; one of a planner's rows of sums."""
        phrase = _cell(cells, self._phrase).strip()
        if not phrase:
            return self._sums_have_no_keyword or not any(cell.strip() for cell in cells)
        return self._header is not None and phrase == self._header[self._phrase] and self._is_header(cells)

    def _is_header(self, cells: Sequence[str]) -> bool:
        return [cell.strip() for cell in cells[: len(self._header or ())]] == self._header

    def read(self, number: int, cells: Sequence[str]) -> Line:
        if self._most_cells and any(cell.strip() for cell in cells[self._most_cells :]):
            return Line(number, None, TOO_MANY_CELLS)
        try:
            fields, unread = read_what_can_be(_cell(cells, self._phrase), self._written(cells))
        except Invalid as error:
            return Line(number, None, str(error))
        return Line(number, fields, "", unread)

    def _written(self, cells: Sequence[str]) -> dict[str, str]:
        """What the row says of its keyword, by the names of fields."""
        written = {name: cells[at] for name, at in self._others if at < len(cells)}
        if self._country and not written.get(COUNTRY, "").strip():
            written[COUNTRY] = self._country
        if self._flags:
            written[INTENT] = self._first_flagged(cells)
        if self._addresses:
            written[SERP] = "\n".join(_cell(cells, at) for at in self._addresses)
        return written

    def _first_flagged(self, cells: Sequence[str]) -> str:
        return next((intent for intent, at in self._flags if _cell(cells, at).strip().lower() in YES), "")


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""
