"""Endpoints of an account, as tests need them."""

from typing import Any

from webapp.accounts.models import Account
from webapp.ai.openai.endpoint import SignIn
from webapp.ai.openai.examine import Abilities, Delivery, Field, Outcome, Problem
from webapp.ai.openai.formats import Rung
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.sites.ai.connections import Wanted
from webapp.sites.ai.models import AiConnection

KEY = "sk-a-key-that-nobody-else-may-see"
WORKS = Abilities(forms=dict.fromkeys(Rung, Outcome.WORKS), pictures=Delivery.IN_THE_ANSWER)
LISTS_ONLY = Abilities(models=["gpt-x"])
BROKEN = Abilities(problems=[Problem(Field.TEXT_MODEL, "It is not there.", "Choose another.")])


def wanted(**fields: Any) -> Wanted:
    """One with a key, and models for texts and pictures."""
    defaults: dict[str, Any] = {
        "name": "OpenAI", "preset": "OpenAI", "base_url": "https://api.example.com/v1", "sign_in": SignIn.BEARER,
        "api_version": "", "key": KEY, "needs_key": True, "text_model": "gpt-x", "image_model": "painter",
        "embedding_model": "", "at_a_time": 8,
    }  # fmt: skip
    return Wanted(**(defaults | fields))


def endpoint(of: Account, **fields: Any) -> AiConnection:
    """A connection that nobody has tested; the account's default unless that is said otherwise."""
    defaults: dict[str, Any] = {
        "name": "OpenAI", "base_url": "https://api.example.com/v1", "key": Secret.of(KEY), "text_model": "gpt-x",
        "image_model": "painter", "is_default": True,
    }  # fmt: skip
    made = AiConnection(account_id=of.id, **(defaults | fields))
    db.session.add(made)
    db.session.commit()
    return made
