import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.content.models import ClusterStatus, IdeaStatus
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


def text(html: str) -> str:
    return BeautifulSoup(html, "html.parser").get_text(" ", strip=True)


def test_clusters_are_listed_with_their_sizes(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(site, name="Moka pots")
    factories.keywords(site, 3, cluster=cluster)
    factories.idea(site, cluster)

    page = BeautifulSoup(client.get("/sites/beans/clusters?q=moka").text, "html.parser")

    cells = page.select(f"#cluster-{cluster.id} td")
    assert {str(cell["data-name"]): cell.get_text(strip=True) for cell in cells if cell["data-name"]} == {
        "Searches": "1,200",
        "Keywords": "3",
        "Ideas": "1",
        "Intent": "informational",
    }


def test_a_cluster_shows_its_keywords_and_ideas(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(site, name="Moka pots")
    factories.keyword(site, "moka pot size", cluster=cluster)
    factories.keyword(site, "unrelated")
    idea = factories.idea(site, cluster)

    page = text(client.get(f"/sites/beans/clusters/{cluster.id}").text)

    assert "Moka pots" in page and "moka pot size" in page and idea.title in page
    assert "unrelated" not in page


def test_a_cluster_that_is_not_as_its_keywords_were_grouped_says_why(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(site, reason="Taken out of “Coffee”: it is about tea.")

    assert "Taken out of “Coffee”: it is about tea." in client.get(f"/sites/beans/clusters/{cluster.id}").text


def test_a_cluster_that_needs_attention_says_why_and_is_tried_again(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(site, status=ClusterStatus.ATTENTION, attention="The answer was no JSON.")

    assert "The answer was no JSON." in client.get(f"/sites/beans/clusters/{cluster.id}").text
    answer = client.send(f"/sites/beans/clusters/{cluster.id}/retry")

    assert answer.location == f"/sites/beans/clusters/{cluster.id}"
    assert cluster.status is ClusterStatus.NEW


@pytest.mark.parametrize("group", ["clusters", "ideas"])
def test_empty_lists_teach(client: Visitor, site: Site, group: str) -> None:
    assert f"No {group} yet" in client.get(f"/sites/beans/{group}").text


@pytest.mark.parametrize("group", ["clusters", "ideas"])
def test_a_filter_that_finds_nothing_says_so(client: Visitor, site: Site, group: str) -> None:
    factories.idea(site)

    assert "Nothing matches" in client.get(f"/sites/beans/{group}?q=nowhere").text


def test_ideas_are_listed_flat_or_by_cluster(client: Visitor, site: Site) -> None:
    first, second = factories.cluster(site, name="Moka pots"), factories.cluster(site, name="Filters")
    for cluster in (first, second, first):
        factories.idea(site, cluster)

    page = BeautifulSoup(client.get("/sites/beans/ideas?group=cluster").text, "html.parser")

    assert [heading.get_text(strip=True) for heading in page.select("[id^=cluster-] h2")] == ["Filters", "Moka pots"]
    flat = BeautifulSoup(client.get("/sites/beans/ideas").text, "html.parser")
    assert len(flat.select("tr[id^=idea-]")) == 3


def test_an_idea_is_dismissed_and_restored(client: Visitor, site: Site) -> None:
    idea = factories.idea(site)

    answer = client.send(f"/sites/beans/ideas/{idea.id}/dismiss", {"back": "/sites/beans/ideas?status=new"})
    assert answer.location == "/sites/beans/ideas?status=new"
    assert idea.status is IdeaStatus.DISMISSED

    client.send(f"/sites/beans/ideas/{idea.id}/restore")
    assert idea.status is IdeaStatus.NEW


def test_htmx_gets_the_idea_back_with_its_other_button(client: Visitor, site: Site) -> None:
    idea = factories.idea(site)

    answer = client.htmx(f"/sites/beans/ideas/{idea.id}/dismiss")

    fragment = BeautifulSoup(answer.text, "html.parser")
    roots = fragment.find_all(recursive=False)
    assert [root["id"] for root in roots] == [f"idea-{idea.id}"]
    assert fragment.select_one("form[action$='/restore']")
    assert "dismissed" in answer.headers["HX-Trigger"]


def test_a_planned_idea_cannot_be_dismissed(client: Visitor, site: Site) -> None:
    idea = factories.idea(site, status=IdeaStatus.PLANNED)

    answer = client.send(f"/sites/beans/ideas/{idea.id}/dismiss")

    assert answer.status_code == 409
    assert "is planned by now" in answer.text
    assert idea.status is IdeaStatus.PLANNED


def test_an_idea_that_was_dismissed_as_a_repetition_says_so_and_can_be_used_anyway(client: Visitor, site: Site) -> None:
    why = "Nearly the same as “Basil in winter” (article)."
    idea = factories.idea(site, status=IdeaStatus.DISMISSED, reason=why)

    shown = BeautifulSoup(client.get("/sites/beans/ideas").text, "html.parser")
    assert why in shown.get_text() and "Use it anyway" in shown.get_text()
    assert why in client.get(f"/sites/beans/clusters/{idea.cluster_id}").text
    client.send(f"/sites/beans/ideas/{idea.id}/restore")

    assert (idea.status, idea.reason) == (IdeaStatus.NEW, None)
    assert "Use it anyway" not in client.get("/sites/beans/ideas").text
