"""Excel workbooks, row by row."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any
from zipfile import ZipFile

from openpyxl import load_workbook

from webapp.content.importing import refusals
from webapp.content.importing.texts import Row
from webapp.core.errors import Invalid

MOST_SHEETS = 40
MOST_ROWS = 1_048_576  # as many as Excel has
MOST_COLUMNS = 2000
LONGEST_CELL = 32_767  # characters, as in Excel
MOST_SHEET = 300_000_000  # bytes of a sheet, which is read bit by bit
MOST_STRINGS = 80_000_000  # bytes of the texts that all sheets share, which are held in memory
MOST_PART = 10_000_000  # bytes of any other part
MOST_PACKED = 50  # times that a part may be larger than it is packed: sheets of a tool's rows are 10 to 20 times


def is_workbook(archive: ZipFile) -> bool:
    return any(name.lower().startswith("xl/") for name in archive.namelist())


def refuse_too_large(archive: ZipFile) -> None:
    """Raises Invalid if a part would unpack to more than can be held."""
    for info in archive.infolist():
        most = _most(info.filename.lower())
        if info.file_size > most or info.file_size > max(MOST_PART, MOST_PACKED * info.compress_size):
            raise refusals.too_large("The Excel workbook", most)


def _most(part: str) -> int:
    if part.startswith("xl/worksheets/"):
        return MOST_SHEET
    return MOST_STRINGS if part.endswith("sharedstrings.xml") else MOST_PART


@contextmanager
def opened(stream: IO[bytes]) -> Iterator[Any]:
    """The workbook. Whatever is broken in it while it is open raises Invalid."""
    workbook = None
    try:
        workbook = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        yield workbook
    except Invalid:
        raise
    except Exception as error:  # it raises what its parsers raise, of any kind
        raise refusals.damaged("Excel workbook") from error
    finally:
        if workbook is not None:
            workbook.close()


def sheet_names(workbook: Any) -> list[str]:
    return [sheet.title for sheet in workbook.worksheets[:MOST_SHEETS]]


def rows_of(workbook: Any, sheet: str) -> Iterator[Row]:
    """The rows of a sheet: the number of each from 1, its cells as text."""
    rows = workbook[sheet]
    rows.reset_dimensions()  # what it says of its size is often wrong
    for number, cells in enumerate(islice(rows.iter_rows(values_only=True), MOST_ROWS), 1):
        yield number, [_text(cell) for cell in cells[:MOST_COLUMNS]]


def _text(cell: Any) -> str:
    """A number without the digits that a float adds."""
    match cell:
        case None:
            return ""
        case str():
            return cell[: LONGEST_CELL + 1]
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            return str(int(cell)) if cell.is_integer() else f"{cell:.6f}".rstrip("0")
        case datetime.datetime() | datetime.date() | datetime.time():
            return cell.isoformat()
        case _:
            return str(cell)
