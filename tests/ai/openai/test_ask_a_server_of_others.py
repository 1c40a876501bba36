"""The provider at llmock, a server that nobody here wrote: its answers, its failures, its limits."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from pydantic import BaseModel

from tests.ai import requests
from tests.ai.openai.mock import Mock, llmock
from webapp.ai.functions import idea_generation, image_generation, image_prompt_extraction
from webapp.ai.openai.endpoint import Endpoint
from webapp.ai.openai.examine import Field, Outcome, examine
from webapp.ai.openai.operations.frame import Frame
from webapp.ai.openai.operations.section import Section
from webapp.ai.openai.provider import OpenAiProvider
from webapp.ai.provider import BadReply, KeyRefused, OutcomeUnknown, ProviderError, Reply, Request
from webapp.core.secrets import Secret

FEW = 2  # sent away; without a limiter it was ten


@pytest.fixture(scope="module")
def running() -> Iterator[Mock]:
    with llmock() as mock:
        yield mock


@pytest.fixture
def mock(running: Mock, app: Flask) -> Mock:
    running.tell()
    return running


def provider(mock: Mock, model: str = "gpt-4o-mini", **fields: Any) -> OpenAiProvider:
    return OpenAiProvider(Endpoint(mock.address, Secret.of("any-key")), model, **fields)


def test_what_it_can_do(mock: Mock) -> None:
    """Its pictures are drawings in SVG, which we show nobody."""
    endpoint = Endpoint(mock.address, Secret.of("any-key"))

    found = examine(endpoint, "gpt-4o-mini", "gpt-image-1", "text-embedding-3-small")

    assert [problem.field for problem in found.problems] == [Field.IMAGE_MODEL]
    assert "in a format that we cannot show" in found.problems[0].sentence
    assert found.embedding_length == 1536
    assert found.forms["json_schema"] is Outcome.WORKS  # type: ignore[index]
    assert "gpt-4o" in found.models and found.usage.input_tokens > 0


@pytest.mark.parametrize(
    ("read_as", "request_"),
    [
        (idea_generation.IdeasResult, requests.ideas()),
        (Frame, requests.frame()),
        (Section, requests.section()),
        (image_prompt_extraction.ImagePromptsResult, requests.picture_prompts()),
    ],
    ids=["ideas", "frame", "section", "pictures"],
)
def test_what_it_writes_into_our_schemas_is_read(mock: Mock, read_as: type[BaseModel], request_: Request) -> None:
    reply = provider(mock).answer(request_)

    assert read_as.model_validate_json(reply.text).model_dump_json() == reply.text
    assert reply.usage.input_tokens > 50 and reply.usage.output_tokens > 0
    assert len(mock.posts()) == 1


def test_names_for_groups_that_do_not_exist_are_seen_through(mock: Mock) -> None:
    assert "have no name" in (provider(mock).answer(requests.naming(["snake plant"])).problem or "")


def test_a_drawing_that_nobody_can_show_is_refused(mock: Mock) -> None:
    reply = provider(mock, "gpt-image-1").answer(requests.picture())

    assert reply.media is not None and reply.media.startswith(b"<svg")
    with pytest.raises(BadReply):
        image_generation.parse(reply)
    assert len(mock.posts()) == 1


@pytest.mark.parametrize(
    ("behaviour", "kind", "retry_after"),
    [
        ({"type": "fail", "status": 429, "retry_after": 3}, ProviderError, 3),
        ({"type": "fail", "status": 429, "retry_after": 300}, ProviderError, 300),
        ({"type": "fail", "status": 500}, ProviderError, None),
        ({"type": "fail", "status": 503}, ProviderError, 1),
        ({"type": "fail", "status": 401}, KeyRefused, None),
        ({"type": "delay", "seconds": 2}, OutcomeUnknown, None),
    ],
)
def test_each_failure_is_one_post(
    mock: Mock, behaviour: dict[str, Any], kind: type[ProviderError], retry_after: float | None
) -> None:
    mock.tell(behaviour)
    asked = provider(mock)
    asked._seconds = 1.0

    with pytest.raises(kind) as raised:
        asked.answer(requests.section())

    assert type(raised.value) is kind and raised.value.retry_after == retry_after
    assert len(mock.posts()) == 1


@pytest.mark.parametrize("status", [400, 404, 422])
def test_what_it_will_never_do_is_one_post_too(mock: Mock, status: int) -> None:
    mock.tell({"type": "fail", "status": status})

    with pytest.raises(ProviderError) as raised:
        provider(mock).answer(requests.section())

    assert raised.value.permanent and len(mock.posts()) == 1


def test_a_text_of_its_own_is_kept_with_what_is_wrong(mock: Mock) -> None:
    mock.tell({"type": "reply", "text": "Sorry, no."})

    reply = provider(mock).answer(requests.section())

    assert (reply.text, reply.problem) == ("Sorry, no.", "the answer holds no JSON; it begins with “Sorry, no.”")


def test_a_prompt_that_does_not_fit_says_so(app: Flask) -> None:
    with llmock("--context-window", "300") as small, pytest.raises(ProviderError, match="context") as raised:
        provider(small).answer(requests.section())
    assert raised.value.permanent


def test_its_limit_is_learned_and_kept(app: Flask) -> None:
    """Sixty requests at once, then one a second: whoever comes waits, and hardly anybody is sent away.

    Answers overtake each other, so that one may tell of more room than there is by then.
    """

    def ask(asked: OpenAiProvider) -> Reply:
        while True:
            try:
                return asked.answer(requests.picture_prompts())
            except ProviderError as error:
                assert not error.permanent and error.retry_after is not None, error.sentence
                time.sleep(error.retry_after)

    with llmock("--rpm", "60") as limited:
        runs = [provider(limited, run=str(run), at_a_time=4) for run in range(2)]
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(ask, runs * 32))

        statuses = [row["status"] for row in limited.posts()]
        assert (len(replies), statuses.count(200)) == (64, 64)
        assert len(statuses) - 64 <= FEW
