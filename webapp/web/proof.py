"""What a test of an endpoint found, carried by the page to the form that saves it: no test is paid for twice.

The page cannot change it: it is signed. It counts only for what was tested, key included, and for a while.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from webapp.ai.openai.endpoint import Endpoint
from webapp.sites.ai.connections import Wanted, endpoint_for
from webapp.sites.ai.models import AiConnection

if TYPE_CHECKING:
    from webapp.ai.openai.examine import Abilities

SECONDS = 1800


@dataclass(frozen=True)
class Tried:
    """What a test asks: an endpoint with its key, and the models that are named."""

    endpoint: Endpoint
    text_model: str
    image_model: str
    embedding_model: str

    @classmethod
    def of(cls, wanted: Wanted, kept: AiConnection | None) -> "Tried":
        """Raises Invalid where the key is missing, Unreadable where it cannot be opened."""
        endpoint = endpoint_for(wanted, kept)
        if endpoint.key is not None:
            endpoint.key.reveal()
        return cls(endpoint, wanted.text_model, wanted.image_model, wanted.embedding_model)

    @property
    def name(self) -> str:
        """Equal for equal ones. Tells nothing of the key to anybody without ours."""
        one = self.endpoint
        key = one.key.reveal() if one.key else ""
        parts = [one.base_url, key, one.sign_in, one.api_version, *self.models]
        return hmac.new(_secret(), json.dumps(parts).encode(), hashlib.sha256).hexdigest()

    @property
    def models(self) -> tuple[str, str, str]:
        return self.text_model, self.image_model, self.embedding_model


def proof_of(tried: Tried, found: "Abilities") -> str:
    return str(_signer().dumps([tried.name, found.to_json()]))


def proven(proof: str, tried: Tried) -> "Abilities | None":
    """What was found, if that was a test of the same, a while ago."""
    from webapp.ai.openai.examine import Abilities

    try:
        name, found = _signer().loads(proof, max_age=SECONDS)
    except BadSignature:
        return None
    return Abilities.from_json(found) if name == tried.name else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_secret(), salt="what a test of an endpoint found")


def _secret() -> bytes:
    return str(current_app.secret_key).encode()
