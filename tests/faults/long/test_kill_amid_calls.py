"""kill -9 at every commit point of a call to a model, a hundred times: nothing is bought twice, nothing done twice."""

import random
import subprocess
import sys
from collections import Counter

import pytest
from flask import Flask

import config
from tests.ai.openai.scribe import Scribe
from tests.ai.openai.server import Endpoint, endpoint
from tests.faults.dies_amid_a_call import Point
from tests.faults.long.table import Figures
from tests.pipeline.engine import (
    assert_books_agree,
    fresh,
    rows,
    site_with_keywords,
    start,
    with_settings,
    work_to_the_end,
)
from tests.processes import environment
from webapp.content.models import Article, Image
from webapp.core.db import db
from webapp.credits import ledger
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline import recovery
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunItem
from webapp.pipeline.states import RunStatus
from webapp.sites.ai.models import AiConnection
from webapp.sites.models import Site

KILLS_AT_EACH = 20
SETTINGS = {"LANES": "2", "MAX_RECOVERIES": "1000", "ALLOW_PRIVATE_TARGETS": "1"}


@pytest.mark.row(21, "kill -9 at each of five points of a call")
def test_no_answer_is_bought_twice(app: Flask, environ: dict[str, str], figures: Figures) -> None:
    chosen, scribe = random.Random(21), Scribe()
    points = [point for point in Point for _ in range(KILLS_AT_EACH)]
    chosen.shuffle(points)
    killed: Counter[Point] = Counter()
    stored: set[int] = set()
    with endpoint() as there:
        there.answer_by(scribe)
        run = begun_on(there)
        while points:
            run = fresh(run)
            if not run.is_active:
                run = begun_on(there)
            if died(environ, points[-1], chosen.randint(1, 4), run):
                killed[points.pop()] += 1
                take_over(run)
            stored |= answers_kept()
        for open_run in rows(Run, Run.status == RunStatus.QUEUED):
            finish(app, open_run)

    assert set(killed.values()) == {KILLS_AT_EACH}
    bought_again = [number for number in stored if scribe.times(scribe.asked(number))[-1] > number]
    assert bought_again == []
    assert_done_once()
    assert_books_agree()
    held = sum(ledger.held(site.account_id) for site in rows(Site))
    db.session.commit()
    assert held == sum(call.price for call in rows(AiCall, AiCall.status == CallStatus.UNKNOWN))
    figures.add("kills at each point, runs", f"{KILLS_AT_EACH}, {len(rows(Run))}")
    figures.add("answers stored, bought again", f"{len(answers_kept())}, 0", "…, 0")
    figures.add("posts, lost with their worker", f"{len(scribe.posts)}, {len(scribe.posts) - len(answers_kept())}")
    figures.add("credits held at the end, explained", f"{held}, {held}")


def begun_on(there: Endpoint) -> Run:
    site = site_with_keywords(15, 20_000, max_clusters_per_run=4, max_tasks_per_run=6)
    db.session.add(
        AiConnection(
            account_id=site.account_id, name="It", base_url=there.address, text_model="m", image_model="gpt-image-1",
            is_default=True,
        )
    )  # fmt: skip
    db.session.commit()
    return start(site)


def died(environ: dict[str, str], point: Point, count: int, run: Run) -> bool:
    """Whether a worker that was to be killed at that point came to it."""
    command = [sys.executable, "-m", "tests.faults.dies_amid_a_call", point, str(count), str(run.id), str(run.epoch)]
    done = subprocess.run(
        command, cwd=config.ROOT, env=environment(environ | SETTINGS), capture_output=True, text=True, timeout=240
    )
    assert done.returncode in (0, -9), done.stderr
    return done.returncode == -9


def take_over(run: Run) -> None:
    """As the sweep does when the lease is over."""
    lost = fresh(run)
    assert recovery.take_over(lost.id, lost.epoch, lost.hb)
    db.session.commit()


def answers_kept() -> set[int]:
    """The numbers of the answers that are stored."""
    return {call.input_tokens for call in rows(AiCall, AiCall.status == CallStatus.ANSWERED)}


def finish(app: Flask, run: Run) -> None:
    with_settings(app, allow_private_targets=True, lanes=2, max_recoveries=1000)
    assert work_to_the_end(run).status is RunStatus.COMPLETED


def assert_done_once() -> None:
    """No item twice, and what was paid for is what is there."""
    done = [(item.run_id, item.name) for item in rows(RunItem, RunItem.status == ItemStatus.DONE)]
    assert len(done) == len(set(done)) > 0
    articles = rows(Article)
    assert len({article.task_id for article in articles}) == len(articles) > 0
    assert len({(image.article_id, image.position) for image in rows(Image)}) == len(rows(Image)) > 0
    charges = rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE)
    charged = [(entry.run_id, entry.item, entry.attempt) for entry in charges]
    assert len(charged) == len(set(charged))
