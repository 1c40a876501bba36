"""`change`: how many rows a statement changed, whatever the session remembers."""

import pytest
from flask import Flask
from sqlalchemy import delete, update

from tests import factories
from webapp.content.models import Keyword, KeywordStatus
from webapp.core.db import change, db


@pytest.fixture
def keywords(app: Flask) -> list[Keyword]:
    return factories.keywords(factories.site(), 3)


def test_it_answers_how_many_rows_changed(keywords: list[Keyword]) -> None:
    first = update(Keyword).where(Keyword.id == keywords[0].id, Keyword.status == KeywordStatus.NEW)

    assert change(first.values(status=KeywordStatus.SKIPPED)) == 1
    assert change(first.values(status=KeywordStatus.SKIPPED)) == 0
    assert change(update(Keyword).values(country="DE")) == 3
    assert change(delete(Keyword).where(Keyword.country == "DE")) == 3


def test_what_the_session_remembers_stays_until_it_is_read_again(keywords: list[Keyword]) -> None:
    change(update(Keyword).values(country="DE"))

    assert keywords[0].country == "US"
    db.session.refresh(keywords[0])
    assert keywords[0].country == "DE"


def test_what_waits_in_the_session_is_written_first(keywords: list[Keyword]) -> None:
    keywords[0].country = "DE"

    assert change(update(Keyword).where(Keyword.country == "DE").values(volume=1)) == 1


def test_it_is_undone_with_its_transaction(keywords: list[Keyword]) -> None:
    change(delete(Keyword))
    db.session.rollback()

    assert db.session.query(Keyword).count() == 3
