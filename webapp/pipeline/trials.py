"""Trying a prompt that is not saved: one question about one row. Nothing is kept of the answer, and no credits move."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pydantic import BaseModel
from redis.exceptions import LockError

from webapp.ai.functions import clustering, content_generation, idea_generation, image_prompt_extraction
from webapp.ai.functions.image_generation import parse as parse_picture
from webapp.ai.functions.reading import read
from webapp.ai.openai.operations.frame import Frame
from webapp.ai.openai.operations.parts import FrameRequest
from webapp.ai.openai.prompts import Template
from webapp.ai.provider import AskedOtherwise, BadReply, Operation, Provider, Reply, Request, Usage
from webapp.ai.registry import provider_named
from webapp.content.pictures import WEBP, BadPicture, prepared
from webapp.core import redis
from webapp.core.clock import now
from webapp.core.errors import Conflict
from webapp.pipeline.calls import storable
from webapp.pipeline.samples import Sample, sample
from webapp.sites.ai.models import ModelPrice
from webapp.sites.ai.prices import cost_of, price_on
from webapp.sites.ai.providers import providers_of
from webapp.sites.models import Site

WITHIN = 60  # seconds, all in all: whoever tries waits for it, and a thread of the web server with them
ANSWERS_WITHIN = 50.0  # seconds, for one question
ASKED_AGAIN_WITHIN = WITHIN - ANSWERS_WITHIN
MOST_QUESTIONS = 8  # where an endpoint has to be asked differently
AT_A_TIME = 3  # threads of a web process that may wait for a model
EMBEDDED = "embedded"  # tries where there is no site that could ask anybody

_places = threading.BoundedSemaphore(AT_A_TIME)


class TriedAlready(Conflict):
    """One is under way."""


@dataclass(frozen=True)
class Picture:
    data: bytes
    media_type: str


Result = BaseModel | Picture


@dataclass(frozen=True)
class Trial:
    """A question that is ready to be put. Made in a transaction, and put without."""

    sample: Sample
    provider: Provider
    question: Request
    price: ModelPrice | None
    name: str


@dataclass(frozen=True)
class Tried:
    """What came of it: a result; else what is wrong, and what the model wrote. `cost`: millionths of a dollar, None if
    no price is known. `is_free`: it was asked of nobody who takes money."""

    result: Result | None
    problem: str
    wrote: str
    usage: Usage
    cost: int | None
    is_free: bool


def prepare(site: Site | None, operation: Operation, template: Template) -> Trial:
    """Changes nothing; end the transaction before you put it. Raises NotReady."""
    found, provider = sample(site, operation), _provider(site, operation, template)
    return Trial(
        sample=found,
        provider=provider,
        question=_by_prompt(provider, found.request),
        price=_price(provider),
        name="all" if site is None else str(site.id),
    )


def put(trial: Trial) -> Tried:
    """Waits for the answer, for WITHIN seconds at most. Raises ProviderError, TriedAlready and RedisAway."""
    with _place(), _turn(trial.name):
        reply = storable(_answer(trial.provider, trial.question))
    try:
        result, problem = _read(trial.question, reply), ""
    except BadReply as bad:
        result, problem = None, str(bad)
    return Tried(result, problem, reply.text, reply.usage, _cost(trial, reply), trial.provider.connection_id is None)


def _by_prompt(provider: Provider, request: Request) -> Request:
    """The first question that the prompt is for: what is asked of another model before it stays without an answer."""
    step = provider.next_step(request, ())
    if step is not None and step.model is not None:
        step = provider.next_step(request, (Reply("", problem="not asked"),))
    return request if step is None else step.request


def _provider(site: Site | None, operation: Operation, template: Template) -> Provider:
    if site is None:
        return provider_named(EMBEDDED)
    return providers_of(site, templates={operation: template}, seconds=ANSWERS_WITHIN).of(operation)


def _price(provider: Provider) -> ModelPrice | None:
    if provider.connection_id is None:
        return None
    return price_on(provider.connection_id, provider.model, now().date())


def _cost(trial: Trial, reply: Reply) -> int | None:
    if trial.price is None:
        return None
    used = reply.usage
    return cost_of(trial.price, used.input_tokens, used.output_tokens, used.cached_tokens, int(reply.media is not None))


def _answer(provider: Provider, question: Request) -> Reply:
    """Where the endpoint refuses how it was asked, it is asked differently at once: that costs nothing."""
    ends = time.monotonic() + ASKED_AGAIN_WITHIN
    for _ in range(MOST_QUESTIONS - 1):
        try:
            return provider.answer(question)
        except AskedOtherwise:
            if time.monotonic() > ends:
                raise
    return provider.answer(question)


def _read(question: Request, reply: Reply) -> Result:
    """Raises BadReply."""
    return read(reply, Frame) if isinstance(question, FrameRequest) else PARSE[question.operation](reply)


def _picture(reply: Reply) -> Picture:
    try:
        return Picture(prepared(parse_picture(reply).data).webp, WEBP)
    except BadPicture as bad:
        raise BadReply(str(bad)) from bad


PARSE: dict[Operation, Callable[[Reply], Result]] = {
    Operation.CLUSTERING: clustering.parse,
    Operation.IDEA_GENERATION: idea_generation.parse,
    Operation.CONTENT_GENERATION: content_generation.parse,
    Operation.IMAGE_PROMPT_EXTRACTION: image_prompt_extraction.parse,
    Operation.IMAGE_GENERATION: _picture,
}


@contextmanager
def _place() -> Iterator[None]:
    """Raises TriedAlready where so many threads wait for a model that pages would wait for them."""
    if not _places.acquire(blocking=False):
        raise TriedAlready("Other prompts are being tried right now.", "Try again in a minute.")
    try:
        yield
    finally:
        _places.release()


@contextmanager
def _turn(name: str) -> Iterator[None]:
    """One at a time. It ends by itself if its process is killed. Raises TriedAlready and RedisAway."""
    turn = redis.require().lock(f"pressroom:trial:{name}", timeout=WITHIN, blocking=False)
    if not turn.acquire():
        raise TriedAlready(
            "A prompt of this site is being tried already.", "Wait for its result, which takes a minute at most."
        )
    try:
        yield
    finally:
        with suppress(LockError, *redis.AWAY):
            turn.release()
