"""Making a site: what comes with it, what is refused, and who may."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.core.db import db
from webapp.credits.models import SiteBudget
from webapp.pipeline.automation import Automation
from webapp.publishing.models import PublishingSettings
from webapp.sites.models import Site


def filled_in(account_id: int, **fields: str) -> dict[str, str]:
    return {
        "account": str(account_id),
        "name": "Balcony herbs",
        "slug": "balcony-herbs",
        "time_zone": "Europe/Berlin",
        "language": "de",
    } | fields


def test_a_site_comes_with_its_settings(client: Visitor) -> None:
    owner = factories.member()
    factories.signed_in(client, owner.user)
    answer = client.send("/sites/new", filled_in(owner.account_id))
    assert (answer.status_code, answer.location) == (303, "/sites/balcony-herbs/keywords")
    site = db.session.scalars(select(Site)).one()
    assert (site.account_id, site.name, site.time_zone, site.language) == (
        owner.account_id,
        "Balcony herbs",
        "Europe/Berlin",
        "de",
    )
    for settings in (Automation, PublishingSettings, SiteBudget):
        assert db.session.get(settings, site.id) is not None
    assert "Balcony herbs" in client.get("/").text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "   ", "has no name"),
        ("name", "x" * 121, "longer than 120"),
        ("name", "a\x00b", "cannot be shown"),
        ("slug", "Balcony herbs", "balcony-herbs"),
        ("slug", "-herbs", "single hyphens"),
        ("slug", "new", "is taken"),
        ("slug", "x" * 61, "at most 60"),
        ("time_zone", "Mars/Olympus", "no such time zone"),
        ("time_zone", "../../etc/passwd", "no such time zone"),
        ("language", "tlh", "not a language"),
        ("account", "999", "cannot make sites"),
        ("account", "", "cannot make sites"),
    ],
)
def test_bad_values_are_answered_at_their_field(client: Visitor, field: str, value: str, said: str) -> None:
    owner = factories.member()
    factories.signed_in(client, owner.user)
    answer = client.send("/sites/new", filled_in(owner.account_id, **{field: value}))
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.scalar(select(func.count()).select_from(Site)) == 0


def test_a_short_name_is_given_once_per_installation(client: Visitor) -> None:
    factories.site(slug="balcony-herbs")
    owner = factories.member()
    factories.signed_in(client, owner.user)
    answer = client.send("/sites/new", filled_in(owner.account_id))
    assert answer.status_code == 422
    assert "balcony-herbs is taken" in answer.text


def test_the_account_that_one_came_from_is_suggested_else_ones_latest(client: Visitor) -> None:
    demo = factories.member()
    own = factories.join(factories.account(), demo.user, Role.OWNER)
    db.session.commit()
    factories.signed_in(client, demo.user)

    def suggested(address: str) -> str:
        chosen = BeautifulSoup(client.get(address).text, "html.parser").select_one("#account option[selected]")
        return str(chosen["value"]) if chosen else ""

    assert suggested("/sites/new") == str(own.account_id)
    assert suggested(f"/sites/new?account={demo.account_id}") == str(demo.account_id)
    assert suggested("/sites/new?account=999999") == str(own.account_id)


def test_nobody_makes_a_site_in_an_account_of_others(client: Visitor) -> None:
    others = factories.account()
    factories.signed_in(client, factories.member().user)
    assert client.send("/sites/new", filled_in(others.id)).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Site)) == 0


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_make_sites(client: Visitor, role: Role) -> None:
    member = factories.member(role)
    factories.signed_in(client, member.user)
    assert client.get("/sites/new").status_code == 403
    answer = client.send("/sites/new", filled_in(member.account_id))
    assert answer.status_code == 403
    assert "ask an owner" in answer.text
