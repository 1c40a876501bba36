from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.content.models import Cluster, Keyword, KeywordStatus
from webapp.core.db import db
from webapp.sites.models import Site

LIST, CLUSTERS = "/sites/beans/keywords", "/sites/beans/clusters"
CLUSTERED, UNCLUSTERED = KeywordStatus.CLUSTERED, KeywordStatus.UNCLUSTERED


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


def soup(client: Visitor, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).text, "html.parser")


def said(client: Visitor) -> str:
    """What the next page says about what was done."""
    return soup(client, LIST).get_text(" ", strip=True)


def clustered(cluster: Cluster, phrase: str, **fields: object) -> Keyword:
    site = db.session.get_one(Site, cluster.site_id)
    return factories.keyword(site, phrase, cluster=cluster, status=CLUSTERED, **fields)


def test_the_nearest_cluster_is_offered_in_the_row_and_its_button_puts_the_keyword_there(
    client: Visitor, site: Site
) -> None:
    near = factories.cluster(site, name="Moka pots", volume=0)
    keyword = factories.keyword(site, "aeropress vs moka", status=UNCLUSTERED, nearest_cluster_id=near.id)
    factories.keyword(site, "chemex")

    page = soup(client, f"{LIST}?status=unclustered")
    row = page.select_one(f"#keyword-{keyword.id}")
    assert row is not None and "Nearest: Moka pots" in row.get_text(" ", strip=True)
    assert len(page.select("tr[id^=keyword-]")) == 1
    button = row.select_one("button[name=only]")
    assert button is not None

    answer = client.send(str(button["formaction"]), {"only": button["value"], "back": f"{LIST}?status=unclustered"})

    assert answer.location == f"{LIST}?status=unclustered"
    assert (keyword.cluster_id, keyword.status, keyword.placed_by_hand) == (near.id, CLUSTERED, True)
    assert "1 keyword is in “Moka pots” now, and no run moves it." in said(client)


def test_the_button_of_a_row_leaves_what_else_was_chosen_alone(client: Visitor, site: Site) -> None:
    near = factories.cluster(site)
    one, other = factories.keyword(site, status=UNCLUSTERED), factories.keyword(site, status=UNCLUSTERED)

    client.send(f"/sites/beans/placing/into/{near.id}", {"only": one.id, "keyword": [other.id]})

    assert (one.cluster_id, other.cluster_id) == (near.id, None)


def test_all_that_are_chosen_go_into_their_nearest(client: Visitor, site: Site) -> None:
    near = [factories.cluster(site), factories.cluster(site)]
    keywords = [factories.keyword(site, status=UNCLUSTERED, nearest_cluster_id=one.id) for one in near]

    client.send("/sites/beans/placing/nearest", {"keyword": [one.id for one in keywords]})

    assert [one.cluster_id for one in keywords] == [one.id for one in near]
    assert "2 keywords are in the clusters that were offered now" in said(client)


def test_the_list_says_how_sure_each_place_is(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(site)
    sure, unsure = clustered(cluster, "moka pot", confidence=97), clustered(cluster, "moka shoes", confidence=31)
    by_hand = clustered(cluster, "moka parts", placed_by_hand=True)

    for address in (f"{LIST}?sort=unsure", f"{CLUSTERS}/{cluster.id}?sort=unsure"):
        rows = soup(client, address).select("tr[id^=keyword-]")
        assert [row["id"] for row in rows] == [f"keyword-{one.id}" for one in (unsure, sure, by_hand)]
        told = [cell.get_text(strip=True) for row in rows for cell in row.select("[data-name=Sure]")]
        assert told == ["31 %", "97 %", "by hand"]


def test_chosen_keywords_are_moved_by_way_of_a_page_that_finds_clusters(client: Visitor, site: Site) -> None:
    old, wanted = factories.cluster(site, name="Grinders"), factories.cluster(site, name="Moka pots")
    chosen, rest = clustered(old, "moka pot", volume=70), clustered(old, "burr grinder", volume=30)

    back = f"{CLUSTERS}/{old.id}?sort=unsure"
    to_page = client.send("/sites/beans/placing", {"keyword": [chosen.id], "back": back})
    assert to_page.status_code == 303
    page = soup(client, f"{to_page.location}&q=moka")
    assert "moka pot in Grinders" in page.get_text(" ", strip=True)
    assert [row["id"] for row in page.select("#found tr[id]")] == [f"cluster-{wanted.id}"]
    form = page.select_one("form:has(#found)")
    assert form is not None
    fields = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
    answer = client.send(str(form.select("#found button")[0]["formaction"]), fields | {"csrf_token": client.token()})

    assert answer.location == back
    assert (chosen.cluster_id, rest.cluster_id, old.volume, wanted.volume) == (wanted.id, old.id, 30, 70)


def test_the_page_names_the_nearest_first_and_what_a_cluster_of_their_own_is_called(
    client: Visitor, site: Site
) -> None:
    near, other = factories.cluster(site, name="Moka pots"), factories.cluster(site, name="Grinders")
    keyword = factories.keyword(site, "aeropress", status=UNCLUSTERED, nearest_cluster_id=near.id)

    page = soup(client, f"/sites/beans/placing?keyword={keyword.id}")

    assert [row["id"] for row in page.select("#nearest tr[id]")] == [f"cluster-{near.id}"]
    assert [row["id"] for row in page.select("#found tr[id]")] == [f"cluster-{other.id}"]
    assert "It is called “Aeropress”" in page.get_text(" ", strip=True)

    answer = client.send("/sites/beans/placing/own", {"keyword": [keyword.id]})
    assert answer.location == f"{CLUSTERS}/{keyword.cluster_id}"
    assert "1 keyword is in a cluster of its own now." in said(client)


def test_taking_the_last_one_out_says_that_the_cluster_went_and_leads_to_the_list(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(site, name="Moka pots")
    keyword = clustered(cluster, "moka pot")

    answer = client.send(
        "/sites/beans/placing/out", {"keyword": [keyword.id], "back": f"{CLUSTERS}/{cluster.id}?sort=unsure"}
    )

    assert answer.location == CLUSTERS
    assert keyword.status is UNCLUSTERED
    assert "“Moka pots” had no keyword left, nor any idea, and was removed." in said(client)


def test_a_cluster_that_is_kept_for_its_ideas_says_so(client: Visitor, site: Site) -> None:
    cluster = factories.cluster(site)
    factories.idea(site, cluster)
    keyword = clustered(cluster, "moka pot")

    client.send("/sites/beans/placing/out", {"keyword": [keyword.id]})

    assert "No keyword is left in it." in client.get(f"{CLUSTERS}/{cluster.id}").text


@pytest.mark.parametrize("act", ["nearest", "out"])
def test_where_nothing_could_be_moved_it_says_so(client: Visitor, site: Site, act: str) -> None:
    skipped = factories.keyword(site, status=KeywordStatus.SKIPPED)

    client.send(f"/sites/beans/placing/{act}", {"keyword": [skipped.id]})

    assert "No keyword was moved" in said(client)


def test_whoever_chose_nothing_is_told_to_choose_first(client: Visitor, site: Site) -> None:
    answer = client.send("/sites/beans/placing", {"back": f"{LIST}?q=moka"})

    assert answer.location == f"{LIST}?q=moka"
    assert "Choose the keywords first" in said(client)


def test_a_page_about_keywords_that_cannot_be_moved_leads_back(client: Visitor, site: Site) -> None:
    skipped = factories.keyword(site, status=KeywordStatus.SKIPPED)

    page = client.get(f"/sites/beans/placing?keyword={skipped.id}&keyword=x&back={LIST}?status=skipped")

    assert page.status_code == 200 and "Nothing to move" in page.text


@pytest.mark.parametrize(
    "back", ["https://example.com/", "//example.com", "/sites/other/clusters/1", "", CLUSTERS + "x"]
)
def test_a_form_leads_back_to_pages_of_this_site_only(client: Visitor, site: Site, back: str) -> None:
    keyword = factories.keyword(site)

    assert client.send("/sites/beans/placing/out", {"back": back}).location == LIST
    asked = urlsplit(str(client.send("/sites/beans/placing", {"back": back, "keyword": [keyword.id]}).location))
    assert parse_qs(asked.query)["back"] == [LIST]


def test_keywords_and_clusters_of_another_site_stay_where_they_are(client: Visitor, site: Site) -> None:
    theirs = factories.cluster(factories.site())
    keyword, mine = clustered(theirs, "moka pot"), factories.cluster(site)

    assert client.send(f"/sites/beans/placing/into/{theirs.id}", {"keyword": [keyword.id]}).status_code == 404
    for act in ("out", "nearest", f"into/{mine.id}"):
        client.send(f"/sites/beans/placing/{act}", {"keyword": [keyword.id]})
    assert client.send("/sites/beans/placing/own", {"keyword": [keyword.id]}).status_code == 409
    assert (keyword.cluster_id, keyword.placed_by_hand) == (theirs.id, False)


def test_a_viewer_sees_no_button_and_moves_nothing(app: Flask, client: Visitor) -> None:
    member = factories.member(Role.VIEWER)
    site = factories.site(member.account, slug="beans")
    cluster = factories.cluster(site)
    keyword = factories.keyword(site, status=UNCLUSTERED, nearest_cluster_id=cluster.id)
    clustered(cluster, "moka pot")
    factories.signed_in(client, member.user)

    for address in (LIST, f"{CLUSTERS}/{cluster.id}"):
        assert soup(client, address).select("[formaction]") == []
    assert client.get(f"/sites/beans/placing?keyword={keyword.id}").status_code == 403
    for act in ("", "/out", "/nearest", "/own", f"/into/{cluster.id}"):
        assert client.send(f"/sites/beans/placing{act}", {"keyword": [keyword.id]}).status_code == 403
    assert keyword.status is UNCLUSTERED
