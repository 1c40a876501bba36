"""Web sites to look at, and the operator's leave to look at this machine."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests import factories
from tests.publishing.wordpress.blog import Blog, looking_at
from tests.wordpress.look_alike import LookAlike, look_alike
from tests.wordpress.proxy import Proxy, proxy_before
from tests.wordpress.server import WordPress
from webapp.sites.models import Site


@pytest.fixture
def private_allowed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites may publish to addresses of this machine."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allow_private_targets=True))


@pytest.fixture
def there(private_allowed: None) -> Iterator[LookAlike]:
    """A web site that answers as WordPress does."""
    with look_alike() as site:
        yield site


@pytest.fixture
def blog(wordpress: WordPress) -> Iterator[Blog]:
    """What its administrator sees of it."""
    with looking_at(wordpress) as looked_at:
        yield looked_at


@pytest.fixture
def proxy(wordpress: WordPress) -> Iterator[Proxy]:
    """Stands before it, and does as it is told."""
    with proxy_before(wordpress.address) as between:
        yield between


@pytest.fixture
def site(private_allowed: None) -> Site:
    """One that is connected nowhere yet."""
    return factories.site()
