import pytest

from tests.ai import requests
from webapp.ai.embedded import provider as embedded
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.provider import Operation
from webapp.ai.registry import PROVIDERS, UnknownProvider, provider_named


def test_the_embedded_provider_is_known_and_writes_drafts_only() -> None:
    provider = provider_named("embedded")

    assert isinstance(provider, EmbeddedProvider)
    assert provider.name == "embedded" and provider.model
    assert not provider.writes_for_publication


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnknownProvider, match=r"'elsewhere'.*embedded"):
        provider_named("elsewhere")


def test_every_provider_is_registered_under_its_own_name() -> None:
    assert {name: make(0.0).name for name, make in PROVIDERS.items()} == {name: name for name in PROVIDERS}


def test_the_embedded_provider_answers_every_operation() -> None:
    answered = {request.operation for request in requests.one_of_each() if provider_named("embedded").answer(request)}

    assert answered == set(Operation)


def test_it_can_be_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(embedded.time, "sleep", slept.append)

    provider_named("embedded", delay=0.2).answer(requests.naming(["snake plant"]))
    provider_named("embedded").answer(requests.naming(["snake plant"]))

    assert slept == [0.2]
