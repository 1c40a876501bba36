import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from webapp.content.importing.storing import add_keyword, add_phrases
from webapp.content.keyword_fields import read_fields
from webapp.content.models import Keyword
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def phrases(site: Site) -> list[str]:
    return list(db.session.scalars(select(Keyword.phrase).where(Keyword.site_id == site.id).order_by(Keyword.id)))


def test_pasted_phrases_are_added_one_a_line(site: Site) -> None:
    report = add_phrases(site, "Moka pot\r\n\r\n  chemex \nmoka POT\n")

    assert (report.new, report.duplicates, report.bad) == (2, 1, [])
    assert phrases(site) == ["Moka pot", "chemex"]


def test_a_line_that_is_no_phrase_is_reported_and_the_others_are_added(site: Site) -> None:
    report = add_phrases(site, "moka pot\n???\nchemex")

    assert [number for number, _ in report.bad] == [2]
    assert phrases(site) == ["moka pot", "chemex"]


def test_nothing_to_add_is_said(site: Site) -> None:
    with pytest.raises(Invalid) as refusal:
        add_phrases(site, " \n ")
    assert refusal.value.field == "text"


def test_what_is_added_survives_a_rollback(site: Site) -> None:
    add_phrases(site, "moka pot")
    db.session.rollback()

    assert phrases(site) == ["moka pot"]


def test_one_keyword_is_added_once(site: Site) -> None:
    assert add_keyword(site, read_fields("Moka pot", volume="1,300"))
    assert not add_keyword(site, read_fields("moka pot"))
    assert phrases(site) == ["Moka pot"]


def test_a_field_that_cannot_be_read_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        read_fields("moka pot", difficulty="very")
    assert refusal.value.field == "difficulty"


@pytest.mark.parametrize("field", ["volume", "difficulty", "cpc"])
@pytest.mark.parametrize("written", ["1" * 30, "1" + ",000" * 1500, "9" * 5000])
def test_a_number_of_any_length_is_refused_at_its_field(field: str, written: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_fields(phrase="basil", **{field: written})

    assert refused.value.field == field
