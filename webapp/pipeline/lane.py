"""One item at work: what was asked about it, what was answered, and what it waits for."""

from concurrent.futures import Future
from dataclasses import dataclass, field

from webapp.ai.provider import Reply, Request
from webapp.pipeline.calls import Kept, Send


@dataclass
class Lane:
    """`kept`: the answers about the item so far. `question`: the one that went out last.

    `future` is None while nothing is on its way, `again_at` (on the monotonic clock) unless it is to be asked again.
    """

    item_id: int
    request: Request
    kept: list[Kept] = field(default_factory=list)
    question: Request | None = None
    sent: Send | None = None
    future: "Future[Reply] | None" = None
    again_at: float | None = None
    tries: int = 0  # of the question that went out last
    steps: int = 0  # how often the provider wanted to be asked differently

    @property
    def ticket(self) -> Send:
        """The call that went out last."""
        assert self.sent is not None, "nothing was sent for this item"
        return self.sent

    @property
    def is_complete(self) -> bool:
        return self.future is None and self.again_at is None

    def keep(self, reply: Reply) -> None:
        self.kept.append(Kept(self.ticket.call_id, reply))
        self.tries = 0
