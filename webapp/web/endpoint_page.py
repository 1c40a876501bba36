"""What a test of an endpoint found, and what it took, in the words of a page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from webapp.ai.provider import Usage
from webapp.core.clock import now
from webapp.sites.ai import prices
from webapp.sites.ai.models import AiConnection, ModelPrice

if TYPE_CHECKING:
    from webapp.ai.openai.examine import Abilities, Field, Problem

NONE = "do not work"
WORDS = {"works": "works", "refused": "refused", "ignored": "asked for, and not given"}
RUNGS = {"json_schema": "json_schema (best)", "json_object": "json_object", "plain": "plain text"}
MODELS = ("text_model", "image_model", "embedding_model")  # the fields that name one
DELIVERIES = {"b64": "in the answer (b64)", "address": "from an address"}


@dataclass(frozen=True)
class Found:
    """A test as the page shows it. `facts`: (name, value) pairs; `proof`: what the form that saves it sends along.

    `tries`: the same of each form of answer that was tried beside the one that is used. `is_answered`: whether
    anything there did what it was asked, so that what it took and lists is worth telling.
    `unproven`: what to do where no model was named, so that nothing was asked; empty where one was.
    """

    facts: list[tuple[str, str]]
    models: list[str]
    problems: "list[Problem]"
    proof: str = ""
    is_kept: bool = False
    unproven: str = ""
    tries: list[tuple[str, str]] = field(default_factory=list)
    is_answered: bool = True

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
    asked = {name for name, model in models.items() if model and _was_asked(found, name)}
    facts = [
        *([("Answers", RUNGS[found.rung] if found.rung else NONE)] if "text_model" in asked else []),
        *([("Pictures", _pictures(found))] if "image_model" in asked else []),
        *([("Embeddings", _embeddings(found))] if "embedding_model" in asked else []),
        *(_what_it_took(found, connection, models, day or now().date(), is_kept) if found.took else []),
    ]
    return Found(
        facts,
        found.models,
        found.problems,
        proof,
        is_kept,
        unproven="" if found.problems or any(models.values()) else _unproven(found, has_key),
        tries=_tries(found) if "text_model" in asked else [],
        is_answered=bool(found.took or found.models or not found.problems),
    )


def _tries(found: "Abilities") -> list[tuple[str, str]]:
    """The forms beside the one that is used."""
    others = [(rung, WORDS[outcome]) for rung, outcome in found.forms.items() if outcome in WORDS]
    return [(RUNGS[rung], words) for rung, words in others if rung != found.rung]


def _what_it_took(
    found: "Abilities", connection: AiConnection | None, models: Mapping[str, str], day: date, is_kept: bool
) -> list[tuple[str, str]]:
    tokens = f"{found.usage.input_tokens:,} tokens in, {found.usage.output_tokens:,} out"
    return [("The test took", tokens), ("It cost", _cost(found, connection, models, day, is_kept))]


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


def _cost(
    found: "Abilities", connection: AiConnection | None, models: Mapping[str, str], day: date, is_kept: bool
) -> str:
    """In dollars, or why nobody knows."""
    costs = {name: _cost_of(found, name, _price(connection, models[name], day)) for name in found.took}
    known = [cost for cost in costs.values() if cost is not None]
    if len(known) == len(costs):
        return f"${prices.in_dollars(sum(known))}"
    if found.usage == Usage():
        return "unknown: the endpoint does not say what it took"
    unpriced = list(dict.fromkeys(models[name] for name, cost in costs.items() if cost is None))
    missing = f"{', '.join(unpriced)} {'has' if len(unpriced) == 1 else 'have'} no price"
    return f"unknown: {missing}{': set it below' if is_kept else ', which can be set once it is saved'}"


def _price(connection: AiConnection | None, model: str, day: date) -> ModelPrice | None:
    return prices.price_on(connection.id, model, day) if connection else None


def _cost_of(found: "Abilities", name: "Field", price: ModelPrice | None) -> int | None:
    """None where the price of the model, or a part of it, is not known."""
    if price is None:
        return None
    usage, drew = found.took[name], name == "image_model" and found.pictures is not None
    return prices.cost_of(price, usage.input_tokens, usage.output_tokens, usage.cached_tokens, int(drew))
