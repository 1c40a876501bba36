"""The provider at a real llama.cpp: real text, real JSON modes, real truncation.

The model is small and writes nonsense, so what is looked at is that everything is read or refused with a reason, and
counted.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests.ai import requests
from tests.ai.openai.models.conftest import KEY, MODEL
from webapp.ai.openai.client import Client, Message, Question, Role
from webapp.ai.openai.endpoint import Endpoint
from webapp.ai.openai.examine import Field, Outcome, examine
from webapp.ai.openai.failures import Refusal
from webapp.ai.openai.formats import Dialect, Dialects, Rung
from webapp.ai.openai.operations.catalogue import WRITINGS
from webapp.ai.openai.operations.parts import Repair, SectionRequest
from webapp.ai.openai.provider import OpenAiProvider
from webapp.ai.provider import BadReply, Finish, KeyRefused, NoPlace, OutcomeUnknown, Reply, Request
from webapp.core.redis import connection
from webapp.core.secrets import Secret

WRITTEN = [
    requests.naming(["snake plant", "snake plant care"]),
    requests.ideas("snake plant", "snake plant care"),
    requests.frame(target_words=150, outline=["Light", "Water"]),
    requests.section(words=60),
    requests.picture_prompts(in_article=1),
]

pytestmark = pytest.mark.xdist_group("llama")  # one server for all of them


@pytest.fixture
def endpoint(llama: str, app: Flask) -> Endpoint:
    return Endpoint(llama, Secret.of(KEY))


def test_what_it_can_do(endpoint: Endpoint) -> None:
    found = examine(endpoint, MODEL, "none", "none")

    assert found.forms[Rung.SCHEMA] is Outcome.WORKS
    assert found.models == [MODEL] and found.usage.input_tokens > 50 and found.usage.output_tokens > 3
    assert [problem.field for problem in found.problems] == [Field.IMAGE_MODEL, Field.EMBEDDING_MODEL]


def test_it_wants_its_key(endpoint: Endpoint) -> None:
    for key in (None, Secret.of("sk-another-key-altogether")):
        found = examine(replace(endpoint, key=key), MODEL)
        assert [problem.field for problem in found.problems] == [Field.KEY]
        with pytest.raises(KeyRefused):
            OpenAiProvider(replace(endpoint, key=key), MODEL).answer(WRITTEN[0])


def test_its_address_without_the_version_works_as_well(endpoint: Endpoint) -> None:
    assert examine(replace(endpoint, base_url=endpoint.base_url.removesuffix("/v1")), MODEL).problems == []


@pytest.mark.parametrize(
    ("request_", "rung"),
    [*((request, Rung.SCHEMA) for request in WRITTEN), (WRITTEN[0], Rung.OBJECT), (WRITTEN[0], Rung.PLAIN)],
    ids=lambda value: value.value if isinstance(value, Rung) else type(value).__name__,
)
def test_every_answer_is_read_or_says_what_is_wrong(endpoint: Endpoint, request_: Any, rung: Rung) -> None:
    Dialects(endpoint.base_url, connection()).note(MODEL, Dialect(rung))

    reply = OpenAiProvider(endpoint, MODEL).answer(request_)

    assert reply.usage.input_tokens > 100 and reply.usage.output_tokens > 0
    if reply.problem is None:
        assert isinstance(json.loads(reply.text), dict)
    if rung is Rung.SCHEMA and reply.finish is Finish.COMPLETE:
        assert "JSON" not in (reply.problem or ""), reply  # the grammar of the schema is kept to the end


def test_an_answer_that_is_cut_off_says_so(endpoint: Endpoint) -> None:
    request = requests.section()
    work = WRITINGS[SectionRequest]
    options = Dialect().options(0.6, 20) | Dialect().response_format("section", work.draft)
    question = Question(MODEL, [Message(Role.USER, "Write about snake plants.")], options)

    completion = Client(endpoint).chat(question, 60)

    assert (completion.finish, completion.usage.output_tokens) == (Finish.LENGTH, 20)
    with pytest.raises(BadReply, match="cut off"):
        work.result(request, completion.text, completion.finish)


def test_a_repair_is_answered(endpoint: Endpoint) -> None:
    repair = Repair(of=WRITTEN[0], wrote="Snake plants!", problem="the answer holds no JSON")
    reply = OpenAiProvider(endpoint, MODEL).answer(repair)

    assert reply.usage.input_tokens > 100


def test_a_prompt_that_does_not_fit_is_refused_in_its_words(endpoint: Endpoint) -> None:
    with pytest.raises(Refusal, match="exceed") as raised:
        OpenAiProvider(endpoint, MODEL).answer(requests.naming(["long words of a keyword " * 400]))
    assert raised.value.permanent


def test_a_prompt_is_read_from_its_cache_the_second_time(endpoint: Endpoint) -> None:
    asked = OpenAiProvider(endpoint, MODEL)
    asked.answer(WRITTEN[0])

    assert asked.answer(requests.naming(["mint", "basil"])).usage.cached_tokens > 100


def test_a_call_that_takes_too_long_is_given_up(endpoint: Endpoint) -> None:
    asked = OpenAiProvider(endpoint, MODEL)
    asked._seconds = 0.2

    with pytest.raises(OutcomeUnknown):
        asked.answer(requests.section(words=3000))


def test_more_callers_than_it_has_places(endpoint: Endpoint) -> None:
    asked = OpenAiProvider(endpoint, MODEL, at_a_time=2)

    def insist(request: Request) -> Reply:
        """As a run does: who finds no place comes again."""
        while True:
            try:
                return asked.answer(request)
            except NoPlace as full:
                time.sleep(full.retry_after or 0)

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(insist, [WRITTEN[0]] * 6))

    assert all(reply.usage.output_tokens > 0 for reply in replies)
