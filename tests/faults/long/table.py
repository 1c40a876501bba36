"""The figures that the long trials find, as a table: SQLite | PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

FIGURE = "figure"
COLUMNS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
WIDTH = 26  # of a column
FIRST = 72  # of the first one


@dataclass(frozen=True)
class Figures:
    """Takes the figures of one trial on one database; they travel with the test's report."""

    row: int
    title: str
    engine: str
    record: Callable[[str, Any], None]

    def add(self, what: str, found: object, wanted: str = "") -> None:
        """`wanted` is printed beside what was found. Times are not judged: they depend on the machine."""
        name = f"{what} ({wanted})" if wanted else what
        self.record(FIGURE, [self.row, self.title, self.engine, name, str(found)])


def lines_of(reports: list[pytest.TestReport]) -> list[str]:
    """The table, rows by number and figures in the order of their trial. A trial that failed says so."""
    rows: dict[tuple[int, str], dict[str, dict[str, str]]] = {}
    for report in reports:
        for name, value in report.user_properties:
            if name == FIGURE:
                number, title, engine, what, found = value  # type: ignore[misc]
                rows.setdefault((number, title), {}).setdefault(what, {})[engine] = found
    return [_line("", *COLUMNS.values())] + [
        line
        for (number, title), figures in sorted(rows.items())
        for line in [f"{number:>2} {title}", *(_figure(what, found) for what, found in figures.items())]
    ]


def _figure(what: str, found: dict[str, str]) -> str:
    return _line(f"     {what}", *(found.get(engine, "-") for engine in COLUMNS))


def _line(first: str, *others: str) -> str:
    return (f"{first:<{FIRST}}" + "".join(f"{other:<{WIDTH}}" for other in others)).rstrip()
