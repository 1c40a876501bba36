"""What a stage is: it finds its items, and turns each into what the next stage takes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from webapp.ai.provider import Operation, Provider, Reply, Request
from webapp.pipeline.models import RunItem
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site

Counts = dict[str, int]


@dataclass(frozen=True)
class Planned:
    """An item to work on: `row` names it within the stage, `weight` is how many of the stage's items it counts for,
    `units` how many units of the operation it costs, `payload` what the stage wants to find again (JSON)."""

    row: int
    weight: int = 1
    units: int = 1
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a stage may look at when it plans: the site, how many items at most (None: all), and the batch size."""

    site: Site
    limit: int | None
    batch_size: int


class FreeStage(Protocol):
    """A stage that calls nobody. Every method works in the runner's transaction and commits nothing."""

    key: StageKey

    def pending(self, site: Site) -> int:
        """How many items wait now."""
        ...

    def plan(self, plan: Plan) -> Iterable[Planned]:
        """The items to work on, in the fixed order in which the same data always gives them."""
        ...

    def work(self, site: Site, item: RunItem) -> Counts | None:
        """Does it, and says what came of it; None if there is nothing to do any more."""
        ...

    def set_aside(self, item: RunItem, why: str) -> None:
        """Marks the row as needing a person's attention."""
        ...

    def when_off(self, site: Site) -> None:
        """Lets the rows that would wait for this stage go on without it."""
        ...


@runtime_checkable
class PaidStage(Protocol):
    """A stage whose items each cost one call. `one` says what a call is paid for, and `fewest_units` is what the
    smallest of them costs."""

    key: StageKey
    operation: Operation
    one: str
    fewest_units: int

    def pending(self, site: Site) -> int: ...

    def plan(self, plan: Plan) -> Iterable[Planned]: ...

    def do_without_asking(self, site: Site, item: RunItem) -> Counts | None:
        """Does it, where nobody has to be asked, and says what came of it; None where somebody has."""
        ...

    def request(self, site: Site, item: RunItem) -> Request | None:
        """What to ask for this item; None if there is nothing to do any more."""
        ...

    def article_of(self, item: RunItem) -> int | None:
        """The article that the item's cost belongs to, if there is one already."""
        ...

    def apply(self, site: Site, item: RunItem, reply: Reply, provider: Provider) -> Counts:
        """Turns the answer into rows, and says what came of it. Raises BadReply."""
        ...

    def set_aside(self, item: RunItem, why: str) -> None: ...

    def when_off(self, site: Site) -> None: ...


Stage = FreeStage | PaidStage
