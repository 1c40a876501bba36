"""A site's settings."""

from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.core.db import db
from webapp.pipeline.scheduling import follow_zone
from webapp.pipeline.terms import automation_of
from webapp.publishing import approval
from webapp.publishing.models import Publication
from webapp.sites.models import Site

GOOD = {"name": "Herbs", "time_zone": "Asia/Tokyo", "language": "en-GB"}


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def test_another_zone_moves_the_next_run_and_the_slots(client: Visitor, site: Site) -> None:
    factories.signed_in(client, factories.member(Role.EDITOR, of=site.account).user)
    automation = automation_of(site)
    automation.enabled, automation.run_time = True, "02:00"
    follow_zone(site)
    approval.approve(factories.article(site), "Ana")
    db.session.commit()

    client.send(f"/sites/{site.slug}/settings", GOOD)

    zone = ZoneInfo("Asia/Tokyo")
    at = automation_of(site).next_run_at
    slot = db.session.scalars(select(Publication.slot_at)).one()
    assert at is not None and f"{at.astimezone(zone):%H:%M}" == "02:00"
    assert slot is not None and f"{slot.astimezone(zone):%H:%M}" in ("09:00", "14:00", "18:00")


def test_settings_are_saved(client: Visitor, site: Site) -> None:
    factories.signed_in(client, factories.member(Role.EDITOR, of=site.account).user)
    address, slug = f"/sites/{site.slug}/settings", site.slug
    assert client.send(address, GOOD).location == address
    assert (site.name, site.slug, site.time_zone, site.language) == ("Herbs", slug, "Asia/Tokyo", "en-GB")
    assert "saved" in client.get(address).text


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("time_zone", "Nowhere"), ("language", "")],
)
def test_one_bad_value_saves_nothing(client: Visitor, site: Site, field: str, value: str) -> None:
    factories.signed_in(client, factories.member(of=site.account).user)
    before = site.name, site.time_zone, site.language
    answer = client.send(f"/sites/{site.slug}/settings", GOOD | {field: value})
    assert answer.status_code == 422
    assert BeautifulSoup(answer.text, "html.parser").select_one(f"[name={field}][aria-invalid=true]")
    assert (site.name, site.time_zone, site.language) == before


def test_a_viewer_sees_but_does_not_change(client: Visitor, site: Site) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)
    address = f"/sites/{site.slug}/settings"
    assert client.get(address).status_code == 200
    assert client.send(address, GOOD).status_code == 403
    assert site.name != "Herbs"
