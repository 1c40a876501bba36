"""An item that kills whoever works on it is set aside after three workers, and the run goes on."""

import pytest

from tests.faults.conftest import Disturbed, Made
from tests.pipeline import engine
from tests.processes import Crew, eventually
from webapp.content.models import Article, Task, TaskStatus
from webapp.jobs.queue import RUNS
from webapp.pipeline.models import ItemStatus, RunItem
from webapp.pipeline.states import RunStatus


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_three_workers_it_needs_attention_and_the_rest_is_done(
    at_work: Crew, disturbed: Disturbed, undisturbed: Made
) -> None:
    titles = [title for title, _, status in undisturbed["tasks"] if status is TaskStatus.WRITTEN]
    poison = titles[0]
    at_work.start_module("tests.faults.poisoned_worker", RUNS, POISON=poison)
    at_work.start("timetable")

    eventually(lambda: disturbed.has_ended, within=120)

    assert disturbed.run.status is RunStatus.COMPLETED
    assert disturbed.run.takeovers == 3
    items = engine.rows(RunItem, RunItem.run_id == disturbed.run_id, RunItem.status == ItemStatus.ATTENTION)
    assert len(items) == 1, [(item.name, item.losses, item.why) for item in items]
    (item,) = items
    (task,) = engine.rows(Task, Task.title == poison)
    assert (item.row, item.losses) == (task.id, 3)
    assert "worker was lost" in item.why
    assert task.status is TaskStatus.ATTENTION
    written = {article.title for article in engine.rows(Article)}
    assert poison not in written and set(titles[1:]) <= written
    (call,) = [call for call in disturbed.calls() if call.item == item.name]
    assert call.sends == 1, "its answer is kept: nobody needs to ask again"
    engine.assert_books_agree()
