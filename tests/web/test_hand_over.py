"""An article that WordPress was given as a draft is not said to be published: nobody could read it there."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.publishing.models import PostStatus, Publication, PublicationStatus
from webapp.sites.models import Site, TargetKind

THERE = "https://herbs.example"
EDIT = f"{THERE}/wp-admin/post.php?post=44&action=edit"


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="herbs", target=TargetKind.WORDPRESS)


def out(site: Site, status: PostStatus, link: str) -> Publication:
    factories.connection(site, address=THERE, post_status=status)
    return factories.publication(site, PublicationStatus.PUBLISHED, link=link, remote_id="44")


def pages(client: Visitor, publication: Publication) -> list[BeautifulSoup]:
    """What is said of it in the queue, and on its article's page."""
    queue = BeautifulSoup(client.get("/sites/herbs/queue").text, "html.parser")
    article = BeautifulSoup(client.get(f"/sites/herbs/articles/{publication.article_id}").text, "html.parser")
    return [found for found in (queue.select_one("#queue #published"), article.select_one("#publication")) if found]


@pytest.mark.parametrize(
    ("status", "link", "told"),
    [
        (PostStatus.DRAFT, f"{THERE}/?p=44", "Handed over as a draft"),
        (PostStatus.PENDING, f"{THERE}/?p=44", "Handed over for review"),
        (PostStatus.PRIVATE, f"{THERE}/basil/", "Handed over as private"),
    ],
)
def test_what_was_handed_over_leads_to_where_it_is_edited(
    client: Visitor, site: Site, status: PostStatus, link: str, told: str
) -> None:
    publication = out(site, status, link)

    for page in pages(client, publication):
        assert told in page.get_text()
        assert page.select_one(f"a[href='{EDIT}']") is not None
        assert page.select_one(f"a[href='{link}']") is None
    for address in ("/sites/herbs/", "/sites/herbs/queue"):
        stats = BeautifulSoup(client.get(address).text, "html.parser").select(".stat-label")
        assert [stat.get_text() for stat in stats if stat.get_text() in ("Published", "Handed over")] == ["Handed over"]
    assert "Handed over" in client.get("/sites/herbs/articles").text


@pytest.mark.parametrize(
    ("status", "link"),
    [
        (PostStatus.PUBLISH, f"{THERE}/?p=44"),
        (PostStatus.DRAFT, f"{THERE}/basil/"),  # from before drafts were wanted
        (PostStatus.PRIVATE, "https://other.example/basil/"),
        (PostStatus.DRAFT, "/published/herbs/basil/"),
    ],
)
def test_what_everybody_can_read_leads_to_its_page(client: Visitor, site: Site, status: PostStatus, link: str) -> None:
    publication = out(site, status, link)

    for page in pages(client, publication):
        assert "Handed over as" not in page.get_text()
        assert page.select_one(f"a[href='{link}']") is not None


@pytest.mark.parametrize(
    ("target", "leads_to"), [(TargetKind.WORDPRESS, THERE), (TargetKind.FOLDER, "/published/herbs/")]
)
def test_the_queue_opens_the_site_that_articles_go_to(
    client: Visitor, site: Site, target: TargetKind, leads_to: str
) -> None:
    out(site, PostStatus.PUBLISH, f"{THERE}/basil/")
    site.target = target

    page = BeautifulSoup(client.get("/sites/herbs/queue").text, "html.parser")

    links = {link.get_text(): link["href"] for link in page.select(".head a")}
    assert links["Open the published site"] == leads_to
