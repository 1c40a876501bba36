"""A publication may wait because scheduling is switched off; the table is made anew for that on SQLite."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, text
from sqlalchemy.exc import IntegrityError

from tests import factories
from tests.migrations.conftest import MakeApp
from webapp.core.db import change, db
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason


def test_what_waited_for_the_switch_waits_for_room_in_older_code(make_app: MakeApp) -> None:
    make_app("reasons")
    upgrade()
    waiting = factories.publication(factories.site(), PublicationStatus.WAITING, reason=WaitingReason.SCHEDULING_OFF)

    downgrade(revision="0003")
    assert db.session.scalar(text("SELECT reason FROM publication")) == "queue_full"
    db.session.commit()

    upgrade()
    assert db.session.get_one(Publication, waiting.id, populate_existing=True).reason is WaitingReason.QUEUE_FULL
    db.session.commit()


def test_numbers_of_publications_go_on_where_they_were(make_app: MakeApp) -> None:
    make_app("numbers")
    upgrade()
    site = factories.site()
    gone = factories.publication(site).id
    change(delete(Publication))
    db.session.commit()
    db.session.expunge_all()

    downgrade(revision="0003")
    upgrade()

    assert factories.publication(site).id > gone


def test_what_a_person_took_off_the_schedule_is_held_in_older_code(make_app: MakeApp) -> None:
    make_app("unscheduled")
    upgrade()
    site = factories.site()
    waiting = factories.publication(site, PublicationStatus.WAITING, reason=WaitingReason.UNSCHEDULED)
    later = factories.publication(site).id

    downgrade(revision="0005")
    assert db.session.execute(text("SELECT reason, held FROM publication WHERE reason IS NOT NULL")).all() == [
        ("held", 1)
    ]
    db.session.commit()

    upgrade()
    found = db.session.get_one(Publication, waiting.id, populate_existing=True)
    assert (found.reason, found.held) == (WaitingReason.HELD, True)
    db.session.commit()
    assert factories.publication(site).id > later


def test_a_site_out_of_reach_refuses_the_credentials_in_older_code(make_app: MakeApp) -> None:
    make_app("reach")
    upgrade()
    site = factories.site()
    waiting = factories.publication(site, PublicationStatus.WAITING, reason=WaitingReason.TARGET_OUT_OF_REACH)
    settings = db.session.get_one(PublishingSettings, site.id)
    settings.target_problem, settings.target_said = WaitingReason.TARGET_OUT_OF_REACH, "A firewall refuses us."
    db.session.commit()

    downgrade(revision="0008")
    assert db.session.scalar(text("SELECT reason FROM publication")) == "target_refuses_credentials"
    assert db.session.scalar(text("SELECT credentials_refused FROM publishing_settings"))
    db.session.commit()

    upgrade()
    refused = WaitingReason.TARGET_REFUSES_CREDENTIALS
    assert db.session.get_one(Publication, waiting.id, populate_existing=True).reason is refused
    found = db.session.get_one(PublishingSettings, site.id, populate_existing=True)
    assert (found.target_problem, found.target_said, found.target_failures) == (refused, "", 0)
    db.session.commit()


def test_a_role_that_is_too_low_refuses_the_credentials_in_older_code(make_app: MakeApp) -> None:
    make_app("role")
    upgrade()
    site = factories.site()
    waiting = factories.publication(site, PublicationStatus.WAITING, reason=WaitingReason.TARGET_REFUSES_ROLE)
    db.session.get_one(PublishingSettings, site.id).target_problem = WaitingReason.TARGET_REFUSES_ROLE
    db.session.commit()

    downgrade(revision="0009")
    assert db.session.scalar(text("SELECT reason FROM publication")) == "target_refuses_credentials"
    assert db.session.scalar(text("SELECT target_problem FROM publishing_settings")) == "target_refuses_credentials"
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE publishing_settings SET target_problem = 'target_refuses_role'"))
    db.session.rollback()

    upgrade()
    refused = WaitingReason.TARGET_REFUSES_CREDENTIALS
    assert db.session.get_one(Publication, waiting.id, populate_existing=True).reason is refused
    db.session.commit()
