"""What a test of an endpoint found, and what it took, in the words of a page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from webapp.ai.provider import Usage
from webapp.core.clock import now
from webapp.sites.ai import prices
from webapp.sites.ai.models import AiConnection

if TYPE_CHECKING:
    from webapp.ai.openai.examine import Abilities, Problem

UNKNOWN = "unknown"
NONE = "do not work"
WORDS = {"works": "works", "refused": "refused", "ignored": "asked for, and not given", "not_tried": "not asked"}
MODELS = ("text_model", "image_model", "embedding_model")  # the fields that name one
DELIVERIES = {"b64": "in the answer (b64)", "address": "from an address"}


@dataclass(frozen=True)
class Found:
    """A test as the page shows it. `facts`: (name, value) pairs; `proof`: what the form that saves it sends along.

    `unproven`: what to do where no model was named, so that nothing was asked; empty where one was.
    """

    facts: list[tuple[str, str]]
    models: list[str]
    problems: "list[Problem]"
    proof: str = ""
    is_kept: bool = False
    unproven: str = ""

    @property
    def at_fields(self) -> dict[str, list[str]]:
        """What is wrong with each of the form's fields."""
        said: dict[str, list[str]] = {}
        for problem in self.problems:
            said.setdefault(problem.field.value, []).append(f"{problem.sentence} {problem.remedy}")
        return said


def kept(connection: AiConnection) -> Found | None:
    """What the last test found of it; None if there was none."""
    if connection.abilities is None or connection.tested_at is None:
        return None
    from webapp.ai.openai.examine import Abilities  # it takes half a second, which other pages need not wait

    found, has_key = Abilities.from_json(json.dumps(connection.abilities)), connection.key is not None
    return shown(found, connection, models_of(connection), has_key, connection.tested_at.date(), is_kept=True)


def models_of(connection: AiConnection) -> dict[str, str]:
    """The models that it names, by the field that names them."""
    return {name: getattr(connection, name) for name in MODELS}


def shown(
    found: "Abilities",
    connection: AiConnection | None,
    models: Mapping[str, str],
    has_key: bool,
    day: date | None = None,
    *,
    proof: str = "",
    is_kept: bool = False,
) -> Found:
    """`connection`: whose prices count; none are known of one that is not saved."""
    cost = _cost(found, connection, models, day or now().date()) if connection else None
    asked = {name for name, model in models.items() if model and _was_asked(found, name)}
    facts = [
        *((f"Text as {rung}", WORDS[outcome]) for rung, outcome in found.forms.items() if "text_model" in asked),
        *([("Pictures", _pictures(found))] if "image_model" in asked else []),
        *([("Embeddings", _embeddings(found))] if "embedding_model" in asked else []),
        ("The test took", f"{found.usage.input_tokens:,} tokens in, {found.usage.output_tokens:,} out"),
        ("It cost", UNKNOWN if cost is None else f"${prices.in_dollars(cost)}"),
    ]
    is_asked = found.problems or any(models.values())
    return Found(facts, found.models, found.problems, proof, is_kept, "" if is_asked else _unproven(found, has_key))


def _unproven(found: "Abilities", has_key: bool) -> str:
    count = len(found.models)
    if not count:
        return "It does not list its models, so that nothing is known of it yet. Name one that it has."
    listed = f"It answers, and lists {count} model{'' if count == 1 else 's'}."
    what = "it takes the key" if has_key else "they work"
    return f"{listed} Whether {what} shows only when a model is asked: name one."


def _was_asked(found: "Abilities", name: str) -> bool:
    """Some things that are wrong end a test early."""
    return name in found.took or any(problem.field == name for problem in found.problems)


def _pictures(found: "Abilities") -> str:
    return DELIVERIES[found.pictures] if found.pictures else NONE


def _embeddings(found: "Abilities") -> str:
    return f"{found.embedding_length:,} numbers each" if found.embedding_length else NONE


def _cost(found: "Abilities", connection: AiConnection, models: Mapping[str, str], day: date) -> int | None:
    """None where a model was asked of which no price is known."""
    drew = found.pictures is not None
    costs = [
        _cost_at(connection, models[name], day, usage, int(drew and name == "image_model"))
        for name, usage in found.took.items()
    ]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def _cost_at(connection: AiConnection, model: str, day: date, usage: Usage, images: int) -> int | None:
    price = prices.price_on(connection.id, model, day)
    if price is None:
        return None
    return prices.cost_of(price, usage.input_tokens, usage.output_tokens, usage.cached_tokens, images)
