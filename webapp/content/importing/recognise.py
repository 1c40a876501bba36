"""Which tool wrote a file, and which of its columns holds what: from its name and its head."""

import re
from dataclasses import dataclass, replace
from typing import IO

from webapp.ai import languages
from webapp.content import countries
from webapp.content.importing import guessing, headers, noticing, opening, refusals, sources, texts
from webapp.content.importing.headers import Header
from webapp.content.importing.opening import Container, SheetHead, TextHead
from webapp.content.importing.texts import Row
from webapp.content.importing.understanding import Field, Source, Understanding, Unrecognised

SHOWN = 8  # rows
COUNTRY_IN_NAME = re.compile(
    r"_(?:mobile-)?([a-z]{2})_\d{4}-\d{2}-\d{2}|-([a-z]{2})-\d{8}|(?:^|[/\\])google_([a-z]{2})_", re.IGNORECASE
)

Numbered = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class _Table:
    """The head of one table, as it is told apart from the others of its file."""

    container: Container
    encoding: str | None
    delimiter: str | None
    name: str | None
    rows: Numbered  # those that are not blank and can be told apart
    last: int  # the number of the last that is not blank; 0: there is none
    header: Header | None  # with a name for the keywords


def recognise(stream: IO[bytes], name: str) -> Understanding:
    """What is in the file, by its head. `name` is the file's: some tools put the country there.

    Raises Invalid("file") for what holds no keywords, Unrecognised where a person has to say which column does.
    """
    tables = _tables(stream)
    understanding = replace(_best(tables), country=_filtered_country(tables) or _country_in(name))
    if Field.PHRASE not in understanding.columns:
        raise Unrecognised(understanding)
    return understanding


def _tables(stream: IO[bytes]) -> list[_Table]:
    """Those of the file that hold anything. Raises Invalid if none does."""
    container = opening.container_of(stream)
    match container:
        case Container.TEXT:
            found = [_of_text(container, opening.text_head(stream))]
        case Container.ZIP:
            found = [_of_text(container, head) for head in opening.zip_heads(stream)]
        case Container.WORKBOOK:
            found = [_of_sheet(head) for head in opening.sheet_heads(stream)]
    tables = [table for table in found if table.rows]
    if not tables:
        raise refusals.no_text() if any(table.last for table in found) else refusals.empty()
    return tables


def _best(tables: list[_Table]) -> Understanding:
    """That of a known export, else of the first with named keywords, else of the first with what looks like them.

    Raises Invalid where the keywords are named and there are none.
    """
    understandings = [understood for table in tables if (understood := _understood(table))]
    best = max(understandings, key=_rank, default=None)  # the first of equals
    if best is None or (any(table.header for table in tables) and not _is_named(best)):
        raise refusals.nothing_below()
    unread = [other.sheet for other in understandings if other is not best and _rank(other) == _rank(best)]
    return replace(best, notes=best.notes + noticing.of_tables(best.sheet, unread))


def _rank(understanding: Understanding) -> tuple[bool, bool, bool]:
    known = understanding.source not in (Source.TABLE, Source.LINES)
    return known, _is_named(understanding), Field.PHRASE in understanding.columns


def _is_named(understanding: Understanding) -> bool:
    at = understanding.columns.get(Field.PHRASE)
    return at is not None and headers.names_keywords(understanding.names[at])


def _of_text(container: Container, head: TextHead) -> _Table:
    """Split by the delimiter that finds most columns we know, else by one on which the lines agree, else not at all."""
    split = {each: list(texts.rows_of(iter(head.lines), each)) for each in guessing.DELIMITERS}
    found = {each: headers.header_among(_whole(rows)) for each, rows in split.items()}
    known = {each: header.known for each, header in found.items() if header}
    if known:
        delimiter: str | None = max(known, key=lambda each: known[each])
    else:
        delimiter = next((each for each, rows in split.items() if guessing.is_table(_cells(_whole(rows)))), None)
    rows = split[delimiter] if delimiter else list(texts.rows_of(iter(head.lines), None))
    header = found[delimiter] if delimiter else None
    return _Table(container, head.encoding, delimiter, head.name, _whole(rows), _last(rows), header)


def _of_sheet(head: SheetHead) -> _Table:
    rows = [(number, _without_end(cells)) for number, cells in _whole(head.rows)]
    return _Table(Container.WORKBOOK, None, None, head.name, rows, _last(head.rows), headers.header_among(rows))


def _whole(rows: list[Row]) -> Numbered:
    return [(number, row) for number, row in rows if not isinstance(row, str) and any(cell.strip() for cell in row)]


def _without_end(cells: list[str]) -> list[str]:
    """A sheet often has blank cells on its right that nobody wrote."""
    return cells[: max(at for at, cell in enumerate(cells, 1) if cell.strip())]


def _last(rows: list[Row]) -> int:
    return max((number for number, row in rows if any(cell.strip() for cell in row)), default=0)


def _cells(rows: Numbered) -> list[list[str]]:
    return [cells for _, cells in rows]


def _understood(table: _Table) -> Understanding | None:
    """None if there is a header and nothing below it."""
    if table.header:
        return _by_names(table, table.header)
    if table.delimiter is None and table.container is not Container.WORKBOOK:
        return _by_lines(table)
    return _by_looks(table)


def _by_names(table: _Table, header: Header) -> Understanding | None:
    below = [(number, cells) for number, cells in table.rows if number > header.line]
    return _describe(table, header, header.columns, below, ()) if table.last > header.line else None


def _by_lines(table: _Table) -> Understanding:
    header = Header(0, ("Column 1",), Source.LINES, {Field.PHRASE: 0}, {}, ())
    return _describe(table, header, header.columns, table.rows, ())


def _by_looks(table: _Table) -> Understanding | None:
    """A table without a name for its keywords: the one column that looks like them, if it is one."""
    named = headers.header_of(*table.rows[0])
    has_header = bool(named.columns) or guessing.has_header(_cells(table.rows))
    below = table.rows[1:] if has_header else table.rows
    if table.last <= (named.line if has_header else 0):
        return None
    width = max(len(cells) for _, cells in table.rows)
    unnamed = Header(0, tuple(f"Column {at + 1}" for at in range(width)), Source.TABLE, {}, {}, ())
    header = replace(named, source=Source.TABLE) if has_header else unnamed
    columns = dict(header.columns)
    looking = guessing.like_keywords(_cells(below), header.taken)
    candidates = [at for at in looking if at < len(header.names)]
    if len(candidates) == 1:
        columns[Field.PHRASE] = candidates[0]
        numbers = guessing.only_numbers(_cells(below))
        if not has_header and numbers is not None:
            columns[Field.VOLUME] = numbers
    return _describe(table, header, columns, below, noticing.of_looks(header, columns))


def _describe(
    table: _Table, header: Header, columns: dict[Field, int], below: Numbered, notes: tuple[str, ...]
) -> Understanding:
    at = columns.get(Field.PHRASE)
    phrases = [cells[at] for _, cells in below if at is not None and at < len(cells)]
    return Understanding(
        source=header.source,
        container=table.container.value,
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.name,
        header_line=header.line,
        columns=columns,
        names=header.names,
        sample=tuple(tuple(map(headers.shown, cells[: headers.MOST_COLUMNS])) for _, cells in below[:SHOWN]),
        language=languages.language_of(phrases),
        flags=header.flags,
        addresses=header.addresses,
        notes=notes + noticing.of_columns(header, _cells(below)),
    )


def _filtered_country(tables: list[_Table]) -> str:
    """From the list of filters that Search Console puts beside its queries."""
    for table in tables:
        for _, cells in table.rows:
            if len(cells) == 2 and sources.plain(cells[0]) in sources.COUNTRIES:
                return countries.code_of(cells[1]) or ""
    return ""


def _country_in(name: str) -> str:
    match = COUNTRY_IN_NAME.search(name)
    return (countries.code_of(next(filter(None, match.groups()))) or "") if match else ""
