"""From the bytes of a file to the tables in it, whatever holds them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import IO

from webapp.content.importing import archives, encodings, refusals, texts, workbooks
from webapp.content.importing.texts import Row
from webapp.content.importing.understanding import Understanding

HEAD = 262_144  # bytes that are looked at to know what a file is
FURTHER = 16  # times as many, where the head has no character that tells an encoding
SAMPLE = 300  # rows


class Container(StrEnum):
    """What the keywords are packed in; the values are for people."""

    TEXT = "Text"
    ZIP = "ZIP"
    WORKBOOK = "Excel workbook"


@dataclass(frozen=True)
class TextHead:
    """The beginning of a text. `name` is that of the file in a ZIP."""

    encoding: str
    lines: list[str]
    name: str | None = None


@dataclass(frozen=True)
class SheetHead:
    name: str
    rows: list[Row]


def container_of(stream: IO[bytes]) -> Container:
    """Raises Invalid for an empty file and for formats that hold no rows."""
    stream.seek(0)
    head = _read(stream, HEAD)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise refusals.empty()
    if not head.startswith((archives.MARK, archives.EMPTY_MARK)):
        refusals.refuse_other_formats(head)
        return Container.TEXT
    with archives.opened(stream) as archive:
        archives.refuse_documents(archive)
        return Container.WORKBOOK if workbooks.is_workbook(archive) else Container.ZIP


def text_head(stream: IO[bytes]) -> TextHead:
    stream.seek(0)
    return _head_of(stream, _read(stream, HEAD), None)


def zip_heads(stream: IO[bytes]) -> list[TextHead]:
    """Those of the texts in the ZIP that hold anything."""
    heads = []
    with archives.opened(stream) as archive:
        for name in archives.text_members(archive):
            with archives.member(archive, name) as member:
                start = _read(member, HEAD)
                if start.strip():
                    heads.append(_head_of(member, start, name))
    return heads


def sheet_heads(stream: IO[bytes]) -> list[SheetHead]:
    with archives.opened(stream) as archive:
        workbooks.refuse_too_large(archive)
    with workbooks.opened(stream) as workbook:
        names = workbooks.sheet_names(workbook)
        return [SheetHead(name, list(islice(workbooks.rows_of(workbook, name), SAMPLE))) for name in names]


@contextmanager
def rows(stream: IO[bytes], understanding: Understanding) -> Iterator[Iterator[Row]]:
    """All rows of the table that was understood, those above its header too. While they are read, raises Invalid."""
    stream.seek(0)
    match Container(understanding.container):
        case Container.TEXT:
            yield _text_rows(stream, understanding)
        case Container.ZIP:
            with archives.opened(stream) as archive, archives.member(archive, understanding.sheet or "") as member:
                yield _text_rows(member, understanding)
        case Container.WORKBOOK:
            with workbooks.opened(stream) as workbook:
                yield workbooks.rows_of(workbook, understanding.sheet or "")


def _text_rows(stream: IO[bytes], understanding: Understanding) -> Iterator[Row]:
    return texts.rows_of(texts.lines_of(stream, understanding.encoding or "utf-8"), understanding.delimiter)


def _head_of(stream: IO[bytes], start: bytes, name: str | None) -> TextHead:
    further = _read(stream, FURTHER * HEAD) if start.isascii() else b""
    encoding = encodings.encoding_of(start + further)
    return TextHead(encoding, list(islice(texts.lines_of(io.BytesIO(start), encoding), SAMPLE)), name)


def _read(stream: IO[bytes], size: int) -> bytes:
    """So many bytes, also of a stream that hands out fewer at a time."""
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
