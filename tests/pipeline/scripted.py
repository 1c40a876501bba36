"""A provider that answers like the embedded one, and can fail like a real one. Tests tell it when."""

import itertools
import threading
import time
from collections.abc import Callable

from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.provider import Operation, Reply, Request

Trouble = Callable[[Request], None]


class ScriptedProvider(EmbeddedProvider):
    """Counts its calls. `before` runs in the calling thread before each answer and may raise or wait."""

    def __init__(self, before: Trouble | None = None):
        super().__init__()
        self.calls: list[Request] = []
        self._before = before
        self._guard = threading.Lock()

    def answer(self, request: Request) -> Reply:
        self.note(request)
        return self.draft(request)

    def note(self, request: Request) -> None:
        """Counts the call, and meets with the trouble that the test has for it."""
        with self._guard:
            self.calls.append(request)
        if self._before is not None:
            self._before(request)

    def draft(self, request: Request) -> Reply:
        """What the embedded provider answers, without a call."""
        return super().answer(request)

    def count(self, operation: Operation) -> int:
        return sum(call.operation is operation for call in self.calls)


def failing(operation: Operation, errors: list[Exception]) -> Trouble:
    """Raises the errors, one after the other, at calls of that operation; then all goes well."""
    left = list(errors)
    guard = threading.Lock()

    def before(request: Request) -> None:
        with guard:
            if request.operation is operation and left:
                raise left.pop(0)

    return before


class Volley(ScriptedProvider):
    """The first calls of an operation come back together: each with its error, its reply, or (None) as ever.

    `later`: by the number of the call, so many seconds after the others. `answered` counts those with an answer.
    """

    def __init__(self, operation: Operation, outcomes: list[Exception | Reply | None], later: dict[int, float]):
        super().__init__()
        self._operation = operation
        self._outcomes = outcomes
        self._later = later
        self._together = threading.Barrier(len(outcomes))
        self._numbers = itertools.count()
        self.answered = 0

    def answer(self, request: Request) -> Reply:
        if request.operation is not self._operation:
            return super().answer(request)
        number = next(self._numbers)
        outcome = self._outcome(number) if number < len(self._outcomes) else None
        if isinstance(outcome, Exception):
            raise outcome
        self.answered += 1
        return outcome or super().answer(request)

    def _outcome(self, number: int) -> Exception | Reply | None:
        self._together.wait(30)
        time.sleep(self._later.get(number, 0.0))
        return self._outcomes[number]


class Gate:
    """Holds calls of one operation until it is opened, so that a test can act while one is out."""

    def __init__(self, operation: Operation):
        self._operation = operation
        self.arrived = threading.Event()
        self._open = threading.Event()

    def __call__(self, request: Request) -> None:
        if request.operation is self._operation:
            self.arrived.set()
            assert self._open.wait(30), "the test never opened the gate"

    def open(self) -> None:
        self._open.set()
