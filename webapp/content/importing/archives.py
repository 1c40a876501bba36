"""ZIP files, opened with care: somebody may have made one to fill the memory of whoever opens it."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from webapp.content.importing import refusals
from webapp.core.errors import Invalid

MARK = b"PK\x03\x04"
EMPTY_MARK = b"PK\x05\x06"
MOST_DIRECTORY = 2_000_000  # bytes of the list of members, which is held in memory
MOST_TEXT = 600_000_000  # bytes that one member may unpack to
MOST_LOOKED_AT = 40  # members
TEXTS = (".csv", ".tsv", ".txt", ".tab")
DOCUMENTS = {
    "word/": "a Word document",
    "ppt/": "a presentation",
    "content.xml": "an OpenDocument file",
    "index/document.iwa": "a Numbers or Pages document",
    "xl/workbook.bin": "a binary Excel workbook",
    "androidmanifest.xml": "a program",
    "meta-inf/": "a program",
}
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


class _Bounded:
    """A stream that reads no more at once than a list of members may take."""

    def __init__(self, stream: IO[bytes]):
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(MOST_DIRECTORY + 1 if size < 0 else min(size, MOST_DIRECTORY + 1))
        if len(data) > MOST_DIRECTORY:
            raise refusals.no_list("The ZIP file holds more files than can be looked through.")
        return data


@contextmanager
def opened(stream: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """The archive. Whatever is broken in it while it is open raises Invalid."""
    try:
        with zipfile.ZipFile(_Bounded(stream)) as archive:
            yield archive
    except Invalid:
        raise
    except BROKEN as error:
        raise refusals.damaged("ZIP file") from error


def refuse_documents(archive: zipfile.ZipFile) -> None:
    """Raises Invalid for what other programs keep in the form of a ZIP file."""
    for name in map(str.lower, archive.namelist()):
        for start, kind in DOCUMENTS.items():
            if name.startswith(start):
                raise refusals.no_list(f"The file is {kind}, not a list of keywords.")


def text_members(archive: zipfile.ZipFile) -> list[str]:
    """The names of the files that may hold keywords. Raises Invalid if there is none."""
    named = [info for info in archive.infolist() if info.filename.lower().endswith(TEXTS) and not _is_hidden(info)]
    if not named:
        raise refusals.no_list("The ZIP file holds no CSV file.")
    if all(info.flag_bits & 1 for info in named):
        raise refusals.no_list("The ZIP file is locked with a password.")
    return [info.filename for info in named if not info.flag_bits & 1][:MOST_LOOKED_AT]


def member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """The file of that name, unpacked as it is read. Raises Invalid if it would be too much.

    An archive cannot lie about the size: nobody reads on beyond what it says.
    """
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise refusals.damaged("ZIP file") from error
    if info.file_size > MOST_TEXT:
        raise refusals.too_large(f"“{name}” in the ZIP file", MOST_TEXT)
    return archive.open(info)


def _is_hidden(info: zipfile.ZipInfo) -> bool:
    return info.filename.startswith("__MACOSX/") or info.filename.rsplit("/", 1)[-1].startswith(".")
