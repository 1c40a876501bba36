"""The page where a site chooses who is asked for each kind of work."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.sites.ai.endpoints import endpoint
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai.choices import chosen
from webapp.sites.models import Site

ADDRESS = "/sites/herbs/models"


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="herbs")


def read(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def page(client: Visitor) -> BeautifulSoup:
    return read(client.get(ADDRESS).text)


def words(found: BeautifulSoup, selector: str) -> str:
    return " ".join(" ".join(one.get_text(" ") for one in found.select(selector)).split())


def written(client: Visitor, **fields: str) -> dict[str, Any]:
    form = {operation.value: "default" for operation in Operation}
    version = page(client).select_one("[name=drawn_from]")
    assert version is not None
    return form | {"drawn_from": version["value"]} | fields


def asked(site: Site) -> dict[str, str | None]:
    """The names of the models, by operation."""
    found = {one.value: choice[1] if (choice := chosen(site, one)) else None for one in Operation}
    db.session.commit()
    return found


def test_without_an_endpoint_the_page_says_who_drafts(client: Visitor, site: Site) -> None:
    found = page(client)

    assert "There is no endpoint yet" in words(found, ".banner")
    assert "The account's default (the embedded provider)" in words(found, "#clustering")
    assert "embedded provider" in client.get("/sites/herbs/settings").text


def test_the_default_is_named(client: Visitor, site: Site) -> None:
    endpoint(site.account, image_model="")
    found = page(client)

    assert "The account's default (gpt-x at OpenAI)" in words(found, "#content_generation")
    assert "The account's default (the embedded provider)" in words(found, "#image_generation")
    assert "They are written by gpt-x at OpenAI." in " ".join(client.get("/sites/herbs/settings").text.split())


def test_each_operation_has_its_own_choice(client: Visitor, site: Site) -> None:
    endpoint(site.account)
    other = endpoint(site.account, name="Other", is_default=False, text_model="writer")
    form = written(
        client, clustering="embedded", content_generation=str(other.id), idea_generation=str(other.id),
        idea_generation_model=" tiny ",
    )  # fmt: skip

    assert client.send(ADDRESS, form).status_code == 303

    assert asked(site) == {
        "clustering": None, "idea_generation": "tiny", "content_generation": "writer",
        "image_prompt_extraction": "gpt-x", "image_generation": "painter",
    }  # fmt: skip
    field = page(client).select_one("#idea_generation_model")
    assert field is not None and field["value"] == "tiny"


def test_an_endpoint_without_such_a_model_asks_which_one(client: Visitor, site: Site) -> None:
    other = endpoint(site.account, image_model="")

    form = written(client, image_generation=str(other.id))

    answer = client.send(ADDRESS, form)

    assert answer.status_code == 422
    assert "Write which one it is." in words(read(answer.text), "#error-image_generation_model")
    assert (
        client.send(ADDRESS, written(client, image_generation=str(other.id), image_generation_model="p")).status_code
        == 303
    )


@pytest.mark.parametrize(
    ("who", "called"), [("default", "the account's default"), ("embedded", "the embedded provider")], ids=str
)
def test_a_model_without_an_endpoint_is_refused_at_its_field(
    client: Visitor, site: Site, who: str, called: str
) -> None:
    endpoint(site.account)

    answer = client.send(ADDRESS, written(client, clustering=who, clustering_model="tiny"))

    assert answer.status_code == 422
    said = words(read(answer.text), "#error-clustering_model")
    assert said == (f"A model is named, but {called} is chosen. Choose the endpoint that has it, or empty the field.")
    field = read(answer.text).select_one("#clustering_model")
    assert field is not None and field["value"] == "tiny"
    assert asked(site)["clustering"] == "gpt-x"


def test_nobody_chooses_what_is_not_of_the_account(client: Visitor, site: Site) -> None:
    theirs = endpoint(factories.account())

    answer = client.send(ADDRESS, written(client, clustering=str(theirs.id), clustering_model="gpt-x"))

    assert answer.status_code == 422
    assert asked(site)["clustering"] is None


def test_who_was_overtaken_sees_both_versions(client: Visitor, site: Site) -> None:
    endpoint(site.account)
    form = written(client)
    client.send(ADDRESS, form | {"clustering": "embedded"})

    answer = client.send(ADDRESS, form | {"idea_generation": "embedded"})

    assert answer.status_code == 409
    assert "the embedded provider" in words(read(answer.text), "#overtaken")
    assert (asked(site)["clustering"], asked(site)["idea_generation"]) == (None, "gpt-x")


def test_a_viewer_looks(client: Visitor, site: Site) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    assert page(client).select(".save-bar") == []
    assert client.send(ADDRESS, {}).status_code == 403
