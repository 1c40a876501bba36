"""PostgreSQL as we open it: nobody waits for ever."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text, update
from sqlalchemy.exc import OperationalError

from config import Settings
from tests import factories
from tests.processes import eventually
from webapp import create_app
from webapp.accounts.models import Account
from webapp.core.db import db, reading

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

SOON = 0.3  # seconds


@pytest.fixture
def hasty(settings: Settings) -> Iterator[Flask]:
    """An app that loses its patience soon, within its context."""
    made = create_app(dataclasses.replace(settings, busy_timeout=SOON, lease_ttl=SOON))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


def is_free(database_url: str, account: int) -> bool:
    """Whether somebody else can change the row."""
    other = create_engine(database_url)
    try:
        with other.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = 10"))
            connection.execute(update(Account).where(Account.id == account).values(name="Changed"))
    except OperationalError:
        return False
    finally:
        other.dispose()
    return True


def test_a_lock_is_not_waited_for_for_ever(hasty: Flask, database_url: str) -> None:
    account = factories.account().id
    other = create_engine(database_url)
    with other.connect() as connection:
        connection.execute(update(Account).where(Account.id == account).values(name="Held"))

        with pytest.raises(OperationalError, match="lock timeout"):
            db.session.execute(update(Account).where(Account.id == account).values(name="Wanted"))
    other.dispose()


def test_who_freezes_amid_a_change_lets_go_of_it_and_learns_that_when_it_wakes(hasty: Flask, database_url: str) -> None:
    account = factories.account().id
    db.session.execute(update(Account).where(Account.id == account).values(name="Frozen"))
    assert not is_free(database_url, account)

    eventually(lambda: is_free(database_url, account))

    with pytest.raises(OperationalError):
        db.session.execute(select(Account))
    db.session.rollback()
    assert db.session.get_one(Account, account).name == "Changed"


def test_who_only_reads_may_take_its_time(hasty: Flask) -> None:
    account = factories.account().id
    with reading():
        db.session.get_one(Account, account)
        assert db.session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "0"
        db.session.rollback()
