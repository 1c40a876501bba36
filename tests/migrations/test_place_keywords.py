"""A keyword may belong to no cluster yet; the tables of keywords and sites are changed for that under their rows."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from tests import factories
from tests.migrations.conftest import MakeApp
from webapp.ai.grouping.levels import Level
from webapp.content.models import Cluster, Keyword, KeywordStatus
from webapp.core.db import change, db
from webapp.sites.models import Site

BEFORE = "0014"


def test_a_run_of_older_code_groups_what_belonged_to_no_cluster(make_app: MakeApp) -> None:
    make_app("unclustered")
    upgrade()
    site = factories.site()
    near = factories.cluster(site)
    factories.keyword(site, status=KeywordStatus.UNCLUSTERED, nearest_cluster_id=near.id, placed_by_hand=True)

    downgrade(revision=BEFORE)

    assert db.session.scalar(text("SELECT status FROM keyword")) == "new"
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE keyword SET status = 'unclustered'"))
    db.session.rollback()
    upgrade()


def test_keywords_and_sites_of_older_code_are_as_they_were(make_app: MakeApp) -> None:
    make_app("older")
    upgrade()
    site = factories.site(cluster_level=Level.PAGE)
    number = factories.keyword(site, volume=70, confidence=40).id
    downgrade(revision=BEFORE)

    upgrade()

    keyword = db.session.get_one(Keyword, number, populate_existing=True)
    assert (keyword.volume, keyword.confidence, keyword.nearest_cluster_id) == (70, None, None)
    assert keyword.placed_by_hand is False
    assert db.session.get_one(Site, site.id, populate_existing=True).cluster_level is Level.TOPIC
    db.session.commit()


def test_numbers_go_on_and_deleting_a_cluster_takes_its_offer_back(make_app: MakeApp) -> None:
    make_app("offers")
    upgrade()
    site = factories.site()
    gone = factories.keyword(site).id
    change(delete(Keyword))
    db.session.commit()
    db.session.expunge_all()
    downgrade(revision=BEFORE)
    upgrade()

    near = factories.cluster(site)
    keyword = factories.keyword(site, status=KeywordStatus.UNCLUSTERED, nearest_cluster_id=near.id)
    assert keyword.id > gone
    change(delete(Cluster).where(Cluster.id == near.id))
    db.session.commit()
    assert db.session.scalar(select(Keyword.nearest_cluster_id)) is None
    db.session.commit()
    change(delete(Site))
    assert db.session.scalar(select(func.count()).select_from(Keyword)) == 0
    db.session.commit()


@pytest.mark.parametrize("level", Level)
def test_a_site_has_topics_or_pages_for_clusters(make_app: MakeApp, level: Level) -> None:
    make_app(f"level_{level}")
    upgrade()
    factories.site()
    wanted = update(Site).values(cluster_level=level)

    if level is Level.PILLAR:
        with pytest.raises(IntegrityError, match="ck_site_topic_or_page"):
            change(wanted)
    else:
        assert change(wanted) == 1
    db.session.rollback()


@pytest.mark.parametrize("percent", [-1, 101])
def test_confidence_is_in_percent(make_app: MakeApp, percent: int) -> None:
    make_app(f"percent_{abs(percent)}")
    upgrade()
    factories.keyword(factories.site())

    with pytest.raises(IntegrityError, match="ck_keyword_confidence_range"):
        change(update(Keyword).values(confidence=percent))
    db.session.rollback()
