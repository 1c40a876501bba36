"""Which row of a table names its columns, and what its names say that they hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.content.importing import sources
from webapp.content.importing.understanding import Field, Source
from webapp.content.keyword_fields import CONTROL
from webapp.content.models import Intent

WITHIN = 40  # rows: some tools put a title and a range of dates above the header
ALONE_WITHIN = 3  # rows in which a single known name among other cells makes a header
MOST_COLUMNS = 2000
LONGEST_SHOWN = 200  # characters of a cell

Cells = Sequence[str]


@dataclass(frozen=True)
class Header:
    """`line` counts from 1."""

    line: int
    names: tuple[str, ...]
    source: Source
    columns: dict[Field, int]
    flags: dict[Intent, int]
    addresses: tuple[int, ...]

    @property
    def known(self) -> int:
        """How many columns have a name that we know, read or not."""
        return len(self.taken)

    @property
    def taken(self) -> set[int]:
        """The columns that their names say something about."""
        read = set(self.columns.values()) | set(self.flags.values()) | set(self.addresses)
        return read | {at for at, name in enumerate(self.names) if sources.is_beside(sources.plain(name))}


def header_among(rows: Sequence[tuple[int, Cells]]) -> Header | None:
    """The first of the rows with the most names that we know, one of them for the keywords."""
    best = None
    for place, (line, cells) in enumerate(rows[:WITHIN]):
        header = header_of(line, cells)
        if Field.PHRASE not in header.columns or (header.known == 1 and place >= _alone_within(cells)):
            continue
        if best is None or header.known > best.known:
            best = header
    return best


def _alone_within(cells: Cells) -> int:
    """Of a row of one cell only the first may be a header: further down, “keyword” is a keyword."""
    return 1 if sum(bool(cell.strip()) for cell in cells) == 1 else ALONE_WITHIN


def header_of(line: int, cells: Cells) -> Header:
    names = tuple(shown(cell).strip() for cell in cells[:MOST_COLUMNS])
    plain = [sources.plain(name) for name in names]
    source = sources.source_of(plain)
    flags = _flags(plain)
    return Header(line, names, source, _columns(plain, source), flags, _addresses(plain))


def shown(cell: str) -> str:
    """As much of a cell as a page shows and a database keeps of it."""
    return CONTROL.sub(" ", cell[:LONGEST_SHOWN])


def names_keywords(name: str) -> bool:
    return sources.plain(name) in sources.NAMES[Field.PHRASE] | sources.SECOND_BEST_PHRASES


def _columns(names: list[str], source: Source) -> dict[Field, int]:
    columns: dict[Field, int] = {}
    for at, name in enumerate(names):
        for field, known in sources.NAMES.items():
            if name in known:
                columns.setdefault(field, at)
        if sources.is_monthly_volume(name):
            columns.setdefault(Field.VOLUME, at)
        if source is Source.PLANNER and sources.is_high_bid(name):
            columns.setdefault(Field.CPC, at)
    if Field.PHRASE not in columns:
        columns |= _second_best_phrase(names)
    if source is Source.SEMRUSH_STRATEGY:
        columns |= _page_or_topic(names)
    return columns


def _second_best_phrase(names: list[str]) -> dict[Field, int]:
    found = [at for at, name in enumerate(names) if name in sources.SECOND_BEST_PHRASES]
    return {Field.PHRASE: found[0]} if found else {}


def _page_or_topic(names: list[str]) -> dict[Field, int]:
    """Semrush's page is one main keyword, as Ahrefs' parent is; its topic is wider."""
    return next(({Field.PARENT: names.index(name)} for name in ("page", "topic") if name in names), {})


def _flags(names: list[str]) -> dict[Intent, int]:
    """Columns that say yes or no to an intent. A single one is rather a name of something else."""
    found = {sources.FLAGS[name]: at for at, name in enumerate(names) if name in sources.FLAGS}
    return found if len(found) > 1 else {}


def _addresses(names: list[str]) -> tuple[int, ...]:
    """Columns such as “URL 1” … “URL 10”, in the order of their numbers."""
    places: dict[int, int] = {}
    for at, name in enumerate(names):
        match = sources.ADDRESS.fullmatch(name)
        if match:
            places.setdefault(int(match[1] or match[2]), at)
    return tuple(places[number] for number in sorted(places)[:10]) if len(places) > 1 else ()
