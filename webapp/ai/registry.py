"""Which providers there are, by name."""

from collections.abc import Callable

from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.provider import Provider

PROVIDERS: dict[str, Callable[[float], Provider]] = {"embedded": EmbeddedProvider}


class UnknownProvider(Exception):
    """A site names a provider that this installation does not have."""


def provider_named(name: str, *, delay: float = 0.0) -> Provider:
    """The provider of that name. `delay` is for the embedded one. Raises UnknownProvider."""
    if name not in PROVIDERS:
        raise UnknownProvider(f"There is no provider {name!r}. Known: {', '.join(sorted(PROVIDERS))}.")
    return PROVIDERS[name](delay)
