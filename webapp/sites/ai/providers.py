"""Who answers for a site, operation by operation: a model that was chosen, or the embedded provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from webapp.ai.openai.prompts import BadTemplate, Template
from webapp.ai.provider import Operation, Provider
from webapp.ai.registry import UnknownProvider, provider_named
from webapp.core.secrets import Unreadable
from webapp.sites.ai.choices import chosen
from webapp.sites.ai.connections import endpoint_of
from webapp.sites.ai.prompts import templates_of
from webapp.sites.ai.voices import voice_of
from webapp.sites.models import Site


class NotReady(Exception):
    """What is set up for a site cannot be used: the sentence says what, and how to mend it."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


class Providers(Protocol):
    """Of one site. Made in a transaction, and used without."""

    def of(self, operation: Operation) -> Provider:
        """Raises NotReady."""
        ...


@dataclass(frozen=True)
class Everywhere:
    """The same for every operation."""

    provider: Provider

    def of(self, operation: Operation) -> Provider:
        return self.provider


class Chosen:
    """Each made when it is first wanted, and then kept: most runs need few, and each knows where it asks."""

    def __init__(self, makers: Mapping[Operation, Callable[[], Provider]]):
        self._makers = makers
        self._made: dict[Operation, Provider] = {}

    def of(self, operation: Operation) -> Provider:
        if operation not in self._made:
            self._made[operation] = self._make(operation)
        return self._made[operation]

    def _make(self, operation: Operation) -> Provider:
        try:
            return self._makers[operation]()
        except Unreadable as unreadable:
            raise NotReady(f"{unreadable.sentence} {unreadable.remedy}") from unreadable
        except BadTemplate as bad:
            raise NotReady(f"The prompt for {operation.label} cannot be used: {bad.sentence} {bad.remedy}") from bad
        except UnknownProvider as unknown:
            raise NotReady(str(unknown)) from unknown


def providers_of(
    site: Site,
    *,
    run: str = "",
    delay: float = 0.0,
    templates: Mapping[Operation, Template] | None = None,
    seconds: float | None = None,
) -> Providers:
    """`run`: whose turn it is when calls have to wait. `delay`: seconds that the embedded provider takes.

    `templates`: prompts to be asked with instead of those that are saved. `seconds`: how long an answer may take, if
    that is less than the installation allows.
    """
    said = templates_of(site) | dict(templates or {})
    return Chosen({operation: _maker(site, operation, said, run, delay, seconds) for operation in Operation})


def writes_for_publication(site: Site) -> bool:
    """False: what is written for the site needs a person before it leaves the demo."""
    if chosen(site, Operation.CONTENT_GENERATION) is not None:
        return True
    return provider_named(site.provider).writes_for_publication


def _maker(
    site: Site,
    operation: Operation,
    templates: Mapping[Operation, Template],
    run: str,
    delay: float,
    seconds: float | None,
) -> Callable[[], Provider]:
    choice, local = chosen(site, operation), site.provider
    if choice is None:
        return lambda: provider_named(local, delay=delay)
    connection, model = choice
    endpoint, voice = endpoint_of(connection), voice_of(site)
    number, at_a_time, embedding_model = connection.id, connection.at_a_time, connection.embedding_model
    key_set_at = connection.key_set_at

    def make() -> Provider:
        from webapp.ai.openai.provider import OpenAiProvider  # it takes half a second, which most pages need not wait

        return OpenAiProvider(
            endpoint,
            model,
            connection_id=number,
            key_set_at=key_set_at,
            embedding_model=embedding_model,
            templates=templates,
            voice=voice,
            run=run,
            at_a_time=at_a_time,
            seconds=seconds,
        )

    return make
