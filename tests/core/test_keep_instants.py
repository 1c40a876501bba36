"""Instants are aware, and UTC in the database."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from tests import factories
from webapp.accounts.models import Account
from webapp.core.clock import now
from webapp.core.db import db

BERLIN = ZoneInfo("Europe/Berlin")


def kept(moment: datetime) -> datetime:
    """As it comes back from the database."""
    account = factories.account()
    account.created_at = moment
    db.session.commit()
    db.session.refresh(account)
    return account.created_at


def test_now_is_utc() -> None:
    assert now().tzinfo is UTC


def test_an_instant_of_any_zone_comes_back_as_utc(app: Flask) -> None:
    moment = datetime(2026, 7, 1, 9, 30, tzinfo=BERLIN)

    found = kept(moment)

    assert found == moment
    assert (found.hour, found.tzinfo) == (7, UTC)


def test_the_database_holds_utc_without_a_zone(app: Flask) -> None:
    kept(datetime(2026, 7, 1, 9, 30, tzinfo=BERLIN))

    assert str(db.session.execute(text("SELECT created_at FROM account")).scalar_one()).startswith(
        "2026-07-01 07:30:00"
    )


def test_both_instants_of_a_repeated_hour_are_told_apart(app: Flask) -> None:
    first, second = (datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=BERLIN) for fold in (0, 1))

    assert kept(second) - kept(first) == timedelta(hours=1)


def test_an_instant_without_a_zone_is_refused(app: Flask) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        kept(datetime(2026, 7, 1, 9, 30))
    db.session.rollback()


def test_no_instant_stays_none(app: Flask) -> None:
    assert factories.article(factories.site()).approved_at is None


def test_instants_are_compared_as_instants(app: Flask) -> None:
    kept(datetime(2026, 7, 1, 9, 30, tzinfo=BERLIN))  # 7:30 UTC
    eight = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    nine_in_berlin = datetime(2026, 7, 1, 9, 0, tzinfo=BERLIN)  # 7:00 UTC

    before_eight = db.session.scalars(select(Account).where(Account.created_at < eight)).all()
    before_seven = db.session.scalars(select(Account).where(Account.created_at < nine_in_berlin)).all()

    assert (len(before_eight), len(before_seven)) == (1, 0)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.datetimes(
        min_value=datetime(1900, 1, 2),
        max_value=datetime(2200, 1, 1),
        timezones=st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23))),
    )
)
def test_no_microsecond_is_lost(app: Flask, moment: datetime) -> None:
    assert kept(moment) == moment
