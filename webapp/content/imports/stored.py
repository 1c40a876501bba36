"""The bytes of a file in the database, in pieces: a file of any length takes no more memory than one of them."""

import hashlib
import io
from functools import partial
from typing import IO, Any

from sqlalchemy import delete, insert, select

from webapp.content.imports.models import ImportChunk, KeywordImport
from webapp.core.db import change, db, reading

CHUNK = 262_144  # bytes
CHUNKS_AT_ONCE = 40  # that one transaction deletes


def store(arriving: KeywordImport, stream: IO[bytes]) -> None:
    """Keeps what the stream holds, and sets size and checksum. Commits after each piece: writers take turns."""
    checksum, size = hashlib.sha256(), 0
    for number, data in enumerate(iter(partial(_whole_piece, stream), b"")):
        db.session.execute(insert(ImportChunk).values(import_id=arriving.id, number=number, data=data))
        db.session.commit()
        checksum.update(data)
        size += len(data)
    arriving.size, arriving.sha256 = size, checksum.hexdigest()
    db.session.commit()


def let_go(import_id: int) -> None:
    """Deletes the bytes, and commits after some of them."""
    some = select(ImportChunk.number).where(ImportChunk.import_id == import_id).limit(CHUNKS_AT_ONCE)
    while change(delete(ImportChunk).where(ImportChunk.import_id == import_id, ImportChunk.number.in_(some))):
        db.session.commit()
    db.session.commit()


def _whole_piece(stream: IO[bytes]) -> bytes:
    """The next piece in its full length, however little the stream gives at a time; at the end what is left."""
    parts, missing = [], CHUNK
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def opened(import_id: int, size: int) -> io.BufferedReader:
    """A kept file of so many bytes, to be read anywhere. Once it was dropped it is as if it ended there."""
    return io.BufferedReader(_Pieces(import_id, size))


class _Pieces(io.RawIOBase):
    def __init__(self, import_id: int, size: int):
        super().__init__()
        self._import_id, self._size = import_id, size
        self._at = 0
        self._number, self._data = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        number, start = divmod(self._at, CHUNK)
        data = self._piece(number)[start : start + len(view)]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _piece(self, number: int) -> bytes:
        """Read past the session: what it holds open, and whatever waits for the end of that, stays as it is."""
        if number != self._number:
            wanted = select(ImportChunk.data).where(
                ImportChunk.import_id == self._import_id, ImportChunk.number == number
            )
            with reading(), db.engine.connect() as connection:
                self._number, self._data = number, connection.scalar(wanted) or b""
        return self._data
