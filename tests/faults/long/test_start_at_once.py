"""Fifty people press Start at the same moment, on each of twenty sites."""

import re
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import CookieJar
from threading import Barrier
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, build_opener

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.faults.long.table import Figures
from tests.pipeline import engine
from tests.processes import crew, free_port
from webapp.accounts.models import Role
from webapp.accounts.signup import join, make_user
from webapp.core.db import db
from webapp.pipeline.models import Run
from webapp.sites.models import Site

SITES = 20
AT_ONCE = 50
PASSWORD = "a password for this trial"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    code: int
    text: str
    seconds: float


@pytest.mark.row(4, "50 simultaneous starts of each of 20 sites, over HTTP")
def test_one_start_wins_and_the_others_are_told_by_whom(app: Flask, environ: dict[str, str], figures: Figures) -> None:
    account = factories.account(credits=5000)
    owner = make_user("ana@example.com", "Ana", PASSWORD)
    join(account, owner, Role.OWNER)
    db.session.commit()
    sites = [engine.site_with_keywords(3, account=account) for _ in range(SITES)]
    with crew(environ) as processes, ThreadPoolExecutor(AT_ONCE) as people:
        port = free_port()
        processes.start_web(port)
        browser = Browser(f"http://127.0.0.1:{port}")
        answers = [answer for site in sites for answer in starts_at_once(people, browser, site)]

    codes = Counter(answer.code for answer in answers)
    runs = db.session.scalar(select(func.count()).select_from(Run))
    db.session.commit()
    assert codes == {200: SITES, 409: SITES * (AT_ONCE - 1)}
    assert runs == SITES
    polite = [answer for answer in answers if answer.code == 409 and is_polite(answer.text)]
    figures.add("runs, polite answers", f"{runs}, {len(polite)}", f"{SITES}, {SITES * (AT_ONCE - 1)}")
    assert len(polite) == SITES * (AT_ONCE - 1)
    milliseconds = sorted(answer.seconds * 1000 for answer in answers)
    p99 = milliseconds[int(len(milliseconds) * 0.99)]
    figures.add("answered within: median, p99", f"{statistics.median(milliseconds):.0f} ms, {p99:.0f} ms")


def starts_at_once(people: ThreadPoolExecutor, browser: "Browser", site: Site) -> list[Answer]:
    ready = Barrier(AT_ONCE)

    def start(number: int) -> Answer:
        ready.wait()
        return browser.post(f"/sites/{site.slug}/runs", start_token=f"{site.slug}-{number}")

    return list(people.map(start, range(AT_ONCE)))


def is_polite(page: str) -> bool:
    """It names the run in the way and its state, who started it and when, and offers both ways on."""
    return bool(re.search(r"Run\s+\d+", page)) and all(
        words in page for words in ("Ana", "queued", "Open", "Cancel it and start")
    )


class Browser:
    """Somebody who is signed in, with as many windows as wanted."""

    def __init__(self, address: str):
        self._address = address
        self._cookies = CookieJar()
        window = self._window()
        form = {"email": "ana@example.com", "password": PASSWORD, "csrf_token": self._token(window, "/sign-in")}
        window.open(f"{address}/sign-in", urlencode(form).encode())
        self._csrf_token = self._token(self._window(), "/sites/new")

    def post(self, path: str, **fields: str) -> Answer:
        form = urlencode(fields | {"csrf_token": self._csrf_token}).encode()
        window, began = self._window(), time.monotonic()
        try:
            with window.open(self._address + path, form, timeout=120) as answer:
                return Answer(answer.status, answer.read().decode(), time.monotonic() - began)
        except HTTPError as refusal:
            return Answer(refusal.code, refusal.read().decode(), time.monotonic() - began)

    def _window(self) -> OpenerDirector:
        return build_opener(ProxyHandler({}), HTTPCookieProcessor(self._cookies))

    def _token(self, window: OpenerDirector, path: str) -> str:
        found = TOKEN.search(window.open(self._address + path).read().decode())
        assert found is not None, f"{path} has no form"
        return found[1]
