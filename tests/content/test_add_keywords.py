from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from webapp.content.adding import Added, add_keyword, add_keywords
from webapp.content.keyword_fields import KeywordFields, read_fields
from webapp.content.models import Intent, Keyword, KeywordStatus
from webapp.content.normal import normal
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def phrases(site: Site) -> list[str]:
    return list(db.session.scalars(select(Keyword.phrase).where(Keyword.site_id == site.id).order_by(Keyword.id)))


def test_one_keyword_is_added_once(site: Site) -> None:
    assert add_keyword(site, read_fields("Moka pot", volume="1,300")) == Added(new=1, filled_in=0)
    assert add_keyword(site, read_fields("moka pot")) == Added(new=0, filled_in=0)
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


def fields(phrase: str = "moka pot", **known: Any) -> KeywordFields:
    return KeywordFields(phrase, normal(phrase), **known)


def stored(site: Site) -> Keyword:
    found = db.session.scalars(select(Keyword).where(Keyword.site_id == site.id)).one()
    db.session.refresh(found)
    return found


def test_everything_that_was_unknown_is_filled_in(site: Site) -> None:
    known = {
        "volume": 90,
        "difficulty": 0,
        "cpc": Decimal("0.50"),
        "intent": Intent.COMMERCIAL,
        "country": "US",
        "parent": "coffee maker",
        "serp": ("https://a.example/", "https://b.example/"),
    }
    add_keywords(site.id, [fields()])

    assert add_keywords(site.id, [fields("MOKA pot", **known)]) == Added(new=0, filled_in=1)

    found = stored(site)
    assert found.phrase == "moka pot"
    assert {name: getattr(found, name) for name in known} == known | {"serp": list(known["serp"])}  # type: ignore[call-overload]


def test_what_is_known_stays_and_so_does_what_became_of_it(site: Site) -> None:
    factories.keyword(site, "moka pot", volume=0, difficulty=None, status=KeywordStatus.SKIPPED)

    added = add_keywords(site.id, [fields(volume=90, difficulty=7, country="DE"), fields("chemex")])

    assert added == Added(new=1, filled_in=1)
    found = db.session.scalars(select(Keyword).where(Keyword.phrase == "moka pot")).one()
    db.session.refresh(found)
    assert (found.volume, found.difficulty, found.country, found.status) == (0, 7, "US", KeywordStatus.SKIPPED)


def test_a_volume_that_is_filled_in_counts_in_the_cluster(site: Site) -> None:
    cluster = factories.cluster(site, head="moka pot", volume=70)
    for phrase, volume in (("moka pot", 70), ("moka pot size", None), ("moka pots", None)):
        factories.keyword(site, phrase, cluster=cluster, status=KeywordStatus.CLUSTERED, volume=volume)
    db.session.commit()

    written = (("moka pot", "90"), ("moka pot size", "20"), ("moka pots", ""), ("moka pot lid", "5"))
    add_keywords(site.id, [read_fields(phrase, volume=volume, country="IT") for phrase, volume in written])
    db.session.commit()
    db.session.expire_all()

    assert cluster.volume == 90


def test_later_lines_know_more_of_a_new_phrase(site: Site) -> None:
    some = [fields(volume=90), fields("Moka Pot", volume=7, country="US"), fields("moka  pot", parent="coffee")]

    assert add_keywords(site.id, some) == Added(new=1, filled_in=0)

    found = stored(site)
    assert (found.phrase, found.volume, found.country, found.parent) == ("moka pot", 90, "US", "coffee")


def test_what_has_nothing_to_add_fills_nothing_in(site: Site) -> None:
    add_keywords(site.id, [fields(volume=90)])

    assert add_keywords(site.id, [fields(volume=7)]) == Added(0, 0)
    assert add_keywords(site.id, []) == Added(0, 0)


def test_keywords_of_another_site_are_not_filled_in(site: Site) -> None:
    other = factories.site()
    add_keywords(other.id, [fields()])

    assert add_keywords(site.id, [fields(volume=90)]) == Added(new=1, filled_in=0)
    assert stored(other).volume is None
