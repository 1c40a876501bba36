"""What every template may count on: theme, site, navigation, messages."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, g, get_flashed_messages, request
from flask_security import current_user
from werkzeug.local import LocalProxy

from webapp.accounts.models import Role
from webapp.sites.models import Site
from webapp.web.access import may
from webapp.web.assets import asset
from webapp.web.navigation import navigation
from webapp.web.theme import chosen_theme

Value = TypeVar("Value")


def prepare(app: Flask) -> None:
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    return {
        "asset": asset,
        "theme": chosen_theme(request),
        "current_site": g.get("site"),
        "current_user": current_user,
        "can": _can,
        "nav": _when_used("navigation", _navigation),
        "messages": LocalProxy(lambda: get_flashed_messages(with_categories=True)),
        "page": "",
    }


def bare_context() -> dict[str, Any]:
    """The same for a page that must appear while the database does not answer: nobody, nowhere."""
    return {
        "asset": asset,
        "theme": chosen_theme(request),
        "current_site": None,
        "current_user": None,
        "can": lambda role: False,
        "nav": [],
        "messages": [],
        "page": "",
    }


def _can(role: str) -> bool:
    """Whether the signed-in member may act in that role on the current site."""
    return may(Role(role))


def _navigation() -> list[dict[str, Any]]:
    site: Site | None = g.get("site")
    return navigation(site) if site is not None and current_user.is_authenticated else []


def _when_used(name: str, make: Callable[[], Value]) -> Value:
    """Counted only where a template shows it (fragments do not), and then once per request."""

    def value() -> Value:
        if name not in g:
            setattr(g, name, make())
        return g.get(name)

    return LocalProxy(value)  # type: ignore[return-value]
