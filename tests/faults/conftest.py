"""A run in the hands of real processes, and what must be true of it whatever happens to them."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import config
from tests.pipeline import engine
from tests.processes import Crew, Process, crew, eventually
from webapp import create_app
from webapp.content.models import Article, Cluster, Idea, Image, Keyword, Task
from webapp.core.db import db, reading
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.jobs import queue
from webapp.pipeline import control
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunEvent, RunItem, StageResult
from webapp.pipeline.states import RunStatus, StageKey
from webapp.publishing.models import Publication
from webapp.sites.models import Site

LANES = 2
# Calls slow enough to be caught in one, and for where a worker is lost a lease so short that it is soon noticed.
SLOWED = {"SWEEP_EVERY": "0.3", "EMBEDDED_DELAY": "0.4", "LANES": str(LANES)}
HASTE = SLOWED | {"LEASE_TTL": "3"}

Made = dict[str, list[tuple[Any, ...]]]


def site_to_work_on() -> Site:
    """One whose run is short and goes through all stages, with limits in several of them."""
    return engine.site_with_keywords(
        8, max_clusters_per_run=3, max_tasks_per_run=6, max_content_per_run=3, max_images_per_run=4
    )


@pytest.fixture
def at_work(environ: dict[str, str]) -> Iterator[Crew]:
    """The processes of this installation, which notice a lost worker in three seconds; a test says which."""
    with crew(environ | HASTE) as started:
        yield started


@pytest.fixture
def at_leisure(environ: dict[str, str]) -> Iterator[Crew]:
    """The same with the lease as it is by default: nobody is to be taken for lost."""
    with crew(environ | SLOWED) as started:
        yield started


@pytest.fixture(scope="session")
def undisturbed(migrated_sqlite: Path, redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What comes of the same site when nothing happens to its run."""
    database = shutil.copyfile(migrated_sqlite, tmp_path_factory.mktemp("undisturbed") / "pressroom.db")
    return what_comes_of(site_to_work_on, database, redis_server)


def what_comes_of(make_site: Callable[[], Site], database: Path, redis_url: str) -> Made:
    """What a run makes of that site, in that empty database."""
    settings = {
        "PRESSROOM_INSTANCE": str(database.parent),
        "DATABASE_URL": f"sqlite:///{database}",
        "REDIS_URL": redis_url,
    }
    app = create_app(config.load(settings))
    with app.app_context():
        site = make_site()
        assert engine.work_to_the_end(engine.start(site)).status is RunStatus.COMPLETED
        found = made_on(site)
        db.session.remove()
        db.engine.dispose()
    assert all(found.values()), "a stage made nothing"
    return found


@dataclass
class Disturbed:
    """A site whose run is disturbed."""

    site: Site
    run_id: int

    @property
    def run(self) -> Run:
        """As it is now."""
        db.session.rollback()
        with reading():
            db.session.expunge_all()
            found = db.session.get_one(Run, self.run_id)
            db.session.commit()
        return found

    @property
    def has_ended(self) -> bool:
        return not self.run.is_active

    def articles(self) -> int:
        """How many tasks are written by now."""
        db.session.expunge_all()
        result = db.session.get_one(StageResult, (self.run_id, StageKey.ARTICLES))
        db.session.commit()
        return result.processed

    def items_done(self) -> int:
        """Of all stages, by now."""
        return len(engine.rows(RunItem, RunItem.run_id == self.run_id, RunItem.status == ItemStatus.DONE))

    def come_on(self) -> None:
        """Waits until two more items are done."""
        done = self.items_done()
        eventually(lambda: self.items_done() > done + 1)

    def is_amid_articles(self) -> bool:
        """One is written, others are on their way."""
        return self.run.status is RunStatus.RUNNING and self.articles() > 0

    def calls(self) -> list[AiCall]:
        return engine.rows(AiCall, AiCall.run_id == self.run_id)

    def sent_again(self) -> int:
        """How many calls were put a second time."""
        return sum(call.sends - 1 for call in self.calls())

    def worker_in(self, workers: list[Process]) -> tuple[Process, int]:
        """Which of them has the run, and the number of its process that does the job."""
        owner = self.run.owner
        assert owner is not None
        job = int(owner.split(":")[1])
        (worker,) = (worker for worker in workers if job in worker.children)
        return worker, job


@pytest.fixture
def disturbed(undisturbed: Made, app: Flask) -> Disturbed:
    """Its run is queued; the test starts who works on it."""
    return started_on(site_to_work_on())


def started_on(site: Site) -> Disturbed:
    run = engine.start(site)
    queue.deliver(run)
    return Disturbed(engine.reload(site), run.id)


def assert_as_if_nothing_had_happened(disturbed: Disturbed, undisturbed: Made) -> None:
    """The run has completed, and made exactly what an undisturbed one makes: nothing twice, nothing lost."""
    eventually(lambda: disturbed.has_ended)
    assert disturbed.run.status is RunStatus.COMPLETED, disturbed.run.stop_reason
    assert made_on(disturbed.site) == undisturbed
    assert {call.status for call in disturbed.calls()} == {CallStatus.ANSWERED}
    assert charged_twice(disturbed) == []
    assert exits_without_reason(disturbed) == []
    engine.assert_books_agree()
    control.cancel(engine.assert_startable(disturbed.site), "the test")


def exits_without_reason(disturbed: Disturbed) -> list[str]:
    """Lines of the run's log for moves out of running that do not say why."""
    events = engine.rows(RunEvent, RunEvent.run_id == disturbed.run_id)
    return [event.text for event in events if event.data.get("from") == "running" and not event.data.get("reason")]


def made_on(site: Site) -> Made:
    """All that a run makes, in words."""
    wanted: dict[str, Any] = {
        "keywords": select(Keyword.phrase, Keyword.status, Cluster.name).outerjoin(Keyword.cluster),
        "clusters": select(Cluster.name, Cluster.head, Cluster.status),
        "ideas": select(Idea.title, Idea.target_keyword, Idea.status),
        "tasks": select(Task.title, Task.target_words, Task.status),
        "articles": select(Article.title, Article.slug, Article.body_html, Article.status),
        "images": select(Image.prompt, Image.alt_text, Image.position, Image.status),
        "publications": select(Publication.position).join(Article, Article.id == Publication.article_id),
    }
    models = {"keywords": Keyword, "clusters": Cluster, "ideas": Idea, "tasks": Task, "articles": Article,
              "images": Image, "publications": Publication}  # fmt: skip
    found = {
        name: sorted(tuple(row) for row in db.session.execute(query.where(models[name].site_id == site.id)))
        for name, query in wanted.items()
    }
    db.session.commit()
    return found


def charged_twice(disturbed: Disturbed) -> list[tuple[Any, ...]]:
    """The items that were paid for more than once."""
    found = db.session.execute(
        select(LedgerEntry.item, LedgerEntry.operation)
        .where(LedgerEntry.run_id == disturbed.run_id, LedgerEntry.kind == EntryKind.CHARGE)
        .group_by(LedgerEntry.item, LedgerEntry.operation)
        .having(func.count() > 1)
    ).all()
    db.session.commit()
    return [tuple(row) for row in found]


def freeze(*processes: int) -> None:
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)


def wake(*processes: int) -> None:
    for pid in processes:
        os.kill(pid, signal.SIGCONT)


def sleeps(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
