"""A worker on another machine needs the database's and Redis's address, and nothing else; cut off, it is no danger."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

import config
from tests import factories
from tests.faults.conftest import HASTE, LANES, Disturbed, Made, assert_as_if_nothing_had_happened, site_to_work_on
from tests.faults.conftest import started_on as queued
from tests.faults.mortal_postgres import MortalPostgres, mortal_postgres
from tests.faults.two_hosts import TwoHosts, two_hosts
from tests.pipeline import engine
from tests.processes import Crew, MortalRedis, crew, eventually, mortal_redis
from tests.visitor import Visitor
from webapp import create_app
from webapp.content.models import Image
from webapp.core.clock import now
from webapp.core.db import db
from webapp.jobs.queue import PUBLISHING, RUNS, UPKEEP
from webapp.pipeline.models import RunEvent
from webapp.pipeline.states import RunStatus
from webapp.publishing import by_hand
from webapp.publishing.models import Publication, PublicationStatus
from webapp.sites.models import Site

POSTGRES_PORT = 5432
REDIS_PORT = 6379


@pytest.fixture
def hosts() -> Iterator[TwoHosts]:
    with two_hosts() as made:
        yield made


@dataclass
class Servers:
    """Of the host `here`: on sockets for who is there too, and on its address for everybody else."""

    postgres: MortalPostgres
    redis: MortalRedis
    address: str

    @property
    def from_here(self) -> dict[str, str]:
        return {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.address}

    @property
    def from_elsewhere(self) -> dict[str, str]:
        return {
            "DATABASE_URL": f"postgresql://pressroom@{self.address}:{POSTGRES_PORT}/postgres",
            "REDIS_URL": f"redis://{self.address}:{REDIS_PORT}/0",
        }


@pytest.fixture
def servers(hosts: TwoHosts) -> Iterator[Servers]:
    here = hosts.here
    redis = ("--bind", here.address, "--port", str(REDIS_PORT), "--protected-mode", "no")
    postgres = ("-c", f"listen_addresses={here.address}", "-c", f"port={POSTGRES_PORT}")
    with (
        mortal_postgres(under=here.under, options=postgres) as database,
        mortal_redis(under=here.under, options=redis) as queue,
    ):
        database.let_in(hosts.network)
        yield Servers(database, queue, here.address)


@pytest.fixture
def environ(servers: Servers, tmp_path: Path) -> dict[str, str]:
    """As the host `here` has it."""
    return servers.from_here | {"PRESSROOM_INSTANCE": str(tmp_path / "here"), "SECRET_KEY": "known to the tests"}


@pytest.fixture
def app(environ: dict[str, str]) -> Iterator[Flask]:
    made = create_app(config.load(environ))
    made.testing = True
    with made.app_context():
        upgrade()
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def here(app: Flask, environ: dict[str, str], hosts: TwoHosts) -> Iterator[Crew]:
    with crew(environ | HASTE, under=hosts.here.under) as started:
        yield started


@pytest.fixture
def there(app: Flask, servers: Servers, hosts: TwoHosts, tmp_path: Path) -> Iterator[Crew]:
    """Its own instance folder stands for its own disk."""
    own = {"PRESSROOM_INSTANCE": str(tmp_path / "there")}
    with crew(servers.from_elsewhere | own | HASTE, under=hosts.there.under) as started:
        yield started


@pytest.fixture
def disturbed(undisturbed: Made, app: Flask) -> Disturbed:
    return queued(site_to_work_on())


def test_it_makes_what_one_here_makes_and_its_pictures_are_shown_and_published_here(
    here: Crew, there: Crew, disturbed: Disturbed, undisturbed: Made, client: Visitor, environ: dict[str, str]
) -> None:
    there.start(RUNS)

    assert_as_if_nothing_had_happened(disturbed, undisturbed)
    assert hosts_of(disturbed) == ["there"]

    site = engine.reload(disturbed.site)
    pictures = approved_pictures(site)
    factories.signed_in(client, factories.member(of=engine.reload(site).account).user)
    for name in pictures:
        assert client.get(f"/sites/{site.slug}/media/{name}").data.startswith(b"\x89PNG")

    for role in (UPKEEP, PUBLISHING, "timetable"):
        here.start(role)
    publish_all(site)
    shown = Path(environ["PRESSROOM_INSTANCE"], "published", site.slug)
    assert len(pictures) == len(list(shown.rglob("*.png"))) > 0


def test_cut_off_it_loses_its_run_and_when_it_is_back_it_changes_nothing_and_works_again(
    here: Crew, there: Crew, disturbed: Disturbed, undisturbed: Made, hosts: TwoHosts
) -> None:
    worker = there.start(RUNS)
    eventually(disturbed.is_amid_articles)
    epoch = disturbed.run.epoch
    hosts.cut()
    cut_at = now()
    here.start("timetable")
    successor = here.start(RUNS, EMBEDDED_DELAY="1")  # it has so much left to do that the first could disturb it
    eventually(lambda: disturbed.run.epoch > epoch and disturbed.run.status is RunStatus.RUNNING)

    hosts.mend()

    assert_as_if_nothing_had_happened(disturbed, undisturbed)
    assert hosts_of(disturbed) == ["there", "here"]
    assert [call for call in disturbed.calls() if call.epoch == epoch and call.sent_at > cut_at] == []
    assert disturbed.sent_again() <= LANES

    successor.stop()
    another = queued(site_to_work_on())
    assert_as_if_nothing_had_happened(another, undisturbed)
    assert hosts_of(another) == ["there"]
    assert not worker.ended


def hosts_of(disturbed: Disturbed) -> list[str]:
    """Where the run was worked on, in that order."""
    claims = engine.rows(RunEvent, RunEvent.run_id == disturbed.run_id, RunEvent.name == "run_running")
    return [host for host, _ in groupby(claim.by.split(":")[0] for claim in claims)]


def approved_pictures(site: Site) -> set[str]:
    """Their names. Articles whose pictures are not all there wait for the next run."""
    approved = select(Publication.article_id).where(Publication.site_id == site.id)
    return {image.file for image in engine.rows(Image, Image.article_id.in_(approved))}


def publish_all(site: Site) -> None:
    waiting = engine.rows(Publication, Publication.site_id == site.id)
    for publication in waiting:
        by_hand.publish_now(publication)
    db.session.commit()
    out = (Publication.site_id == site.id, Publication.status == PublicationStatus.PUBLISHED)
    eventually(lambda: len(engine.rows(Publication, *out)) == len(waiting))
