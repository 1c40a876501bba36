"""What a person should know of how a file is read: sentences for the page."""

from collections.abc import Sequence

from webapp.content import numbers
from webapp.content.importing import sources
from webapp.content.importing.headers import Header
from webapp.content.importing.understanding import Field, Source

ROUGH = {"0", "50", "500", "5000", "50000", "500000", "5000000"}  # what Google tells accounts that spend little
ENOUGH = 5  # rows
NAMED = 3  # tables

RANGES = "A volume that is a range, such as 10 – 100, is kept as half of its upper end, as Google does itself."
STEPS = "Google gave only rough volumes (50, 500, 5,000 …) for this account."
BID = "CPC is the higher bid for the top of the page."
COMPETITION = "Competition is about advertisements, so it is not read as difficulty."
GLOBAL = "Global volume is left out: the volume is that of the country."
IMPRESSIONS = "Impressions are of your own pages, not searches, so the volumes stay unknown."


def of_columns(header: Header, below: Sequence[Sequence[str]]) -> tuple[str, ...]:
    names = {sources.plain(name) for name in header.names}
    volumes = _cells(header.columns.get(Field.VOLUME), below)
    said = {
        RANGES: any(map(numbers.is_range, volumes)),
        STEPS: header.source is Source.PLANNER and len(volumes) >= ENOUGH and ROUGH.issuperset(volumes),
        BID: header.source is Source.PLANNER and Field.CPC in header.columns,
        COMPETITION: Field.DIFFICULTY not in header.columns and any(map(sources.COMPETITION.match, names)),
        GLOBAL: "global volume" in names and Field.VOLUME in header.columns,
        IMPRESSIONS: header.source is Source.SEARCH_CONSOLE and Field.VOLUME not in header.columns,
    }
    return tuple(sentence for sentence, applies in said.items() if applies)


def of_looks(header: Header, columns: dict[Field, int]) -> tuple[str, ...]:
    """Where no name says which column holds the keywords."""
    if Field.PHRASE not in columns:
        return ()
    shown = f"No column is named as keywords. “{header.names[columns[Field.PHRASE]]}” looks like them."
    if Field.VOLUME in columns and not header.line:
        return shown, f"“{header.names[columns[Field.VOLUME]]}” looks like searches a month."
    return (shown,)


def of_tables(read: str | None, unread: Sequence[str | None]) -> tuple[str, ...]:
    """`unread`: the names of the other tables of the file that may hold keywords as well."""
    if not unread:
        return ()
    names = ", ".join(f"“{name}”" for name in unread[:NAMED])
    more = f" and {len(unread) - NAMED} more" if len(unread) > NAMED else ""
    return (f"Only “{read}” is read, not {names}{more}: to import those too, save each as a file of its own.",)


def _cells(at: int | None, below: Sequence[Sequence[str]]) -> list[str]:
    return [cells[at].strip() for cells in below if at is not None and at < len(cells) and cells[at].strip()]
