"""Looking at an endpoint before anybody relies on it: one tiny call of each kind, and in words what is to be mended.

Importing this takes half a second, for the SDK's sake: import it where an endpoint is looked at, not before.
"""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import BaseModel, TypeAdapter

from webapp.ai.functions.image_generation import ImageRequest, type_of
from webapp.ai.openai.answers import Completion, Drawn, Json, Unusable
from webapp.ai.openai.client import Client, Message, Question, Role
from webapp.ai.openai.endpoint import Endpoint
from webapp.ai.openai.failures import ModelMissing, NoEndpoint, NotReached, Refusal, how_to_reach
from webapp.ai.openai.formats import Dialect, Dialects, Rung, in_words
from webapp.ai.openai.operations.image import size_for
from webapp.ai.openai.reading import found_in
from webapp.ai.provider import BadReply, KeyRefused, ProviderError, QuotaUsedUp, Usage
from webapp.core.guard import PrivateAddress, UnknownName, addresses_of, is_public
from webapp.core.redis import impatient_connection

SECONDS = 45.0  # for each call
MOST_TOKENS = 300  # of an answer: some models think before they say a word
MOST_STEPS = 5  # down the ladder, for one call
MOST_MODELS = 200  # that are kept
MODELS_NAMED = 12  # in a sentence
SMALL_PICTURE = ImageRequest(prompt="A green leaf on white", caption="A green leaf", width=1024, height=1024)
QUESTION = "Which colour do leaves have? Answer in the field colour."


class Field(StrEnum):
    """What an owner gave, and may have to mend."""

    BASE_URL = "base_url"
    KEY = "key"
    TEXT_MODEL = "text_model"
    IMAGE_MODEL = "image_model"
    EMBEDDING_MODEL = "embedding_model"


class Outcome(StrEnum):
    """What came of asking for a form of answer."""

    WORKS = "works"
    REFUSED = "refused"
    IGNORED = "ignored"  # an answer came, and not in that form
    NOT_TRIED = "not_tried"


class Delivery(StrEnum):
    """How pictures come."""

    IN_THE_ANSWER = "b64"
    FROM_AN_ADDRESS = "address"


@dataclass(frozen=True)
class Problem:
    """`offer`: what to put into the field instead, where we know it."""

    field: Field
    sentence: str
    remedy: str
    offer: str = ""


@dataclass(frozen=True)
class Abilities:
    """What an endpoint can do. `took`: the tokens that finding it out took, as reported, by the field asked for."""

    forms: dict[Rung, Outcome] = field(default_factory=lambda: dict.fromkeys(Rung, Outcome.NOT_TRIED))
    pictures: Delivery | None = None
    embedding_length: int | None = None
    models: list[str] = field(default_factory=list)
    took: dict[Field, Usage] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def usage(self) -> Usage:
        return sum_of(self.took.values())

    @property
    def writes(self) -> bool:
        """Whether its text model can be used at all."""
        return self.rung is not None

    @property
    def rung(self) -> Rung | None:
        """The best form of answer that works."""
        return next((rung for rung in Rung if self.forms[rung] is Outcome.WORKS), None)

    def to_json(self) -> str:
        return _STORED.dump_json(self).decode()

    @classmethod
    def from_json(cls, stored: str) -> "Abilities":
        return _STORED.validate_json(stored)


_STORED = TypeAdapter(Abilities)


class Colour(BaseModel):
    colour: str


class _NoMore(Exception):
    """Nothing else is worth asking."""


def examine(
    endpoint: Endpoint, text_model: str = "", image_model: str = "", embedding_model: str = "", seconds: float = SECONDS
) -> Abilities:
    """Asks the models that are named, once for each kind. Raises core.secrets.Unreadable."""
    examination = _Examination(endpoint, seconds)
    try:
        examination.refuse_plain_http()
        examination.list_models()
        if text_model:
            examination.ask_for_text(text_model)
        if image_model:
            examination.ask_for_a_picture(image_model)
        if embedding_model:
            examination.ask_for_embeddings(embedding_model)
    except _NoMore:
        pass
    return examination.found


def key_in_the_open(endpoint: Endpoint) -> Problem | None:
    """What is wrong where everybody on the way could read the key. It may go unencrypted only in a private network."""
    parts = urlsplit(endpoint.base_url)
    if parts.scheme == "https" or endpoint.key is None:
        return None
    try:
        addresses = addresses_of(parts.hostname or "", parts.port or 80)
    except UnknownName:
        return None  # which is said when it is asked
    if not any(is_public(address) for address in addresses):
        return None
    return Problem(
        Field.BASE_URL,
        "The address begins with http://, so that everybody on the way could read the key.",
        "Use the https address.",
        offer="https" + endpoint.base_url.removeprefix("http"),
    )


class _Examination:
    def __init__(self, endpoint: Endpoint, seconds: float):
        self._endpoint, self._seconds = endpoint, seconds
        self._client = Client(endpoint)
        self._dialects = Dialects(endpoint.base_url, impatient_connection())
        self.found = Abilities()

    def refuse_plain_http(self) -> None:
        problem = key_in_the_open(self._endpoint)
        if problem is not None:
            self.found = replace(self.found, problems=[problem])
            raise _NoMore

    def list_models(self) -> None:
        """Where there is no such list, nothing is wrong yet."""
        try:
            models = self._client.models(self._seconds)
        except (NotReached, KeyRefused) as failure:
            self._tell(Field.BASE_URL, failure)
        except (ProviderError, Unusable):
            pass
        else:
            self.found = replace(self.found, models=models[:MOST_MODELS])

    def ask_for_text(self, model: str) -> None:
        """The best form that works is how the model is asked from now on."""
        self._dialects.forget(model)
        dialect = Dialect()
        with self._problems_of(Field.TEXT_MODEL, model):
            for rung in Rung:
                dialect = replace(dialect, rung=rung)
                outcome, dialect = self._form(model, dialect)
                self.found = replace(self.found, forms=self.found.forms | {rung: outcome})
            working = [rung for rung, outcome in self.found.forms.items() if outcome is Outcome.WORKS]
            self._dialects.note(model, replace(dialect, rung=working[0] if working else Rung.PLAIN))
            if not working:
                self._problem(
                    Field.TEXT_MODEL,
                    f"{model} answers, but not in the form that it is asked for.",
                    "Choose a model that follows instructions; the smallest ones do not.",
                )

    def _form(self, model: str, dialect: Dialect) -> tuple[Outcome, Dialect]:
        """What comes of asking in this form, and how it was asked in the end."""
        wanted = dialect.rung
        for _ in range(MOST_STEPS):
            question = _question(model, dialect)
            try:
                completion = self._client.chat(question, self._seconds)
            except Refusal as refusal:
                after = dialect.after(refusal, question.options)
                if after is None:
                    raise
                if after.rung is not wanted:
                    return Outcome.REFUSED, dialect
                dialect = after
            else:
                self._spend(Field.TEXT_MODEL, completion.usage)
                return _judged(completion), dialect
        return Outcome.REFUSED, dialect

    def ask_for_a_picture(self, model: str) -> None:
        with self._problems_of(Field.IMAGE_MODEL, model):
            drawn = self._picture(model)
            self._spend(Field.IMAGE_MODEL, drawn.usage)
            if type_of(drawn.data or b"") is None:
                raise Unusable("the picture is in a format that we cannot show")
            delivery = Delivery.FROM_AN_ADDRESS if drawn.address else Delivery.IN_THE_ANSWER
            self.found = replace(self.found, pictures=delivery)

    def _picture(self, model: str) -> Drawn:
        sized: Json = {"size": size_for(model, SMALL_PICTURE)}
        try:
            return self._client.draw(model, SMALL_PICTURE.prompt, sized, self._seconds)
        except Refusal as refusal:
            after = Dialect().after(refusal, sized)
            if after is None:
                raise
            self._dialects.note(model, after)
            return self._client.draw(model, SMALL_PICTURE.prompt, {}, self._seconds)

    def ask_for_embeddings(self, model: str) -> None:
        with self._problems_of(Field.EMBEDDING_MODEL, model):
            found = self._client.embed(model, ["a garden", "a green leaf"], self._seconds)
            self._spend(Field.EMBEDDING_MODEL, found.usage)
            self.found = replace(self.found, embedding_length=len(found.vectors[0]))

    # what is wrong

    @contextmanager
    def _problems_of(self, asked: Field, model: str) -> Iterator[None]:
        """What goes wrong with one model keeps no other from being asked, unless it is about all of them."""
        try:
            yield
        except Unusable as unusable:
            self._spend(asked, unusable.usage)
            said = f"{model} did its work, and it cannot be used: {unusable}."
            self._problem(asked, said, "Choose another model.")
        except ModelMissing as missing:
            self._problem(asked, missing.sentence, self._those_there_are(model))
        except ProviderError as failure:
            self._tell(asked, failure)

    def _tell(self, asked: Field, failure: ProviderError) -> None:
        """Puts the failure into words. Raises _NoMore where it is not about one model alone."""
        match failure:
            case NotReached():
                offer = self._address_by_http(failure.error)
                self._problem(Field.BASE_URL, failure.sentence, how_to_reach(failure.error), offer)
                raise _NoMore
            case KeyRefused() if self._endpoint.key is None:
                self._problem(Field.KEY, failure.sentence, "This endpoint wants a key: make one there.")
                raise _NoMore
            case KeyRefused():
                self._problem(Field.KEY, failure.sentence, "Copy it again, or make a new one there.")
                raise _NoMore
            case QuotaUsedUp():
                self._problem(Field.KEY, failure.sentence, "Look at the account there: plan, balance and limits.")
                raise _NoMore
            case NoEndpoint() | Refusal(status=404) | Refusal(status=405) if not self._is_one:
                self._no_endpoint(failure)
                raise _NoMore
            case NoEndpoint() | Refusal(status=404) | Refusal(status=405) | Refusal(status=501):
                self._problem(asked, f"This endpoint does not do that. {failure.sentence}", "Leave the field empty.")
            case Refusal():
                self._problem(
                    asked, failure.sentence, "See what the endpoint says about this model, or choose another."
                )
            case _:
                self._problem(asked, failure.sentence, "Try again; if it stays so, look at the endpoint itself.")

    @property
    def _is_one(self) -> bool:
        """Whether it has answered as an endpoint of this kind does."""
        return bool(self.found.models) or self.found.usage != Usage() or self.found.writes

    def _no_endpoint(self, failure: ProviderError) -> None:
        """Nothing is there that could be asked. Perhaps it is only a part of the path that lacks."""
        offer = self._address_with_version()
        if offer:
            said = f"Nothing can be asked at {self._endpoint.base_url}, but at {offer} there is."
            return self._problem(Field.BASE_URL, said, "Use that address.", offer=offer)
        said = f"{self._endpoint.base_url} is not the address of an OpenAI-compatible endpoint. {failure.sentence}"
        return self._problem(Field.BASE_URL, said, "Look for it in the endpoint's documentation: most end with /v1.")

    def _address_with_version(self) -> str:
        base = self._endpoint.base_url
        if base.endswith("/v1") or self.found.models:
            return ""
        try:
            models = Client(replace(self._endpoint, base_url=f"{base}/v1")).models(self._seconds)
        except (ProviderError, Unusable):
            return ""
        return f"{base}/v1" if models else ""

    def _address_by_http(self, error: Exception | None) -> str:
        """Where it might answer unencrypted; empty where that is not what keeps it, or the key must not go so."""
        base = self._endpoint.base_url
        if not base.startswith("https:") or isinstance(error, UnknownName | PrivateAddress):
            return ""
        plain = replace(self._endpoint, base_url=f"http{base.removeprefix('https')}")
        return "" if key_in_the_open(plain) else plain.base_url

    def _those_there_are(self, wanted: str) -> str:
        if not self.found.models:
            return "Look up what it is called there; capitals count."
        near = difflib.get_close_matches(wanted, self.found.models, MODELS_NAMED, cutoff=0.3)
        named = list(dict.fromkeys([*near, *self.found.models]))[:MODELS_NAMED]
        more = " and others" if len(self.found.models) > len(named) else ""
        return f"There are: {', '.join(named)}{more}."

    def _problem(self, asked: Field, sentence: str, remedy: str, offer: str = "") -> None:
        self.found = replace(self.found, problems=[*self.found.problems, Problem(asked, sentence, remedy, offer)])

    def _spend(self, asked: Field, usage: Usage) -> None:
        so_far = self.found.took.get(asked, Usage())
        self.found = replace(self.found, took=self.found.took | {asked: sum_of([so_far, usage])})


def sum_of(usages: Iterable[Usage]) -> Usage:
    found = list(usages)
    return Usage(
        sum(one.input_tokens for one in found),
        sum(one.output_tokens for one in found),
        sum(one.cached_tokens for one in found),
    )


def _question(model: str, dialect: Dialect) -> Question:
    messages = [Message(Role.SYSTEM, in_words(Colour)), Message(Role.USER, QUESTION)]
    return Question(model, messages, dialect.options(0.0, MOST_TOKENS) | dialect.response_format("colour", Colour))


def _judged(completion: Completion) -> Outcome:
    try:
        Colour.model_validate(found_in(completion.text, completion.finish))
    except (BadReply, ValueError):
        return Outcome.IGNORED
    return Outcome.WORKS
