"""An import as its page shows it."""

from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from webapp.content.importing.understanding import Understanding
from webapp.content.imports import arriving, control, queries
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.sites.languages import LANGUAGES
from webapp.sites.models import Site

LABELS = {
    ImportStatus.UNMAPPED: "Needs you",
    ImportStatus.COUNTING: "Being looked through",
    ImportStatus.UNDERSTOOD: "Ready",
    ImportStatus.IMPORTING: "Importing",
    ImportStatus.STOPPED: "Stopped",
    ImportStatus.IMPORTED: "Imported",
    ImportStatus.FAILED: "Failed",
}
HEADLINES = {
    ImportStatus.UNMAPPED: "We cannot tell which column holds the keywords. Nothing is imported yet.",
    ImportStatus.COUNTING: "{}. It is looked through to tell what is new; nothing is imported yet.",
    ImportStatus.UNDERSTOOD: "{}. Nothing is imported yet.",
    ImportStatus.IMPORTING: "{}. You may leave this page: it goes on.",
    ImportStatus.STOPPED: "{}. It can go on where it stopped.",
    ImportStatus.IMPORTED: "{}. What was read is imported.",
    ImportStatus.FAILED: "{}. It could not be read to its end.",
}
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAMPLES = 3  # cells of a column that are shown
REMARKS = 10  # lines that are shown


@dataclass(frozen=True)
class Column:
    name: str
    meaning: str  # "" where it is left out
    cells: list[str]


@dataclass(frozen=True)
class ImportView:
    """What templates/imports/ take. Everything of the row, and what was understood in words."""

    row: KeywordImport
    site: Site
    understanding: Understanding
    before: KeywordImport | None
    remarks: list[Any] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def label(self) -> str:
        return LABELS[self.row.status]

    @property
    def version(self) -> str:
        """Changes with everything that the page shows."""
        return f"{self.row.id}-{self.row.epoch}-{self.row.status.value}-{self.row.position}"

    @property
    def percent(self) -> int:
        return int(100 * self.row.share_done)

    @property
    def columns(self) -> list[Column]:
        meanings = self.understanding.meanings
        rows = self.understanding.sample[:SAMPLES]
        return [
            Column(name.strip() or f"Column {at + 1}", meanings[at], [row[at] for row in rows if at < len(row)])
            for at, name in enumerate(self.understanding.names)
        ]

    @property
    def facts(self) -> list[tuple[str, str]]:
        found = self.understanding
        return [
            ("Format", found.source.label),
            ("File", _container(found)),
            ("Rows", self._rows()),
            ("Country", found.country or "not in the file"),
            ("Language", LANGUAGES.get(found.language, found.language) or "not known"),
        ]

    @property
    def headline(self) -> str:
        return HEADLINES[self.row.status].format(self.understanding.source.label)

    @property
    def about_duplicates(self) -> str:
        """What becomes of them."""
        if self.row.status in (ImportStatus.COUNTING, ImportStatus.UNDERSTOOD):
            return "what is unknown of them is filled in"
        return f"in {self.row.filled_in:,} something was filled in" if self.row.filled_in else "nothing to fill in"

    @property
    def kept(self) -> str:
        """What somebody need not fear for, where it stopped."""
        if self.row.status is ImportStatus.STOPPED:
            return f"{self.row.new:,} new keywords are in and stay. Go on, and it goes on with the next line."
        return f"{self.row.new:,} new keywords were imported before, and stay." if self.row.new else ""

    @property
    def can_be_dropped(self) -> bool:
        return self.row.status in control.TO_BE_DROPPED

    @property
    def what_drops(self) -> str:
        stays = " Keywords that were imported from it stay." if self.row.status is ImportStatus.STOPPED else ""
        return f"The file is deleted here, and this page with it.{stays}"

    def _rows(self) -> str:
        """How many there are, if somebody has come to the last."""
        known = self.row.lines if self.row.status is ImportStatus.IMPORTED else self.row.expected
        return "not counted yet" if known is None else f"{known:,}"

    def url(self, verb: str) -> str:
        return url_for(f"imports.{verb}", slug=self.site.slug, id=self.row.id)


def view_of(row: KeywordImport, site: Site) -> ImportView:
    """Raises Conflict for one that was dropped meanwhile."""
    understood = Understanding.from_json(row.understanding) if row.understanding else arriving.unmapped(row)
    remarks = queries.first_remarks(row.id, REMARKS) if row.remarks else []
    return ImportView(row, site, understood, queries.imported_before(row), list(remarks))


def _container(found: Understanding) -> str:
    parts = [found.container]
    if found.sheet:
        parts.append(f"“{found.sheet}”")
    if found.encoding:
        parts.append(found.encoding.upper().replace("_", "-"))
    if found.delimiter:
        parts.append(f"separated by {DELIMITERS.get(found.delimiter, found.delimiter)}")
    return ", ".join(parts)
