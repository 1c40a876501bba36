"""What a site asks: its own choice, else the account's default, else the embedded provider."""

import pytest
from flask import Flask

from tests import factories
from tests.sites.ai.endpoints import endpoint
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai import connections
from webapp.sites.ai.choices import Own, choose, chosen, models_chosen, sites_asking
from webapp.sites.models import Site

TEXT, PICTURES = Operation.CONTENT_GENERATION, Operation.IMAGE_GENERATION


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def only(operation: Operation, own: Own) -> dict[Operation, Own | None]:
    return dict.fromkeys(Operation) | {operation: own}


def test_without_an_endpoint_the_embedded_provider_is_asked(site: Site) -> None:
    endpoint(factories.account())  # of somebody else
    assert {chosen(site, operation) for operation in Operation} == {None}


def test_the_default_is_asked_for_what_it_has_a_model_for(site: Site) -> None:
    default = endpoint(site.account, image_model="")
    endpoint(site.account, name="Other", is_default=False)

    assert chosen(site, TEXT) == (default, "gpt-x")
    assert chosen(site, PICTURES) is None


def test_a_choice_of_its_own_counts_for_its_operation_alone(site: Site) -> None:
    default, other = endpoint(site.account), endpoint(site.account, name="Other", is_default=False)
    choose(site, only(TEXT, Own(other, "gpt-y")))

    assert chosen(site, TEXT) == (other, "gpt-y")
    assert chosen(site, Operation.CLUSTERING) == (default, "gpt-x")

    choose(site, only(PICTURES, Own()))
    assert chosen(site, TEXT) == (default, "gpt-x")
    assert chosen(site, PICTURES) is None


def test_what_is_forgotten_gives_way_to_the_default(site: Site) -> None:
    default, other = endpoint(site.account), endpoint(site.account, name="Other", is_default=False)
    choose(site, only(TEXT, Own(other, "gpt-y")))

    connections.forget(other, "Ana")
    db.session.commit()
    assert chosen(site, TEXT) == (default, "gpt-x")

    connections.forget(default, "Ana")
    db.session.commit()
    assert chosen(site, TEXT) is None


def test_who_asks_an_endpoint(site: Site) -> None:
    default, other = endpoint(site.account, image_model=""), endpoint(site.account, name="Other", is_default=False)
    leaves_it = factories.site(site.account)
    factories.site()  # of somebody else
    choose(site, dict.fromkeys(Operation, Own(other, "gpt-y")) | {PICTURES: None})

    assert sites_asking(default) == [leaves_it]
    assert sites_asking(other) == [site]
    assert models_chosen(other) == {"gpt-y"}

    choose(site, only(TEXT, Own(other, "gpt-y")))
    assert set(sites_asking(default)) == {site, leaves_it}
