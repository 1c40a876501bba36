"""What earlier runs had asked for and did not come to use: the next run goes on with it, as often as it takes."""

import pytest
from flask import Flask

from tests.pipeline.engine import (
    in_background,
    reload,
    set_limits,
    site_with_keywords,
    start,
    use,
    work_to_the_end,
)
from tests.pipeline.scripted import Gate, ScriptedProvider
from webapp.ai.provider import KeyRefused, Operation, Request
from webapp.core.db import db
from webapp.pipeline import control
from webapp.pipeline.estimate import estimate
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus
from webapp.sites.models import Site


def refuses(request: Request) -> None:
    raise KeyRefused("The key is refused.")


def cancelled_while_out(app: Flask, monkeypatch: pytest.MonkeyPatch, site: Site, operation: Operation) -> None:
    """A run that is cancelled while the provider works on its first question of that kind; the answer is kept."""
    gate = Gate(operation)
    use(monkeypatch, ScriptedProvider(gate))
    run = start(reload(site))
    worker = in_background(app, run)
    assert gate.arrived.wait(60)
    control.cancel(db.session.get_one(Run, run.id), "Ana")
    gate.open()
    worker.finish()
    use(monkeypatch, ScriptedProvider())


def test_runs_that_ended_over_the_same_batch_are_in_nobodys_way(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_with_keywords(12)
    use(monkeypatch, ScriptedProvider(refuses))
    refused = [work_to_the_end(start(reload(site))).status for _ in range(3)]
    use(monkeypatch, ScriptedProvider())

    assert refused == [RunStatus.FAILED] * 3
    found = estimate(reload(site)).stages[0]
    db.session.commit()
    assert (found.pending, found.planned) == (12, 12)
    run = work_to_the_end(start(reload(site)))
    assert (run.status, run.stages[0].processed) == (RunStatus.COMPLETED, 12)


def test_a_limit_holds_for_what_was_asked_before_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_with_keywords(30)
    cancelled_while_out(app, monkeypatch, site, Operation.CLUSTERING)
    set_limits(reload(site), max_keywords_per_run=1)

    run = work_to_the_end(start(reload(site)))

    assert (run.stages[0].processed, run.stages[0].left_over) == (1, 29)


def test_an_answer_to_another_question_is_not_counted_as_paid_for(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_with_keywords(12)
    cancelled_while_out(app, monkeypatch, site, Operation.IDEA_GENERATION)
    reload(site).voice = "Dry and short, with a wink."
    db.session.commit()

    foretold = estimate(reload(site)).credits
    db.session.commit()
    run = work_to_the_end(start(reload(site)))

    assert foretold == run.estimated_credits == sum(result.credits for result in run.stages)
