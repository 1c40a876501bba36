"""From bytes to lines of text, and from lines to cells."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from typing import IO

CHUNK = 65_536  # bytes
LONGEST_LINE = 100_000  # characters
LONGEST_RECORD = 200  # lines that one quoted cell may run over
MARK = "\ufeff"  # of a file's encoding: within a text where files were joined

UNCLOSED = "A quotation mark is opened and not closed, or text follows a closed one."
TOO_LONG = f"The line is longer than {LONGEST_LINE} characters."

Row = tuple[int, list[str] | str]  # the number of the line from 1; its cells, or why they cannot be told apart


def lines_of(stream: IO[bytes], encoding: str) -> Iterator[str]:
    """The lines without ends and marks. Of one that is too long there is more than `LONGEST_LINE`, and not all."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    unfinished = ""
    for data in chain(iter(partial(stream.read, CHUNK), b""), [b""]):
        *lines, unfinished = (unfinished + decoder.decode(data, final=not data)).split("\n")
        yield from (line.removeprefix(MARK) for line in lines)
        unfinished = unfinished[: LONGEST_LINE + 1]
    if unfinished:
        yield unfinished.removeprefix(MARK)


def rows_of(lines: Iterator[str], delimiter: str | None) -> Iterator[Row]:
    """Each record with the number of its first line. A broken one costs only its own line."""
    return _whole_lines(lines) if delimiter is None else _records(lines, delimiter)


def _whole_lines(lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        yield number, TOO_LONG if len(line) > LONGEST_LINE else [line]


def _records(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    ahead: deque[str] = deque()
    number = 1
    while (line := ahead.popleft() if ahead else next(lines, None)) is not None:
        used = 1
        if len(line) > LONGEST_LINE:
            yield number, TOO_LONG
        elif '"' not in line:
            yield number, line.split(delimiter)
        else:
            ahead.extend(islice(lines, LONGEST_RECORD - len(ahead)))
            used, cells = _quoted(line, ahead, delimiter)
            for _ in range(used - 1):
                ahead.popleft()
            yield number, UNCLOSED if cells is None else cells
        number += used


def _quoted(line: str, ahead: deque[str], delimiter: str) -> tuple[int, list[str] | None]:
    """How many lines a record takes, and its cells: a quoted cell may run over several lines."""
    reader = csv.reader((each + "\n" for each in chain([line], ahead)), delimiter=delimiter, strict=True)
    try:
        cells = next(reader)
    except csv.Error:
        return 1, None
    return reader.line_num, cells
