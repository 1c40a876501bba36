"""Where models are asked: an address, a key, and how one signs in there; and the places that people use most."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from webapp.core.errors import Invalid
from webapp.core.outbound import checked_address
from webapp.core.secrets import Secret

PLACEHOLDER = "RESOURCE"  # in the address of a preset
LONGEST_MODEL = 150  # characters of a model's name
EXAMPLE = "Write it like https://api.example.com/v1."
ENDS = ("/chat/completions", "/completions", "/embeddings", "/images/generations", "/models")  # what one may ask there


class SignIn(StrEnum):
    """The header that carries the key."""

    BEARER = "bearer"
    API_KEY = "api_key"

    def header(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"} if self is SignIn.BEARER else {"api-key": key}


@dataclass(frozen=True)
class Endpoint:
    """`base_url` is what requests like /chat/completions are appended to, without a slash at its end.

    `api_version`: for an older Azure address, whose models are deployments with addresses of their own.
    """

    base_url: str
    key: Secret | None = None
    sign_in: SignIn = SignIn.BEARER
    api_version: str | None = None


@dataclass(frozen=True)
class Preset:
    """`address` is where it is, or the pattern of it, with what is to be replaced in capitals."""

    name: str
    address: str
    needs_key: bool
    sign_in: SignIn
    sentence: str


PRESETS = (
    Preset(
        "OpenAI",
        "https://api.openai.com/v1",
        True,
        SignIn.BEARER,
        "The models of OpenAI. Make a key under API keys, and put money on the account: a new one has none.",
    ),
    Preset(
        "Azure OpenAI",
        f"https://{PLACEHOLDER}.openai.azure.com/openai/v1",
        True,
        SignIn.API_KEY,
        "OpenAI's models in your Azure resource. As model give the name of your deployment.",
    ),
    Preset(
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        True,
        SignIn.BEARER,
        "Models of many makers under one key. A model's name begins with its maker, as in meta-llama/….",
    ),
    Preset(
        "Ollama",
        "http://localhost:11434/v1",
        False,
        SignIn.BEARER,
        "Models on a machine of your own. Fetch one with “ollama pull” first.",
    ),
    Preset(
        "LM Studio",
        "http://localhost:1234/v1",
        False,
        SignIn.BEARER,
        "Models on a machine of your own. Start its server under Developer.",
    ),
    Preset(
        "vLLM",
        "http://localhost:8000/v1",
        False,
        SignIn.BEARER,
        "Models on a server of your own. It asks for a key only where it was started with one.",
    ),
    Preset(
        "llama.cpp",
        "http://localhost:8080/v1",
        False,
        SignIn.BEARER,
        "llama-server with one model. It asks for a key only where it was started with one.",
    ),
    Preset(
        "LiteLLM proxy",
        "http://localhost:4000/v1",
        True,
        SignIn.BEARER,
        "A gateway of your own to many makers. The key is one that it gave out.",
    ),
)
_PLACEHOLDERS = {urlsplit(preset.address).hostname for preset in PRESETS if PLACEHOLDER in preset.address}


def checked_base_url(written: str) -> str:
    """The address as it is kept, without what one asks there. Raises Invalid naming `base_url`.

    A placeholder of a preset has to be replaced first: whoever owns that name would get the key. Whether the host is
    a public one is looked at with each connection.
    """
    given = written.strip()
    scheme, colon, _ = given.partition("://")
    if colon and scheme.lower() not in ("http", "https"):
        raise Invalid("base_url", f"Nobody can be asked at {scheme} addresses.", EXAMPLE)
    if "?" in given or "#" in given:
        raise Invalid("base_url", "The address goes on after a ? or a #.", "Leave that away: a version has its field.")
    try:
        address = checked_address(given)
    except Invalid as error:
        said = error.sentence.replace("of a web site", "of an endpoint")
        raise Invalid("base_url", said, error.remedy if "field" in error.remedy else EXAMPLE) from error
    if urlsplit(address).hostname in _PLACEHOLDERS:
        sentence = f"The address has {PLACEHOLDER} in it still, which is only a placeholder."
        raise Invalid("base_url", sentence, f"Put the name of your Azure resource in place of {PLACEHOLDER}.")
    end = next((end for end in ENDS if address.endswith(end)), "")
    return address.removesuffix(end)
