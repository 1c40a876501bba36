"""What a table is made of when its columns have no names that we know: told by the looks of the cells."""

import re
from collections import Counter
from collections.abc import Callable, Container, Sequence

DELIMITERS = ("\t", ";", ",", "|")  # the first of equals
AGREEING = 0.9  # of the rows have the same number of cells, if a delimiter is one
MOSTLY = 0.8
DISTINCT = 0.8  # of the cells of a column of keywords; those of a column of kinds repeat
MOST_WORDS = 15
LONGEST = 100  # characters

NUMBER = re.compile(r"[^\w]{0,2}(?:[A-Z]{3} ?)?\d[\d\s.,'’%]*(?:[kKmM]|[^\w]{1,2}|[A-Z]{3})?")
NO_PHRASE = re.compile(
    r"https?://|www\.|[\w.+-]+@[\w-]+\.|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|(?:true|false|yes|no)$|[/\\{}<>]|[a-z0-9-]+\.(?:com|org|net|html?)\b",
    re.IGNORECASE,
)

Table = Sequence[Sequence[str]]


def is_table(rows: Table) -> bool:
    """Whether rows that were split by some delimiter agree on how many cells they have."""
    widths = Counter(map(len, rows))
    if len(rows) < 2:
        return False
    width, count = widths.most_common(1)[0]
    return width > 1 and count >= AGREEING * len(rows)


def has_header(rows: Table) -> bool:
    """Whether the first row names the columns: words, none of which is said again below it in its column."""
    first, below = rows[0], rows[1:]
    return all(
        _is_name(cell) and all(cell != row[at] for row in below if at < len(row))
        for at, cell in enumerate(first)
        if cell.strip()
    )


def like_keywords(rows: Table, taken: Container[int] = ()) -> list[int]:
    """The columns that look like keywords, those left out that are `taken` by something known."""
    width = max(map(len, rows), default=0)
    return [
        at for at in range(width) if at not in taken and _is_like_keywords([row[at] for row in rows if at < len(row)])
    ]


def only_numbers(rows: Table) -> int | None:
    """The one column of whole numbers that does not just count the rows. None if there is none, or more."""
    width = max(map(len, rows), default=0)
    columns = {at: [row[at].strip() for row in rows if at < len(row)] for at in range(width)}
    found = [at for at, cells in columns.items() if _share(cells, _is_number) >= MOSTLY and not _counts(cells)]
    return found[0] if len(found) == 1 else None


def _is_like_keywords(cells: list[str]) -> bool:
    written = [cell.strip() for cell in cells if cell.strip()]
    if len(written) < MOSTLY * len(cells) or not written:
        return False
    different = len({cell.casefold() for cell in written})
    return _share(written, _is_phrase) >= AGREEING and (different >= DISTINCT * len(written) or len(written) < 3)


def _is_phrase(cell: str) -> bool:
    letters = sum(character.isalpha() for character in cell)
    return (
        2 < len(cell) <= LONGEST
        and letters >= len(cell) / 2
        and len(cell.split()) <= MOST_WORDS
        and not _is_number(cell)
        and not NO_PHRASE.match(cell)
    )


def _is_name(cell: str) -> bool:
    return not _is_number(cell) and not NO_PHRASE.match(cell.strip())


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell.strip()[:LONGEST]) is not None


def _counts(cells: list[str]) -> bool:
    return cells in ([str(at) for at in range(first, first + len(cells))] for first in (0, 1))


def _share(cells: Sequence[str], is_so: Callable[[str], bool]) -> float:
    written = [cell for cell in cells if cell.strip()]
    return sum(map(is_so, written)) / len(written) if written else 0.0
