"""The prompts for all sites, as operators write them."""

import pytest
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from tests.web.test_prompts import page, words
from webapp.accounts.models import Member, Role
from webapp.ai.provider import Operation
from webapp.sites.ai import prompts
from webapp.sites.ai.prompts import Whose

IDEAS = Operation.IDEA_GENERATION
AT = "/operator/prompts/idea_generation"
OURS = {"system": "", "user": "Three articles about {cluster.name}", "seen": "0"}


@pytest.fixture
def operator(app: Flask, client: Visitor) -> Member:
    found = factories.member(Role.OWNER, operator=True)
    factories.signed_in(client, found.user)
    return found


def test_what_an_operator_saves_counts_for_every_site_without_its_own(client: Visitor, operator: Member) -> None:
    with_own, without = factories.site(), factories.site()
    factories.prompt(with_own, IDEAS, user="{cluster.name}")

    assert client.send(AT, OURS).location == AT
    assert prompts.counting(without.id, IDEAS).template.user == OURS["user"]
    assert prompts.counting(with_own.id, IDEAS).whose is Whose.SITE
    assert "This installation's" in words(client.get("/operator/prompts").text, "#idea_generation")

    assert client.send(f"{AT}/reset", {"seen": "1"}).status_code == 303
    assert prompts.counting(without.id, IDEAS).whose is Whose.PRESSROOM


def test_it_is_shown_with_rows_of_the_operators_own_sites(client: Visitor, operator: Member) -> None:
    for account, name in ((factories.account(), "Theirs"), (operator.account, "First"), (operator.account, "Second")):
        site = factories.site(account, slug=name.lower(), name=name)
        factories.keyword(site, cluster=factories.cluster(site, name=f"{name} topic"))

    shown = client.get(AT).text
    assert "First topic" in words(shown, "#told-user")
    assert [option["value"] for option in page(shown).select("#with option")] == ["first", "second"]

    assert "Second topic" in words(client.htmx(f"{AT}/preview", OURS | {"with": "second"}).text, "#told-user")
    assert "Theirs" not in client.htmx(f"{AT}/preview", OURS | {"with": "theirs"}).text


def test_an_operator_without_a_site_sees_an_example(client: Visitor) -> None:
    factories.signed_in(client, factories.user(operator=True))

    assert "an example of ours" in words(client.get(AT).text, "#preview")


def test_members_do_not_find_it(client: Visitor) -> None:
    factories.signed_in(client, factories.member(Role.OWNER).user)

    assert client.get("/operator/prompts").status_code == 404
    assert client.send(AT, OURS).status_code == 404
    assert prompts.counting(None, IDEAS).whose is Whose.PRESSROOM
