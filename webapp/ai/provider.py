"""What every provider of paid operations looks like, and how it fails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from pydantic import BaseModel, ConfigDict


class Operation(StrEnum):
    """A paid AI function. The values are stored in the ledger and never change their meaning."""

    CLUSTERING = "clustering"
    IDEA_GENERATION = "idea_generation"
    CONTENT_GENERATION = "content_generation"
    IMAGE_PROMPT_EXTRACTION = "image_prompt_extraction"
    IMAGE_GENERATION = "image_generation"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Request(BaseModel):
    """The typed input of one operation. Equal requests have equal JSON, so their hash names a call."""

    model_config = ConfigDict(frozen=True)

    operation: ClassVar[Operation]
    prompt_version: ClassVar[str]


@dataclass(frozen=True)
class Usage:
    """What the provider reported for one call; zeros where it has no such measure.

    `cached_tokens`: those of the input that it had read before, and that cost less.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


class Finish(StrEnum):
    """Why an answer ends where it ends."""

    COMPLETE = "complete"
    LENGTH = "length"  # at the most that may be written: something is missing
    FILTERED = "filtered"  # the provider withheld it, or its rest


@dataclass(frozen=True)
class Reply:
    """A provider's answer as it came: `text` is JSON to be validated, `media` the bytes of an image.

    `problem`: what the provider itself found wrong with it, in half a sentence; `text` is then what the model wrote.
    """

    text: str
    media: bytes | None = None
    usage: Usage = field(default_factory=Usage)
    finish: Finish = Finish.COMPLETE
    problem: str | None = None


@dataclass(frozen=True)
class Step:
    """One of the questions that an item takes. `name`: which, for people; empty where it is the only one. `model`: who
    is asked, where that is not the provider's own."""

    request: Request
    name: str = ""
    model: str | None = None


class Provider(Protocol):
    """Answers requests. Called from worker threads: it must hold no database session and share no mutable state."""

    name: str
    model: str
    connection_id: int | None  # whose prices count; None: it costs no money
    key_set_at: datetime | None  # which of the connection's keys it asks with; None: with none
    writes_for_publication: bool  # False: its drafts need a person before they leave the demo
    can_be_asked_ahead: bool  # True: asking is free, quick, and always answered the same

    def prompt_version(self, request: Request) -> str:
        """Changes with all that is asked beside the request itself."""
        ...

    def next_step(self, request: Request, replies: Sequence[Reply]) -> Step | None:
        """What to ask after these answers, in their order; None: nothing more. Always says the same of the same."""
        ...

    def answer(self, request: Request) -> Reply:
        """Make exactly one call. Raises ProviderError."""
        ...

    def assembled(self, request: Request, replies: Sequence[Reply]) -> Reply:
        """What all the answers make together, as the operation reads it."""
        ...


class OneQuestion:
    """Of a provider that answers every request at once."""

    connection_id: int | None = None
    key_set_at: datetime | None = None

    def prompt_version(self, request: Request) -> str:
        return request.prompt_version

    def next_step(self, request: Request, replies: Sequence[Reply]) -> Step | None:
        return None if replies else Step(request)

    def assembled(self, request: Request, replies: Sequence[Reply]) -> Reply:
        return replies[-1]


class ProviderError(Exception):
    """A call failed. `permanent`: the same call will fail again. `retry_after`: seconds the provider asked for."""

    def __init__(self, sentence: str, *, permanent: bool, retry_after: float | None = None):
        super().__init__(sentence)
        self.sentence = sentence
        self.permanent = permanent
        self.retry_after = retry_after


class KeyRefused(ProviderError):
    """The provider does not accept our credentials: no item can succeed until a person acts."""

    def __init__(self, sentence: str):
        super().__init__(sentence, permanent=True)


class QuotaUsedUp(ProviderError):
    """The account at the provider has no money or quota left: no item can succeed until its owner acts there."""

    def __init__(self, sentence: str):
        super().__init__(sentence, permanent=True)


class AskedOtherwise(ProviderError):
    """The provider refused how it was asked, and did nothing. Asked again, it is asked differently."""

    def __init__(self, sentence: str):
        super().__init__(sentence, permanent=False)


class NoPlace(ProviderError):
    """So many calls are out already that this one was not sent. Nothing failed; its turn comes in `retry_after`."""

    def __init__(self, sentence: str, *, retry_after: float):
        super().__init__(sentence, permanent=False, retry_after=retry_after)


class OutcomeUnknown(ProviderError):
    """The request was sent and no answer came: the provider may have done, and billed, the work."""

    def __init__(self, sentence: str):
        super().__init__(sentence, permanent=False)


class BadReply(Exception):
    """The provider answered, and the answer is not what was asked for. The message says what is wrong with it."""
