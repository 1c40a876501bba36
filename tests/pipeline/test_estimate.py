"""What a run costs is known before it starts: with the embedded provider to the credit, stage by stage."""

import random

import pytest
from flask import Flask

from tests.pipeline.any_site import any_site
from tests.pipeline.engine import reload, start, work_to_the_end
from webapp.core.db import db
from webapp.pipeline.estimate import Estimate, estimate
from webapp.pipeline.models import StageResult
from webapp.pipeline.states import RunStatus
from webapp.sites.models import Site


def foretell(site: Site) -> Estimate:
    found = estimate(reload(site))
    db.session.commit()
    assert not db.session.new and not db.session.dirty
    return found


@pytest.mark.parametrize("seed", range(20))
def test_a_run_costs_and_does_what_was_said(app: Flask, seed: int) -> None:
    site = any_site(random.Random(seed))
    foretold = foretell(site)

    run = work_to_the_end(start(reload(site)))

    assert run.status is RunStatus.COMPLETED
    assert foretold.is_exact
    results = {result.stage: result for result in rows_of(run.id)}
    assert {one.stage: one.credits for one in foretold.stages} == {s: r.credits for s, r in results.items()}
    assert {one.stage: one.planned for one in foretold.stages} == {s: r.processed for s, r in results.items()}
    assert foretold.credits == sum(result.credits for result in results.values())


def rows_of(run_id: int) -> list[StageResult]:
    found = list(db.session.query(StageResult).where(StageResult.run_id == run_id))
    db.session.commit()
    return found
