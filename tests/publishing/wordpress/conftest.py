"""Web sites to look at, and the operator's leave to look at this machine."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.wordpress.look_alike import LookAlike, look_alike


@pytest.fixture
def private_allowed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites may publish to addresses of this machine."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allow_private_targets=True))


@pytest.fixture
def there(private_allowed: None) -> Iterator[LookAlike]:
    """A web site that answers as WordPress does."""
    with look_alike() as site:
        yield site
