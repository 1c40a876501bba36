"""The provider that asks a real model: a request becomes a prompt, one POST is sent, the answer becomes a reply.

Importing this takes half a second, for the SDK's sake: import it where a model is asked, not before.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import NoReturn

from webapp.ai.functions.image_generation import ImageRequest
from webapp.ai.openai import dialogues
from webapp.ai.openai.answers import Completion, Json, Unusable
from webapp.ai.openai.client import Client, Message, Question, Role
from webapp.ai.openai.endpoint import Endpoint
from webapp.ai.openai.failures import LONGEST_WORDS, Refusal
from webapp.ai.openai.formats import Dialect, Dialects, Option
from webapp.ai.openai.limiter import AT_A_TIME, Limiter
from webapp.ai.openai.operations.catalogue import WRITINGS, check
from webapp.ai.openai.operations.image import size_for
from webapp.ai.openai.operations.meaning import MeaningRequest, nearness
from webapp.ai.openai.operations.parts import Repair
from webapp.ai.openai.operations.work import Voice, Writing
from webapp.ai.openai.prompts import Prompt, Template, default
from webapp.ai.openai.telling import told
from webapp.ai.provider import AskedOtherwise, BadReply, Finish, Operation, ProviderError, Reply, Request, Step
from webapp.core.redis import impatient_connection
from webapp.core.settings import settings

LONGEST_WAIT = 45.0  # seconds for a place; whoever waits longer comes again
MARGIN = 10.0  # seconds between the end of a call and the moment from which it counts as lost
CHARACTERS_A_TOKEN = 4
REPAIR = (
    "That answer cannot be used: {problem}. Give the whole answer once more, complete and without this mistake. "
    "If there was no room for all of it, write more briefly."
)


class OpenAiProvider:
    """Asks one model of an endpoint. Made where the app's settings can be read; then any thread may ask.

    `embedding_model`: who says how near phrases are in meaning; empty: nobody. `templates`: a site's own prompts,
    instead of those that we come with. `run` is whose turn it is when calls have to wait. `at_a_time`: calls that may
    be out at the endpoint, over all workers. `seconds`: how long an answer may take, if that is less than the
    installation allows. Raises BadTemplate and core.secrets.Unreadable.
    """

    name = "openai"
    writes_for_publication = True
    can_be_asked_ahead = False

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        connection_id: int | None = None,
        key_set_at: datetime | None = None,
        embedding_model: str = "",
        templates: Mapping[Operation, Template] | None = None,
        voice: Voice | None = None,
        run: str = "",
        at_a_time: int = AT_A_TIME,
        seconds: float | None = None,
    ):
        for operation, template in (templates or {}).items():
            check(operation, template)
        self.model = model
        self.connection_id = connection_id
        self.key_set_at = key_set_at
        self._embedding_model = embedding_model
        self._client = Client(endpoint)
        self._templates = dict(templates or {})
        self._voice = voice or Voice()
        self._run = run
        most = max(1.0, settings().call_deadline - MARGIN)
        self._seconds = most if seconds is None else min(seconds, most)
        self._dialects = Dialects(endpoint.base_url, impatient_connection())
        key = endpoint.key.reveal() if endpoint.key else ""
        self._limiter = Limiter(endpoint.base_url, key, impatient_connection(), at_a_time)

    def next_step(self, request: Request, replies: Sequence[Reply]) -> Step | None:
        return dialogues.next_step(dialogues.of(request, self._embedding_model), replies)

    def assembled(self, request: Request, replies: Sequence[Reply]) -> Reply:
        return dialogues.outcome(dialogues.of(request, self._embedding_model), replies)

    def answer(self, request: Request) -> Reply:
        """One POST. Raises ProviderError; what is wrong with an answer is said in the reply."""
        match request:
            case Repair(of=ImageRequest() as picture):
                return self.answer(picture)  # there is nothing to be shown to it: it is drawn anew
            case Repair():
                return self._written(request.of, self._mending(request))
            case ImageRequest():
                return self._drawn(request)
            case MeaningRequest():
                return self._compared(request)
        return self._written(request, [self._first(request)])

    def _told(self, request: Request) -> Prompt:
        return told(request, self._template(request.operation), self._voice)

    def _first(self, request: Request) -> Message:
        return Message(Role.USER, self._told(request).user)

    def _mending(self, repair: Repair) -> list[Message]:
        """The question again, the answer to it, and what is wrong with that."""
        said = REPAIR.format(problem=repair.problem)
        shown = [Message(Role.ASSISTANT, repair.wrote)] if repair.wrote.strip() else []
        return [self._first(repair.of), *shown, Message(Role.USER, said)]

    def prompt_version(self, request: Request) -> str:
        """Changes whenever the prompt or the site's voice does, so that an answer to another prompt is not taken."""
        if isinstance(request, MeaningRequest):
            return request.prompt_version  # no prompt is sent with it
        template = self._template(request.operation)
        parts = [template.system, template.user, *asdict(self._voice).values()]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]

    def _template(self, operation: Operation) -> Template:
        return self._templates.get(operation) or default(operation)

    # words

    def _written(self, request: Request, messages: list[Message]) -> Reply:
        work = WRITINGS[type(request)]
        system = Message(Role.SYSTEM, self._told(request).system)
        dialect = self._dialects.of(self.model)
        most = work.most_tokens(request)
        options = dialect.options(work.temperature, most) | dialect.response_format(request.operation, work.draft)
        question = Question(self.model, [system, *messages], options)
        try:
            completion = self._asked(question, most)
        except Refusal as refusal:
            self._step_down(dialect, refusal, options)
        except Unusable as unusable:
            return Reply(text="", usage=unusable.usage, problem=str(unusable))
        return _reply(request, work, completion)

    def _asked(self, question: Question, most_tokens: int) -> Completion:
        tokens = most_tokens + sum(len(message.text) for message in question.messages) // CHARACTERS_A_TOKEN
        began = time.monotonic()
        with self._limiter.place(run=self._run, tokens=tokens, within=self._patience) as place:
            with _left_alone(place.close):
                completion = self._client.chat(question, self._left(began))
            place.learn(completion.headers)
        return completion

    # pictures

    def _drawn(self, request: ImageRequest) -> Reply:
        dialect = self._dialects.of(self.model)
        options: Json = {} if Option.SIZE in dialect.refused else {"size": size_for(self.model, request)}
        text, began = self._told(request).user, time.monotonic()
        try:
            with self._limiter.place(run=self._run, tokens=0, within=self._patience) as place:
                with _left_alone(place.close):
                    drawn = self._client.draw(self.model, text, options, self._left(began))
                place.learn(drawn.headers)
        except Refusal as refusal:
            self._step_down(dialect, refusal, options)
        except Unusable as unusable:
            return Reply(text="{}", usage=unusable.usage, problem=str(unusable))
        return Reply(text="{}", media=drawn.data, usage=drawn.usage)

    # meanings

    def _compared(self, request: MeaningRequest) -> Reply:
        """It is of use, and not needed: where the endpoint cannot say, the reply says so."""
        tokens = sum(len(phrase) for phrase in request.phrases) // CHARACTERS_A_TOKEN
        began = time.monotonic()
        try:
            with self._limiter.place(run=self._run, tokens=tokens, within=self._patience) as place:
                with _left_alone(place.close):
                    found = self._client.embed(self._embedding_model, request.phrases, self._left(began))
                place.learn(found.headers)
        except Refusal as refusal:
            return Reply(text="", problem=refusal.sentence)
        except Unusable as unusable:
            return Reply(text="", usage=unusable.usage, problem=str(unusable))
        return Reply(nearness(found.vectors).model_dump_json(), usage=found.usage)

    # all

    @property
    def _patience(self) -> float:
        return min(LONGEST_WAIT, self._seconds / 2)

    def _left(self, began: float) -> float:
        """Seconds for the call itself, after it had to wait."""
        return self._seconds - (time.monotonic() - began)

    def _step_down(self, dialect: Dialect, refusal: Refusal, sent: Json) -> NoReturn:
        """Remembers how to ask instead, and lets the caller ask again at once; else it is a refusal like any other."""
        after = dialect.after(refusal, sent)
        if after is None:
            raise refusal
        self._dialects.note(self.model, after)
        sentence = f"{refusal.sentence.rstrip('.')}; from now on it is asked differently."
        raise AskedOtherwise(sentence) from None


@contextmanager
def _left_alone(close: Callable[[float], None]) -> Iterator[None]:
    """Where an endpoint asks one call to wait, all others wait too."""
    try:
        yield
    except ProviderError as error:
        if not error.permanent and error.retry_after:
            close(error.retry_after)
        raise


def _reply(request: Request, work: Writing, completion: Completion) -> Reply:
    """The result as the operation reads it; where there is none, what the model wrote, and what is wrong with it."""
    if completion.refusal and not completion.text:
        words = " ".join(completion.refusal.split())[:LONGEST_WORDS]
        problem = f"the model declined: “{words}”"
        return Reply(completion.refusal, usage=completion.usage, finish=Finish.FILTERED, problem=problem)
    try:
        text = work.result(request, completion.text, completion.finish)
    except BadReply as bad:
        return Reply(completion.text, usage=completion.usage, finish=completion.finish, problem=str(bad))
    return Reply(text, usage=completion.usage, finish=completion.finish)
