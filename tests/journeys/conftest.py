"""A whole installation, started as people start it, and a browser that visits it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

import config
from tests import factories
from tests.processes import free_port
from webapp import create_app
from webapp.accounts.models import Account, Role, User
from webapp.accounts.signup import join, make_operator, make_user
from webapp.core.db import db
from webapp.pipeline.founding import found_account

READY_WITHIN = 60.0  # seconds
STOPS_WITHIN = 15.0
SOON = 15_000  # milliseconds
SLOWED_BY = "0.2"  # seconds per call of the provider
PASSWORD = "green paper lantern"
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Installation:
    """One that runs: its address, an app over the same database, and its owner."""

    address: str
    app: Flask
    email: str

    def account(self) -> Account:
        """The owner's account, within the app's context."""
        owner = db.session.scalars(db.select(User).where(User.email == self.email)).one()
        return owner.memberships[0].account


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    """Web, two workers, upkeep, timetable, a Redis of its own and SQLite, with an owner who is an operator too.

    Its workers must not meet the jobs of other tests, and it takes no part of the processor once the journeys are over.
    """
    with tempfile.TemporaryDirectory(prefix="pressroom-journeys-") as folder:
        environ = {
            "PRESSROOM_INSTANCE": folder,
            "SECRET_KEY": "known to the tests",
            "EMBEDDED_DELAY": SLOWED_BY,
            "LEASE_TTL": "6",
        }
        with started(environ, "--no-demo") as address:
            app = create_app(config.load(environ))
            with app.app_context():
                email = _owner()
                yield Installation(address, app, email)
                db.session.remove()
                db.engine.dispose()


@contextmanager
def started(environ: dict[str, str], *options: str) -> Iterator[str]:
    """The address of what `bin/up` starts, without its setting up: the supervisor and its children."""
    port = free_port()
    with tempfile.TemporaryFile("w+") as said:
        supervisor = subprocess.Popen(
            [sys.executable, "bin/supervise.py", "--port", str(port), *options],
            cwd=config.ROOT,
            env=_without_settings() | environ,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}", supervisor, said)
            yield f"http://127.0.0.1:{port}"
        finally:
            _stop(supervisor)


def _wait_for(address: str, supervisor: "subprocess.Popen[bytes]", said: IO[str]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(f"{address}/healthz"):
        if supervisor.poll() is not None or time.monotonic() > deadline:
            said.seek(0)
            pytest.fail(f"the installation does not start:\n{said.read()}")
        time.sleep(0.1)


def _stop(supervisor: "subprocess.Popen[bytes]") -> None:
    supervisor.send_signal(signal.SIGTERM)
    try:
        supervisor.wait(STOPS_WITHIN)
    finally:
        if supervisor.poll() is None:
            supervisor.kill()
            supervisor.wait()


def _without_settings() -> dict[str, str]:
    """What the installation must not take from whoever runs the tests."""
    ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SETUP_TOKEN", "PRESSROOM_INSTANCE")
    return {name: value for name, value in os.environ.items() if name not in ours}


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _owner() -> str:
    user = make_user("owner@example.com", "Ana", PASSWORD)
    make_operator(user)
    join(found_account("Studio", credits=factories.CREDITS * 10), user, Role.OWNER)
    db.session.commit()
    return user.email


Open = Callable[..., Page]


@pytest.fixture
def open_page(installation: Installation, browser: Browser, signed_in: dict) -> Iterator[Open]:
    """open_page("/path", viewport=..., javascript=False): a page of the owner's in a browser of its own.

    Afterwards no page may have said anything on its console: a policy error, a broken script, a missing file.
    """
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_page(
        path: str, *, viewport: dict = WIDE, scheme: str = "light", javascript: bool = True, stranger: bool = False
    ) -> Page:
        context = browser.new_context(
            base_url=installation.address,
            viewport=viewport,
            color_scheme=scheme,
            java_script_enabled=javascript,
            storage_state=None if stranger else signed_in,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(_words(message)))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [words for words in said if words] == []


def _words(message: ConsoleMessage) -> str:
    """What a page complains of. That an answer was an error is the test's own matter."""
    about_the_answer = "Failed to load resource" in message.text or "Failed to fetch" in message.text
    if message.type not in ("error", "warning") or about_the_answer:
        return ""
    return message.text


@pytest.fixture(scope="package")
def signed_in(installation: Installation, browser: Browser) -> dict:
    """The cookies of the owner, who has signed in with the password."""
    context = browser.new_context(base_url=installation.address)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(installation.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state
