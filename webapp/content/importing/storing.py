"""Keywords by the thousand: from a file, or pasted, one a line.

Both commit once, at the end: everything that was understood is there then, or nothing is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from webapp.content.adding import add_keywords
from webapp.content.importing.reading import Line, lines
from webapp.content.importing.recognise import recognise
from webapp.content.keyword_fields import KeywordFields, read_fields
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.models import Site

BATCH = 1000
MOST_REPORTED = 1000  # lines by number; more of them say nothing new


@dataclass
class ImportReport:
    """What became of the lines. `bad` holds the first that were not understood: number and reason."""

    new: int = 0
    duplicates: int = 0  # of keywords that were there before, or of earlier lines
    bad: list[tuple[int, str]] = field(default_factory=list)
    more_bad: int = 0  # beyond those in `bad`
    unread: list[tuple[int, str]] = field(default_factory=list)  # the first values that are unknown instead

    @property
    def not_understood(self) -> int:
        return len(self.bad) + self.more_bad

    @property
    def lines(self) -> int:
        return self.new + self.duplicates + self.not_understood

    def keep(self, line: Line) -> None:
        """What there is to say about it."""
        if line.fields:
            room = MOST_REPORTED - len(self.unread)
            self.unread += [(line.number, sentence) for sentence in line.unread[:room]]
        elif len(self.bad) < MOST_REPORTED:
            self.bad.append((line.number, line.reason))
        else:
            self.more_bad += 1


def add_phrases(site: Site, text: str) -> ImportReport:
    """Adds the phrases of `text`, one a line. Raises Invalid if there is none."""
    if not text.strip():
        raise Invalid("text", "There is no keyword to add.", "Write or paste one phrase a line.")
    numbered = enumerate(text.splitlines(), 1)
    return _import(site, (_pasted(number, line) for number, line in numbered if line.strip()))


def import_csv(site: Site, stream: IO[bytes]) -> ImportReport:
    """Imports the keywords of a file. Raises Invalid if it holds none, or is damaged.

    A line that cannot be understood is reported, and the others are imported. Of a file of any length only a
    thousand lines are held at a time.
    """
    try:
        return _import(site, lines(stream, recognise(stream, "")))
    except Invalid:
        db.session.rollback()
        raise


def _pasted(number: int, line: str) -> Line:
    try:
        return Line(number, read_fields(line))
    except Invalid as error:
        return Line(number, None, str(error))


def _import(site: Site, found: Iterable[Line]) -> ImportReport:
    report = ImportReport()
    understood = _understood(found, report)
    while batch := list(islice(understood, BATCH)):
        added = add_keywords(site.id, batch)
        report.new += added.new
        report.duplicates += len(batch) - added.new
    db.session.commit()
    return report


def _understood(found: Iterable[Line], report: ImportReport) -> Iterator[KeywordFields]:
    for line in found:
        report.keep(line)
        if line.fields:
            yield line.fields
