"""The address of an endpoint as people write it, and the places that they use most."""

import pytest

from webapp.ai.openai.endpoint import PRESETS, Endpoint, SignIn, checked_base_url
from webapp.core.errors import Invalid


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://api.example.com/v1", "https://api.example.com/v1"),
        (" api.example.com/v1/ ", "https://api.example.com/v1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1"),
        ("https://api.example.com/v1/models/", "https://api.example.com/v1"),
    ],
)
def test_an_address_is_kept_in_one_form(written: str, kept: str) -> None:
    assert checked_base_url(written) == kept


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "This is no address of an endpoint."),
        ("ftp://example.com", "Nobody can be asked at ftp addresses."),
        ("https://example.com/v1?api-version=1", "The address goes on after a ? or a #."),
        ("https://ana:secret@example.com/v1", "The address holds a user name or a password."),
        (
            "https://RESOURCE.openai.azure.com/openai/v1",
            "The address has RESOURCE in it still, which is only a placeholder.",
        ),
        ("resource.openai.azure.com:443", "The address has RESOURCE in it still, which is only a placeholder."),
        ("https://example.com:99999/v1", "This is no address of an endpoint."),
    ],
)
def test_what_is_no_address_is_told_in_a_sentence(written: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_base_url(written)
    assert (refused.value.field, refused.value.sentence) == ("base_url", said)
    assert refused.value.remedy and "secret" not in str(refused.value)


def test_presets_can_be_used_as_they_are_but_for_their_capitals() -> None:
    assert {preset.name for preset in PRESETS} == {
        "OpenAI", "Azure OpenAI", "OpenRouter", "Ollama", "LM Studio", "vLLM", "llama.cpp", "LiteLLM proxy",
    }  # fmt: skip
    for preset in PRESETS:
        address = preset.address.replace("RESOURCE", "ours")
        assert checked_base_url(address) == address
        assert preset.sentence.endswith(".")


def test_a_key_goes_into_the_header_that_the_endpoint_reads() -> None:
    assert SignIn.BEARER.header("k") == {"Authorization": "Bearer k"}
    assert SignIn.API_KEY.header("k") == {"api-key": "k"}


def test_an_endpoint_that_is_printed_tells_no_key() -> None:
    from webapp.core.secrets import Secret

    assert "sealed" not in repr(Endpoint("https://api.example.com/v1", Secret("sealed")))
