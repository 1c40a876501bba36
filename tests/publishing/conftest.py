from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.publishing.desk import Desk, use
from webapp.core import clock as clock_of_the_house
from webapp.core.db import db
from webapp.publishing import queries
from webapp.sites.models import Site

MONDAY = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)


class Clock:
    """What time it is for everything that asks the house's clock."""

    def __init__(self, moment: datetime):
        self.moment = moment

    def now(self, _zone: object = None) -> datetime:
        return self.moment

    def pass_(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stands still at six in the morning of a Monday, UTC, until the test lets time pass."""
    clock = Clock(MONDAY)
    monkeypatch.setattr(clock_of_the_house, "datetime", clock)
    return clock


@pytest.fixture
def site(app: Flask, clock: Clock) -> Site:
    """Publishes each day at 9:00, 14:00 and 18:00 UTC."""
    return factories.site(slug="herbs")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A destination that answers what the test tells it."""
    return use(monkeypatch, Desk())


@pytest.fixture(autouse=True)
def conserved(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test of this room: no approved article of any site is without a publication."""
    if "app" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("app")
    yield
    db.session.rollback()
    for site_id in db.session.scalars(select(Site.id)).all():
        found = queries.counts(site_id)
        assert found.conserved, found
    db.session.commit()
