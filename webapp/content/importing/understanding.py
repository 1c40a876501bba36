"""What was understood of a file of keywords before a line of it is read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from webapp.content.models import Intent
from webapp.core.errors import Invalid


class Source(StrEnum):
    """Which tool wrote the file."""

    PLANNER = "planner"
    AHREFS_KEYWORDS = "ahrefs_keywords"
    AHREFS_SITE = "ahrefs_site"
    SEMRUSH_MAGIC = "semrush_magic"
    SEMRUSH_STRATEGY = "semrush_strategy"
    SEMRUSH_API = "semrush_api"
    SEARCH_CONSOLE = "search_console"
    TABLE = "table"  # any other with columns
    LINES = "lines"

    @property
    def label(self) -> str:
        return SOURCE_LABELS[self]


class Field(StrEnum):
    """What a column can hold. The names are those of `KeywordFields`."""

    PHRASE = "phrase"
    VOLUME = "volume"
    DIFFICULTY = "difficulty"
    CPC = "cpc"
    INTENT = "intent"
    COUNTRY = "country"
    PARENT = "parent"
    SERP = "serp"

    @property
    def label(self) -> str:
        return FIELD_LABELS[self]


SOURCE_LABELS = {
    Source.PLANNER: "Google Keyword Planner",
    Source.AHREFS_KEYWORDS: "Ahrefs Keywords Explorer",
    Source.AHREFS_SITE: "Ahrefs Site Explorer",
    Source.SEMRUSH_MAGIC: "Semrush Keyword Magic",
    Source.SEMRUSH_STRATEGY: "Semrush Strategy Builder",
    Source.SEMRUSH_API: "Semrush API",
    Source.SEARCH_CONSOLE: "Google Search Console",
    Source.TABLE: "A table",
    Source.LINES: "One keyword a line",
}
FIELD_LABELS = {
    Field.PHRASE: "Keyword",
    Field.VOLUME: "Searches a month",
    Field.DIFFICULTY: "Difficulty",
    Field.CPC: "CPC",
    Field.INTENT: "Intent",
    Field.COUNTRY: "Country",
    Field.PARENT: "Parent keyword",
    Field.SERP: "Addresses of the result page",
}


@dataclass(frozen=True)
class Understanding:
    """Where the keywords of a file are and what its columns hold. Columns count from 0, lines from 1."""

    source: Source
    container: str  # for people: "CSV", "Excel workbook" …
    encoding: str | None  # a codec's name; None: a workbook
    delimiter: str | None  # None: a workbook, or one keyword a line
    sheet: str | None  # the worksheet, or the file within the ZIP
    header_line: int  # 0: there is none
    columns: dict[Field, int]
    names: tuple[str, ...]  # the header's cells as written, or "Column 1" …
    sample: tuple[tuple[str, ...], ...]  # the first rows below the header
    country: str = ""  # of every keyword without its own; "" is unknown
    language: str = ""  # of the phrases, as two letters; "" is unknown
    flags: dict[Intent, int] = field(default_factory=dict)  # columns that say yes or no to an intent
    addresses: tuple[int, ...] = ()  # columns of one address of the result page each, best first
    notes: tuple[str, ...] = ()  # sentences about what is read otherwise than a person might think

    @property
    def meanings(self) -> tuple[str, ...]:
        """For each of `names` what the column is read as, for people; "" where it is left out."""
        read = {at: column.label for column, at in self.columns.items()}
        read |= {at: f"{Field.INTENT.label}: {intent.value}" for intent, at in self.flags.items()}
        read |= dict.fromkeys(self.addresses, Field.SERP.label)
        return tuple(read.get(at, "") for at in range(len(self.names)))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Understanding":
        """What `to_json` gave, also after it was JSON."""
        return cls(
            **{
                **stored,
                "source": Source(stored["source"]),
                "columns": {Field(name): at for name, at in stored["columns"].items()},
                "flags": {Intent(name): at for name, at in stored["flags"].items()},
                "names": tuple(stored["names"]),
                "sample": tuple(tuple(row) for row in stored["sample"]),
                "addresses": tuple(stored["addresses"]),
                "notes": tuple(stored["notes"]),
            }
        )


class Unrecognised(Invalid):
    """A table of which a person has to say which column holds the keywords: `understanding` may know others."""

    def __init__(self, understanding: Understanding):
        super().__init__(
            "file",
            "No column of the file can be told to hold keywords.",
            "Nothing was imported. Say which column holds them, or name it “Keyword” and choose the file again.",
        )
        self.understanding = understanding


def mapped(found: Understanding | Unrecognised, columns: Mapping[Field, int]) -> Understanding:
    """`found` with the columns that a person chose. Raises Invalid if no column, or one twice, holds the keywords."""
    understanding = found.understanding if isinstance(found, Unrecognised) else found
    if Field.PHRASE not in columns:
        raise Invalid("phrase", "No column was chosen for the keywords.", "Choose the one that holds them.")
    for chosen, at in columns.items():
        if not 0 <= at < len(understanding.names):
            raise Invalid(chosen.value, f"There is no column {at + 1}.", f"The file has {len(understanding.names)}.")
    if len(set(columns.values())) < len(columns):
        raise Invalid("phrase", "One column was chosen for two things.", "Choose each column once.")
    return replace(understanding, source=Source.TABLE, columns=dict(columns), flags={}, addresses=(), notes=())
