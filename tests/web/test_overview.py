"""A site at a glance: what keeps its articles from going out stands above all else."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.publishing import approval, schedule
from webapp.publishing.models import PublicationStatus
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


def read(client: Visitor) -> BeautifulSoup:
    return BeautifulSoup(client.get("/sites/beans/").text, "html.parser")


def stats(page: BeautifulSoup) -> dict[str, str]:
    found = page.select(".stats li")
    return {stat.select_one(".stat-label").get_text(): stat.select_one("b").get_text() for stat in found}  # type: ignore[union-attr]


def test_why_nothing_goes_out_is_said(client: Visitor, site: Site) -> None:
    schedule.change_settings(site.id, {"paused": True})
    assert read(client).select_one("#standing") is None  # nothing is there to go out

    approval.approve(factories.article(site), "Ana")

    banner = read(client).select_one("#standing")
    assert banner is not None and "Publishing is paused for this site." in banner.get_text()
    assert banner.select_one("a[href='/sites/beans/publishing']") is not None


def test_what_failed_has_a_number_where_there_is_any(client: Visitor, site: Site) -> None:
    assert "Failed" not in stats(read(client))

    factories.publication(site, PublicationStatus.FAILED)
    factories.publication(site, PublicationStatus.WAITING)

    found = stats(read(client))
    assert (found["Failed"], found["Waiting"]) == ("1", "1")
    link = read(client).select_one(".stats .err a")
    assert link is not None and link["href"] == "/sites/beans/queue#failed"
