"""What was charged by day and operation, as bars that the server draws, and as the table behind them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.ai.provider import Operation
from webapp.core.clock import now
from webapp.credits import queries
from webapp.credits.models import EntryKind
from webapp.credits.queries import Day, Wanted

DAYS = 31  # shown unless the filter names both its days
MOST_DAYS = 92
WIDTH, HEIGHT, GAP = 100.0, 40.0, 0.25  # of the drawing, in its own units; the gap is a part of a day's width


@dataclass(frozen=True)
class Part:
    """A piece of a day's bar, one operation."""

    operation: Operation
    credits: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bar:
    day: date
    total: int
    parts: list[Part]

    def of(self, operation: Operation) -> int:
        return sum(part.credits for part in self.parts if part.operation is operation)


@dataclass(frozen=True)
class Chart:
    """`bars` from the first to the last day; `sums` of the operations that were charged; `most` on one day."""

    bars: list[Bar]
    sums: dict[Operation, int]
    most: int

    @property
    def total(self) -> int:
        return sum(self.sums.values())

    @property
    def columns(self) -> list[str | tuple[str, str]]:
        """Of the table behind the drawing."""
        return ["Day", *((operation.label, "num") for operation in self.sums), ("Together", "num")]


def drawn(account_id: int, wanted: Wanted, zone: ZoneInfo, first: date | None, last: date | None) -> Chart | None:
    """The chart of these filters; None where they leave no charges by their kind."""
    if wanted.kind not in (None, EntryKind.CHARGE):
        return None
    days = _days(now().astimezone(zone).date(), first, last)
    charged = queries.charges(account_id, wanted, [_as_instants(day, zone) for day in days])
    most = max((sum(of_day.values()) for of_day in charged), default=0)
    width = WIDTH / len(days) if days else WIDTH
    bars = [
        _bar(day, of_day, at * width, width, most) for at, (day, of_day) in enumerate(zip(days, charged, strict=True))
    ]
    sums = {one: sum(of_day.get(one, 0) for of_day in charged) for one in Operation}
    return Chart(bars, {one: credits for one, credits in sums.items() if credits}, most)


def _days(today: date, first: date | None, last: date | None) -> list[date]:
    """At most DAYS back from the last one; where both ends are named, all between, but at most MOST_DAYS."""
    end = min(last or today, today)
    length = MOST_DAYS if first and last else DAYS
    start = max(first or date.min, end - timedelta(days=length - 1))
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _as_instants(day: date, zone: ZoneInfo) -> Day:
    start, end = (
        datetime(one.year, one.month, one.day, tzinfo=zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    return Day(start, end)


def _bar(day: date, charged: dict[Operation, int], x: float, width: float, most: int) -> Bar:
    parts, y = [], HEIGHT
    for operation in Operation:
        if credits := charged.get(operation, 0):
            height = HEIGHT * credits / most
            y -= height
            edge = GAP * width / 2
            parts.append(
                Part(operation, credits, round(x + edge, 3), round(y, 3), round(width - 2 * edge, 3), round(height, 3))
            )
    return Bar(day, sum(charged.values()), parts)
