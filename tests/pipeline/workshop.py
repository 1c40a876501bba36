"""Workers whose turns are played step by step: from one transaction, or one call, to the next, in a chosen order.

Each has a thread, but only the one that was told to goes on, so whatever order a test thinks of can be repeated.
"""

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.provider import ProviderError, Reply, Request
from webapp.core.db import db
from webapp.jobs import queue, tasks
from webapp.pipeline import runner
from webapp.pipeline.claim import Claim, claim
from webapp.pipeline.models import Run
from webapp.pipeline.outcome import Again, Outcome
from webapp.sites.ai.providers import Everywhere

MOVES_ON_WITHIN = 30  # seconds, on the true clock: a worker that is not at its next halt by then hangs


class Workshop:
    """Where the workers of a test stand. One call at a time each, and no heartbeat but what the test asks for."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch):
        self.app = app
        self._here = threading.local()
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], lanes=1, max_recoveries=1, slice_seconds=40)
        self._meanwhile: list[Callable[[], None]] = []
        if db.engine.dialect.name == "postgresql":  # elsewhere nobody can come between the look and the claim
            event.listen(db.engine, "before_cursor_execute", self._before_a_statement)
        connect = Engine.connect  # a transaction begins with it
        monkeypatch.setattr(Engine, "connect", lambda engine: self._halt() or connect(engine))
        monkeypatch.setattr(Claim, "_beat_until_ended", lambda held, every: None)
        monkeypatch.setattr(runner, "claim", self._claim)
        monkeypatch.setattr(runner, "providers_of", lambda site, **how: Everywhere(_Provider(self._here.worker)))

    def take_on(self, run_id: int, epoch: int) -> "Worker":
        """Somebody who has got this delivery, and stands before its first transaction."""
        worker = Worker(self, run_id, epoch)
        worker.start()
        worker.wait_for_a_halt()
        return worker

    def enter(self, worker: "Worker") -> None:
        self._here.worker = worker

    def meanwhile(self, *acts: Callable[[], None]) -> None:
        """What others do before each of the next transactions of who is no worker."""
        self._meanwhile = list(acts)

    def _halt(self) -> None:
        worker: Worker | None = getattr(self._here, "worker", None)
        if worker is not None:
            worker.halt()
        elif self._meanwhile:
            self._meanwhile.pop(0)()

    def _before_a_statement(self, _connection: object, _cursor: object, statement: str, *_about: object) -> None:
        worker: Worker | None = getattr(self._here, "worker", None)
        if worker is not None and worker.claim is None and statement.startswith("UPDATE run SET"):
            worker.halt()

    def _claim(self, *told: Any, **more: Any) -> Claim | None:
        self._here.worker.claim = held = claim(*told, **more)
        return held


class Worker(threading.Thread):
    """`claim`: what it believes to hold. `asking`: a call of it is out. `refusal`: what that will come back with."""

    def __init__(self, workshop: Workshop, run_id: int, epoch: int):
        super().__init__(daemon=True)
        self.run_id, self.epoch = run_id, epoch
        self.claim: Claim | None = None
        self.claimed_at = 0.0  # on the test's clock
        self.stopping = threading.Event()
        self.asking = False
        self.refusal: ProviderError | None = None
        self.has_ended = False
        self.error: BaseException | None = None
        self._workshop = workshop
        self._may_go = threading.Semaphore(0)
        self._halted = threading.Semaphore(0)
        self._halts = True

    def step(self) -> None:
        """To the next transaction, the next call, or the end."""
        self._may_go.release()
        self.wait_for_a_halt()

    def go_home(self) -> None:
        """To the end, without a halt."""
        self._halts = False
        self._may_go.release()
        self.join(MOVES_ON_WITHIN)
        assert not self.is_alive(), "".join(traceback.format_stack(sys._current_frames()[self.ident]))

    def halt(self) -> None:
        if self._halts:
            self._halted.release()
            self._may_go.acquire()

    def wait_for_a_halt(self) -> None:
        assert self._halted.acquire(timeout=MOVES_ON_WITHIN), "a worker does not come to its next step"

    def run(self) -> None:
        self._workshop.enter(self)
        try:
            with self._workshop.app.app_context():
                self._advance()
        except BaseException as error:
            self.error = error
        finally:
            self.has_ended = True
            self._halted.release()

    def _advance(self) -> None:
        """What `tasks.advance` does, with a name and a wish to stop of its own."""
        turn: Callable[[], Outcome | None] = tasks.comes_again(
            lambda: runner.advance(self.run_id, self.epoch, worker="stepped", stopping=self.stopping)
        )
        if isinstance(turn(), Again):
            tasks.comes_again(lambda: queue.deliver(db.session.get_one(Run, self.run_id)))()


class _Provider(EmbeddedProvider):
    """Answers as soon as its worker may go on, or refuses once if the test says so."""

    def __init__(self, worker: Worker):
        super().__init__()
        self._worker = worker

    def answer(self, request: Request) -> Reply:
        self._worker.asking = True
        self._worker.halt()
        self._worker.asking = False
        refusal, self._worker.refusal = self._worker.refusal, None
        if refusal is not None:
            raise refusal
        return super().answer(request)
