"""Driving the engine in a test: a site with work, and turns of a worker without RQ."""

import threading
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from webapp.accounts.models import Account
from webapp.ai.provider import Provider
from webapp.core.db import db, reading
from webapp.credits import ledger
from webapp.pipeline import control, runner
from webapp.pipeline.models import Run, Trigger
from webapp.pipeline.outcome import Again, Outcome
from webapp.pipeline.states import RunStatus
from webapp.pipeline.terms import automation_of
from webapp.sites.ai.providers import Everywhere
from webapp.sites.models import Site

PHRASES = (
    "how to water succulents", "watering succulents in winter", "succulent watering schedule",
    "best soil for succulents", "succulent soil mix", "cactus soil for succulents",
    "fiddle leaf fig light", "fiddle leaf fig brown spots", "why is my fiddle leaf fig dropping leaves",
    "snake plant care", "snake plant repotting", "is snake plant safe for cats",
    "monstera moss pole", "monstera leaf curling", "how often to water monstera",
)  # fmt: skip


def site_with_keywords(count: int = 6, credits: int = 5000, *, account: Account | None = None, **limits: int) -> Site:
    """A site with so many new keywords, credits on its account (a new one) and the limits given (0: none)."""
    site = factories.site(account or factories.account(credits=credits))
    for number in range(count):
        phrase = PHRASES[number % len(PHRASES)] + (f" {number // len(PHRASES)}" if number >= len(PHRASES) else "")
        factories.keyword(site, phrase, volume=1000 - number)
    set_limits(site, **limits)
    return site


def set_limits(site: Site, **limits: int) -> None:
    automation = automation_of(site)
    for name in automation.LIMITS.values():
        setattr(automation, name, 0)
    for name, value in limits.items():
        setattr(automation, name, value)
    db.session.commit()


def start(site: Site, by: str = "Ana", token: str | None = None) -> Run:
    return control.start(site, by=by, trigger=Trigger.PERSON, token=token)


def use(monkeypatch: pytest.MonkeyPatch, provider: Provider) -> None:
    monkeypatch.setattr(runner, "providers_of", lambda site, **how: Everywhere(provider))


def turn(run: Run, stopping: threading.Event | None = None) -> Outcome:
    """One delivery of the run as it is now: claim, a slice, outcome."""
    current = fresh(run)
    outcome = runner.advance(current.id, current.epoch, worker="test", stopping=stopping or threading.Event())
    db.session.rollback()
    db.session.expunge_all()
    return outcome


def work_to_the_end(run: Run) -> Run:
    """Turns until the run is not queued any more."""
    for _ in range(50):
        outcome = turn(run)
        if not isinstance(outcome, Again):
            return fresh(run)
    raise AssertionError("the run never ends")


def fresh(run: Run) -> Run:
    """The run as it is now. Ends the transaction, so that the test never holds SQLite's write lock."""
    db.session.rollback()
    db.session.expunge_all()
    found = db.session.get_one(Run, run.id)
    found.stages  # noqa: B018  loads them while there is a transaction
    db.session.commit()
    return found


def reload(site: Site) -> Site:
    db.session.expunge_all()
    found = db.session.get_one(Site, site.id)
    db.session.commit()
    return found


def in_background(app: Flask, run: Run) -> "Turn":
    return Turn(app, run)


class Turn(threading.Thread):
    """A worker's turn in a thread with a session of its own, so that the test can act meanwhile."""

    def __init__(self, app: Flask, run: Run):
        super().__init__(daemon=True)
        self._app, self._run_id, self._epoch = app, run.id, run.epoch
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        with self._app.app_context():
            try:
                self.outcome = runner.advance(
                    self._run_id, self._epoch, worker="background", stopping=threading.Event()
                )
            except BaseException as error:
                self.error = error

    def finish(self) -> Outcome:
        self.join(60)
        assert not self.is_alive(), "the worker's turn does not end"
        if self.error:
            raise self.error
        assert self.outcome is not None
        return self.outcome


def with_settings(app: Flask, **changes: float) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], **changes)


def rows(model: type, *where: object) -> list:
    db.session.commit()  # what the test holds stays readable
    with reading():
        db.session.expunge_all()
        found = list(db.session.scalars(select(model).where(*where).order_by(model.id)))  # type: ignore[arg-type, attr-defined]
        db.session.commit()
    return found


def assert_startable(site: Site) -> Run:
    """The site can start a run right now: nothing is left that keeps it locked."""
    run = start(reload(site))
    assert run.status is RunStatus.QUEUED
    return run


def assert_books_agree() -> None:
    found = ledger.verify()
    db.session.commit()
    assert found.ok, found.differences
