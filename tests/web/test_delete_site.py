"""Deleting a site: it asks, says what goes with it, and is recorded."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import AccountEvent, Member, Role
from webapp.content.models import Article, Cluster, Image, Keyword, Task
from webapp.core.db import db
from webapp.credits import ledger
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus
from webapp.publishing.models import Publication, PublicationStatus
from webapp.sites.models import Site


@pytest.fixture
def owner(app: Flask) -> Member:
    return factories.member()


@pytest.fixture
def site(owner: Member) -> Site:
    site = factories.site(owner.account, name="Herbs")
    factories.keywords(site, 3)
    factories.publication(site, PublicationStatus.SCHEDULED)
    factories.publication(site, PublicationStatus.PUBLISHED)
    factories.image(factories.article(site))
    return site


def count(kind: type) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


def test_it_says_what_goes_along(client: Visitor, owner: Member, site: Site) -> None:
    factories.signed_in(client, owner.user)
    page = client.get(f"/sites/{site.slug}/delete").text
    for words in ("3 keywords", "3 articles", "1 image", "1 place in the publishing queue", "1 published page"):
        assert words in page


def test_everything_of_the_site_goes_and_nothing_of_others(client: Visitor, owner: Member, site: Site) -> None:
    other = factories.site(owner.account)
    factories.keywords(other, 2)
    factories.signed_in(client, owner.user)
    assert client.send(f"/sites/{site.slug}/delete", {"slug": site.slug}).location == "/"
    assert db.session.scalars(select(Site.id)).all() == [other.id]
    assert count(Keyword) == 2
    assert [count(kind) for kind in (Cluster, Task, Article, Image, Publication)] == [0] * 5
    assert ledger.verify().ok


def test_it_is_recorded_and_shown(client: Visitor, owner: Member, site: Site) -> None:
    factories.signed_in(client, owner.user)
    client.send(f"/sites/{site.slug}/delete", {"slug": site.slug})
    event = db.session.scalars(select(AccountEvent)).one()
    assert event.account_id == owner.account_id
    assert event.by == owner.user.name
    assert event.text.startswith("Deleted the site Herbs")
    assert "3 keywords" in event.text
    assert "Deleted the site Herbs" in client.get("/").text


@pytest.mark.parametrize("typed", ["", "another", "HERBS"])
def test_without_the_short_name_nothing_is_deleted(client: Visitor, owner: Member, site: Site, typed: str) -> None:
    factories.signed_in(client, owner.user)
    answer = client.send(f"/sites/{site.slug}/delete", {"slug": typed})
    assert answer.status_code == 422
    assert count(Site) == 1


def test_an_active_run_is_in_the_way(client: Visitor, owner: Member, site: Site) -> None:
    run = factories.run(site)
    factories.signed_in(client, owner.user)
    answer = client.send(f"/sites/{site.slug}/delete", {"slug": site.slug})
    assert answer.status_code == 409
    assert f"Run {run.id}" in answer.text
    assert count(Site) == 1
    assert run.status is RunStatus.QUEUED


def test_a_run_that_the_person_has_seen_is_cancelled_along(client: Visitor, owner: Member, site: Site) -> None:
    run = factories.run(site)
    factories.signed_in(client, owner.user)
    assert client.send(f"/sites/{site.slug}/delete", {"slug": site.slug, "run": str(run.id)}).location == "/"
    assert count(Site) == count(Run) == 0


def test_another_run_than_the_one_seen_is_in_the_way(client: Visitor, owner: Member, site: Site) -> None:
    run = factories.run(site)
    factories.signed_in(client, owner.user)
    answer = client.send(f"/sites/{site.slug}/delete", {"slug": site.slug, "run": str(run.id + 1)})
    assert answer.status_code == 409
    assert count(Site) == 1


def test_an_article_that_is_being_published_is_in_the_way(client: Visitor, owner: Member, site: Site) -> None:
    factories.publication(site, PublicationStatus.PUBLISHING)
    factories.signed_in(client, owner.user)
    assert client.send(f"/sites/{site.slug}/delete", {"slug": site.slug}).status_code == 409
    assert count(Site) == 1


def test_the_published_pages_are_taken_down(client: Visitor, owner: Member, site: Site, settings: Settings) -> None:
    page: Path = settings.published / site.slug / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<h1>Herbs</h1>")
    factories.signed_in(client, owner.user)
    address = f"/published/{site.slug}/"
    assert client.get(address).status_code == 200
    client.send(f"/sites/{site.slug}/delete", {"slug": site.slug})
    assert client.get(address).status_code == 404
    assert not page.exists()


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_delete(client: Visitor, site: Site, role: Role) -> None:
    factories.signed_in(client, factories.member(role, of=site.account).user)
    assert client.get(f"/sites/{site.slug}/delete").status_code == 403
    assert client.send(f"/sites/{site.slug}/delete", {"slug": site.slug}).status_code == 403
    assert count(Site) == 1
