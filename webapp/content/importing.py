"""Keywords by the thousand: from a CSV file with a header row, or pasted, one a line.

Both commit once, at the end: everything that was understood is there then, or nothing is.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import IO

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite

from webapp.content.keyword_fields import KeywordFields, read_fields
from webapp.content.models import Keyword
from webapp.content.normal import normal
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.models import Site

BATCH = 1000
CHUNK = 65_536  # bytes
MOST_REPORTED = 1000  # lines by number; more of them say nothing new
LONGEST_LINE = 100_000  # characters
LONGEST_RECORD = 20  # lines that one quoted cell may run over
HEADER_WITHIN = 10  # lines: some tools put a title above the header

COLUMNS = {
    "phrase": ("keyword", "keywords", "phrase", "query", "search query", "search term", "top queries"),
    "volume": ("volume", "search volume", "avg monthly searches", "monthly searches", "searches"),
    "difficulty": ("difficulty", "kd", "keyword difficulty", "seo difficulty"),
    "cpc": ("cpc", "cost per click"),
    "intent": ("intent", "intents", "search intent"),
    "country": ("country", "country code"),
}
DELIMITERS = ("\t", ";", ",")
OTHER_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or a zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF file",
    b"\x1f\x8b": "a compressed file",
}
UNCLOSED = "A quotation mark is opened and not closed, or text follows a closed one."
TOO_MANY_CELLS = "It has more cells than the header row. Put quotes around a cell that holds commas."
SAVE_AS_CSV = "Nothing was imported. Save it as “CSV UTF-8” and import that file."

Cells = dict[str, str] | str  # by the name of their column; or why they cannot be told apart


@dataclass
class ImportReport:
    """What became of the lines. `bad` holds the first that were not understood: number and reason."""

    new: int = 0
    duplicates: int = 0  # of keywords that were there before, or of earlier lines
    bad: list[tuple[int, str]] = field(default_factory=list)
    more_bad: int = 0  # beyond those in `bad`

    @property
    def not_understood(self) -> int:
        return len(self.bad) + self.more_bad

    @property
    def lines(self) -> int:
        return self.new + self.duplicates + self.not_understood

    def refuse(self, line: int, reason: str) -> None:
        if len(self.bad) < MOST_REPORTED:
            self.bad.append((line, reason))
        else:
            self.more_bad += 1


def add_keyword(site: Site, fields: KeywordFields) -> bool:
    """Adds one keyword and commits. Answers False if the site has it already."""
    added = _insert(site, [fields])
    db.session.commit()
    return added == 1


def add_phrases(site: Site, text: str) -> ImportReport:
    """Adds the phrases of `text`, one a line. Raises Invalid if there is none."""
    if not text.strip():
        raise Invalid("text", "There is no keyword to add.", "Write or paste one phrase a line.")
    lines = enumerate(text.splitlines(), 1)
    return _import(site, ((number, {"phrase": line}) for number, line in lines if line.strip()))


def import_csv(site: Site, stream: IO[bytes]) -> ImportReport:
    """Imports a file with a header row that names a keyword column. Raises Invalid if it is no such file.

    A line that cannot be understood is reported, and the others are imported. Of a file of any length only a
    thousand lines are held at a time.
    """
    try:
        report = _import(site, _cells(_lines(stream)))
    except Invalid:
        db.session.rollback()
        raise
    if not report.lines:
        raise Invalid("file", "There is nothing below the header row.", "Add one keyword a line.")
    return report


def _import(site: Site, lines: Iterable[tuple[int, Cells]]) -> ImportReport:
    report = ImportReport()
    understood = _understood(lines, report)
    while batch := list(islice(understood, BATCH)):
        added = _insert(site, batch)
        report.new += added
        report.duplicates += len(batch) - added
    db.session.commit()
    return report


def _understood(lines: Iterable[tuple[int, Cells]], report: ImportReport) -> Iterator[KeywordFields]:
    for number, cells in lines:
        if isinstance(cells, str):
            report.refuse(number, cells)
            continue
        try:
            yield read_fields(**cells)
        except Invalid as error:
            report.refuse(number, str(error))


def _insert(site: Site, batch: list[KeywordFields]) -> int:
    """Adds those that the site does not have. Answers how many."""
    rows = [vars(fields) | {"site_id": site.id} for fields in batch]
    added = db.session.execute(_insert_if_absent().returning(Keyword.id), rows)
    return len(added.all())


def _insert_if_absent() -> Insert:
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return insert(Keyword).on_conflict_do_nothing(index_elements=["site_id", "normal"])


def _cells(lines: Iterator[str]) -> Iterator[tuple[int, Cells]]:
    """The lines below the header: for each its number and its cells. Blank ones are left out."""
    header = _header(lines)
    for offset, row in _records(lines, header.delimiter):
        if row is None:
            yield header.line + offset, UNCLOSED
        elif any(cell.strip() for cell in row[header.width :]):
            yield header.line + offset, TOO_MANY_CELLS
        elif any(cell.strip() for cell in row):
            named = {name: row[at] for name, at in header.columns.items() if at < len(row)}
            yield header.line + offset, named


@dataclass(frozen=True)
class _Header:
    line: int
    delimiter: str
    width: int  # in cells
    columns: dict[str, int]  # where each column is that we know


def _header(lines: Iterator[str]) -> _Header:
    """The first line, near the top, that names a keyword column. Raises Invalid."""
    seen = []
    for number, line in enumerate(islice(lines, HEADER_WITHIN), 1):
        seen.append(line)
        for delimiter in DELIMITERS:
            cells = _split([line], delimiter) or []
            columns = _columns(cells)
            if "phrase" in columns:
                return _Header(number, delimiter, len(cells), columns)
    if not any(line.strip() for line in seen):
        raise Invalid("file", "The file is empty.", "Choose a file with a header row and one keyword a line.")
    raise Invalid(
        "file",
        "The header row names no keyword column.",
        "Nothing was imported. Name the column with the phrases “Keyword” and import the file again.",
    )


def _columns(cells: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, cell in enumerate(cells):
        written = re.sub(r"\W+", " ", re.sub(r"\(.*?\)", "", normal(cell))).strip()
        for name, spellings in COLUMNS.items():
            if written in spellings:
                columns.setdefault(name, at)
    return columns


def _records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Each record with the number of its line, from 1. A broken one costs only its own line."""
    number, ahead = 1, deque(islice(lines, LONGEST_RECORD))
    while ahead:
        used, row = _record(list(ahead), delimiter)
        yield number, row
        for _ in range(used):
            ahead.popleft()
        ahead.extend(islice(lines, used))
        number += used


def _record(ahead: list[str], delimiter: str) -> tuple[int, list[str] | None]:
    """How many lines the first record takes, and its cells: a quoted cell may run over several lines."""
    most = len(ahead) if '"' in ahead[0] else 1
    for used in range(1, most + 1):
        row = _split(ahead[:used], delimiter)
        if row is not None:
            return used, row
    return 1, None


def _split(lines: list[str], delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line + "\n" for line in lines], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """The lines of a text in UTF-8, or in UTF-16 with its mark, without their ends. Raises Invalid."""
    start = stream.read(CHUNK)
    _refuse_other_formats(start)
    encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    unfinished = ""
    for data in chain([start], iter(partial(stream.read, CHUNK), b""), [b""]):
        *lines, unfinished = (unfinished + _decoded(decoder, data)).split("\n")
        if max(map(len, (*lines, unfinished))) > LONGEST_LINE:
            raise Invalid("file", f"A line is longer than {LONGEST_LINE} characters.", SAVE_AS_CSV)
        yield from lines
    if unfinished:
        yield unfinished


def _decoded(decoder: io.IncrementalNewlineDecoder, data: bytes) -> str:
    try:
        text = decoder.decode(data, final=not data)
    except UnicodeDecodeError as error:
        raise Invalid("file", "The file is not written in UTF-8.", SAVE_AS_CSV) from error
    if "\0" in text:
        raise Invalid("file", "The file is not a text file.", SAVE_AS_CSV)
    return text


def _refuse_other_formats(start: bytes) -> None:
    for signature, name in OTHER_FORMATS.items():
        if start.startswith(signature):
            raise Invalid("file", f"The file is {name}, not a CSV file.", SAVE_AS_CSV)
