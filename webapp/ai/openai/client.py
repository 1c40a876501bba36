"""Asking an endpoint: exactly one POST for each call, through the guard of requests to addresses that people give.

Importing this takes half a second, for the SDK's sake: import it where a model is asked, not before.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import openai

from webapp.ai.openai import answers, failures
from webapp.ai.openai.answers import Completion, Drawn, Embeddings, Json, NotTheProtocol, Unusable
from webapp.ai.openai.endpoint import Endpoint
from webapp.ai.provider import KeyRefused, OutcomeUnknown, ProviderError
from webapp.core.outbound import Answer, Outbound, TooLarge
from webapp.core.settings import settings

MOST_BYTES = 6_000_000  # of an answer in words: 5 MB of text and what is around it
MOST_OF_A_PICTURE = 20_000_000  # bytes
MOST_OF_PICTURES_IN_TEXT = 28_000_000  # the same as base64, and what is around it
CONNECTS_WITHIN = 10.0  # seconds
TRIES_TO_FETCH = 2  # a picture that is paid for
PASSED_ON = ("accept", "content-type", "x-stainless-retry-count")
OF_THE_WAY = ("content-encoding", "content-length", "transfer-encoding")


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True)
class Message:
    role: Role
    text: str


@dataclass(frozen=True)
class Question:
    """What a model is asked. `options` go along as they are: response_format, temperature, max_tokens."""

    model: str
    messages: Sequence[Message]
    options: Json


class Client:
    """One endpoint. Made where the app's settings can be read; may be used by many threads at once.

    Each call raises ProviderError, or Unusable where the work was done and cannot be used. `seconds` bound all of it.
    """

    def __init__(self, endpoint: Endpoint):
        self._endpoint = endpoint
        self._key = endpoint.key.reveal().strip() if endpoint.key else ""
        self._allow_private = settings().allow_private_targets
        self.host = urlsplit(endpoint.base_url).netloc

    def chat(self, question: Question, seconds: float) -> Completion:
        messages: Any = [{"role": one.role.value, "content": one.text} for one in question.messages]
        found, headers = self._ask(
            lambda sdk: sdk.chat.completions.with_raw_response.create(
                model=question.model, messages=messages, extra_body=dict(question.options)
            ),
            question.model,
            seconds,
        )
        wrong = answers.error_in_choice(found)
        if wrong is not None:
            raise failures.of_error_within(wrong, headers, key=self._key, host=self.host)
        return self._without_key(answers.completion(found, headers))

    def _without_key(self, completion: Completion) -> Completion:
        """What a model declines with is shown, and some endpoints repeat what they were sent."""
        return replace(completion, refusal=failures.without_key(completion.refusal, self._key))

    def draw(self, model: str, prompt: str, options: Json, seconds: float) -> Drawn:
        """One picture. Where the answer is an address, the picture is fetched from there."""
        ends = time.monotonic() + seconds
        found, headers = self._ask(
            lambda sdk: sdk.images.with_raw_response.generate(model=model, prompt=prompt, extra_body=dict(options)),
            model,
            seconds,
            most_bytes=MOST_OF_PICTURES_IN_TEXT,
        )
        drawn = answers.drawn(found, headers)
        data = drawn.data if drawn.data is not None else self._fetched(drawn, ends)
        if len(data) > MOST_OF_A_PICTURE:
            raise Unusable(f"the picture is larger than {MOST_OF_A_PICTURE:,} bytes", drawn.usage)
        return Drawn(data, drawn.address, drawn.prompt, drawn.usage, drawn.headers)

    def embed(self, model: str, texts: Sequence[str], seconds: float) -> Embeddings:
        found, headers = self._ask(
            lambda sdk: sdk.embeddings.with_raw_response.create(
                model=model, input=list(texts), encoding_format="float"
            ),
            model,
            seconds,
        )
        return answers.embeddings(found, len(texts), headers)

    def models(self, seconds: float) -> list[str]:
        """The names of the models that the endpoint lists. Sends no POST."""
        found, _ = self._ask(lambda sdk: sdk.models.with_raw_response.list(), "", seconds)
        return [name for name in answers.models(found) if failures.without_key(name, self._key) == name]

    def _ask(
        self, call: Callable[[openai.OpenAI], Any], model: str, seconds: float, most_bytes: int = MOST_BYTES
    ) -> tuple[Json, httpx.Headers]:
        """The object that is answered, and the headers."""
        if not (self._key.isascii() and self._key.isprintable()):
            raise KeyRefused("The key holds characters that no key has: copy it again.")
        with self._sdk(model, seconds, most_bytes) as sdk:
            answer, problem = _sent(call, sdk)
        if isinstance(problem, TooLarge):
            raise Unusable(f"the answer is longer than {most_bytes:,} bytes")
        if answer is None:
            raise failures.of_transport(problem, self.host)
        if not answer.is_success:
            raise failures.of_status(answer.status_code, answer.headers, answer.content, key=self._key, host=self.host)
        return self._object_of(answer), answer.headers

    def _object_of(self, answer: httpx.Response) -> Json:
        try:
            found = answers.json_of(answer.content)
        except NotTheProtocol as error:
            raise self._garbled(error) from None
        wrong = found.get("error")
        if wrong and not found.get("choices") and not found.get("data"):
            raise failures.of_error_within(wrong, answer.headers, key=self._key, host=self.host)
        return found

    def _garbled(self, error: NotTheProtocol) -> ProviderError:
        if error.is_page:
            said = f"{self.host} answers with a web page: this is not the address of an OpenAI-compatible endpoint."
            return failures.NoEndpoint(said)
        return OutcomeUnknown(f"{self.host} answers, but with nothing that can be read.")

    @contextmanager
    def _sdk(self, model: str, seconds: float, most_bytes: int) -> Iterator[openai.OpenAI]:
        """The SDK over connections of this call alone: what was used before may be gone when we use it again, and
        then nobody knows whether the question arrived."""
        with self._outbound(seconds, most_bytes) as outbound:
            through = ThroughOutbound(outbound, self._headers())
            http: Any = httpx.Client(transport=through, trust_env=False)
            version = self._endpoint.api_version
            yield openai.OpenAI(
                base_url=self._base_url(model),
                api_key="given below",
                default_query={"api-version": version} if version else None,
                max_retries=0,
                http_client=http,
            )

    def _outbound(self, seconds: float, most_bytes: int) -> Outbound:
        return Outbound(seconds=seconds, most_bytes=most_bytes, allow_private=self._allow_private)

    def _base_url(self, model: str) -> str:
        """Each deployment of an older Azure address has one of its own."""
        if self._endpoint.api_version and model and "/deployments/" not in self._endpoint.base_url:
            return f"{self._endpoint.base_url}/deployments/{quote(model, safe='')}"
        return self._endpoint.base_url

    def _headers(self) -> dict[str, str]:
        return {"User-Agent": "Pressroom"} | (self._endpoint.sign_in.header(self._key) if self._key else {})

    def _fetched(self, drawn: Drawn, ends: float) -> bytes:
        """A picture that is paid for and waits at an address. Fetching it costs nothing, so it is tried again."""
        said = ""
        for _ in range(TRIES_TO_FETCH):
            try:
                with self._outbound(max(1.0, ends - time.monotonic()), MOST_OF_A_PICTURE) as outbound:
                    answer: Answer = outbound.request("GET", drawn.address, follow_redirects=True)
            except (httpx.TransportError, httpx.InvalidURL, httpx.TooManyRedirects, ValueError) as error:
                said = failures.without_key(str(error), self._key).rstrip(".")
            else:
                if 200 <= answer.status < 300:
                    return answer.body
                said = f"its address answers with status {answer.status}"
        raise Unusable(f"the picture was drawn, but could not be fetched: {said}", drawn.usage)


class ThroughOutbound(httpx.BaseTransport):
    """What the SDK sends goes through an Outbound, which bounds it in time and size and looks where it leads.

    Headers that the SDK takes from the environment stay behind, and the key is known here alone, so that it stands in
    no error of the SDK and in none of its logs.
    """

    def __init__(self, outbound: Outbound, headers: dict[str, str]):
        self._outbound, self._headers = outbound, headers

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        passed_on = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        answer = self._outbound.request(
            request.method,
            str(request.url),
            content=request.read(),
            headers=passed_on | self._headers,
            timeout=httpx.Timeout(None, connect=CONNECTS_WITHIN),
        )
        # Some servers send other letters than a header may hold, and the SDK would encode them as ASCII.
        kept = [
            (name.encode(errors="replace"), value.encode(errors="replace"))
            for name, value in answer.headers.multi_items()
            if name not in OF_THE_WAY
        ]
        return httpx.Response(answer.status, headers=kept, content=answer.body)


def _sent(call: Callable[[openai.OpenAI], Any], sdk: openai.OpenAI) -> tuple[httpx.Response | None, Exception | None]:
    """The answer, whatever its status is, or what kept it away. The SDK's own errors quote what must not be quoted."""
    try:
        return call(sdk).http_response, None
    except openai.APIStatusError as error:
        answer: Any = error.response
        return answer, None
    except openai.APIConnectionError as error:
        cause = error.__cause__
        return None, cause if isinstance(cause, Exception) else error
