"""From bytes to lines of text, and from lines to cells."""

import codecs
import csv
import io
import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from typing import IO

from charset_normalizer import from_bytes

from webapp.content.importing import refusals

CHUNK = 65_536  # bytes
LONGEST_LINE = 100_000  # characters
LONGEST_RECORD = 200  # lines that one quoted cell may run over
MARK = "\ufeff"  # of a file's encoding: within a text where files were joined
UNREADABLE = "\ufffd"
ODD = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")  # control characters that no text needs
LOOKED_AT = 262_144  # bytes that are looked through for them
FEW_ODD, RARELY_ODD = 3, 0.01  # of them in a text, by number or by share

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets write where they do not write Unicode; the first, where others fit as well.
CODE_PAGES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257"),
    *("cp932", "gb18030", "big5", "euc_kr", "koi8_r", "mac_roman"),
]
BROKEN = 0.1  # of the characters beyond ASCII, in what is UTF-8 all the same
MOST_GUESSED = 20_000  # bytes that a guess looks at: it is slow

UNCLOSED = "A quotation mark is opened and not closed, or text follows a closed one."
TOO_LONG = f"The line is longer than {LONGEST_LINE} characters."

Row = tuple[int, list[str] | str]  # the number of the line from 1; its cells, or why they cannot be told apart


def encoding_of(head: bytes) -> str:
    """The codec of a text that begins with `head`. Raises Invalid if it is no text."""
    encoding = _marked(head) or (_without_mark(head) if b"\0" in head else _bytewise(head))
    text = head[:LOOKED_AT].decode(encoding, "replace")
    if len(ODD.findall(text)) > max(FEW_ODD, RARELY_ODD * len(text)):
        raise refusals.no_text()
    return encoding


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


def _marked(head: bytes) -> str | None:
    return next((encoding for mark, encoding in MARKS if head.startswith(mark)), None)


def _without_mark(head: bytes) -> str:
    """UTF-16 that does not say so. Raises Invalid if the zeros do not look like that."""
    even = head[: len(head) // 2 * 2]
    little, big = even.decode("utf-16-le", "replace"), even.decode("utf-16-be", "replace")
    encoding, text = ("utf-16-le", little) if _ascii(little) >= _ascii(big) else ("utf-16-be", big)
    if "\0" in text or _ascii(text) == 0 or any(unicodedata.category(each) in ("Cn", "Co") for each in text[:2000]):
        raise refusals.no_text()
    return encoding


def _ascii(text: str) -> int:
    return sum(" " <= character < "\x7f" or character in "\t\r\n" for character in text)


def _bytewise(head: bytes) -> str:
    """UTF-8, even with a few broken characters; else what it looks like."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if text.count(UNREADABLE) <= BROKEN * beyond_ascii:
        return "utf-8"
    telling = b"\n".join(line for line in head.split(b"\n") if not line.isascii())[:MOST_GUESSED]
    best = from_bytes(telling, cp_isolation=CODE_PAGES).best()
    if best is None or CODE_PAGES[0] in best.could_be_from_charset:
        return CODE_PAGES[0]
    return best.encoding
