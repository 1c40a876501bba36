"""Several workers of one bin/up have several runs in hand at once."""

import pytest

import config
from tests.pipeline import engine
from tests.processes import eventually
from tests.up.conftest import Up
from webapp import create_app
from webapp.jobs import queue
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus

SLOWED = {"EMBEDDED_DELAY": "0.5", "LANES": "1"}  # so that none is over before the others have begun


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_three_workers_have_three_runs_at_once(environ: dict[str, str], up: Up) -> None:
    installation = up(environ | SLOWED, "--no-demo", "--workers", "3")
    with create_app(config.load(environ)).app_context():
        for _ in range(3):
            queue.deliver(engine.start(engine.site_with_keywords(8, max_content_per_run=2)))

        eventually(lambda: len(workers_at_work()) == 3)

        eventually(lambda: all(run.status is RunStatus.COMPLETED for run in engine.rows(Run)))
        engine.assert_books_agree()
    installation.end()


def workers_at_work() -> set[str]:
    """The names of those who have a run right now."""
    return {str(run.owner).split(":")[2] for run in engine.rows(Run, Run.status == RunStatus.RUNNING)}
