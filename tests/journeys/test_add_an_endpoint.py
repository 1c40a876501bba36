"""An owner adds an endpoint: tests it, is told what is wrong, mends it, saves it, prices it, and a site asks it."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from tests import factories
from tests.ai.openai import server
from tests.ai.openai.server import Asked, Told, chat, error
from tests.journeys.conftest import PHONE, SOON, WIDE, Installation, Open
from tests.journeys.test_meet_the_standards import barriers
from webapp.accounts.models import Account
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai.choices import chosen
from webapp.sites.ai.models import AiConnection

KEY = "sk-a-key-that-nobody-else-may-see"
MODELS = Told({"data": [{"id": name} for name in ("writer", "painter")]})
PICTURE = Told({"data": [{"b64_json": base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 40).decode()}]})


def answers(key: str = KEY) -> Callable[[Asked], Told]:
    """Those of an endpoint that does everything for that key."""
    told = {"models": MODELS, "completions": chat('{"colour": "green"}'), "generations": PICTURE}

    def answering(asked: Asked) -> Told:
        last = asked.path.rpartition("/")[2]
        if last != "models" and asked.headers.get("authorization") != f"Bearer {key}":
            return error(401, "Incorrect API key provided.", code="invalid_api_key")
        return told[last]

    return answering


@pytest.fixture
def account(installation: Installation) -> Iterator[Account]:
    """Without endpoints, before and after: no other journey asks one."""
    account = installation.account()
    forget_all()
    yield account
    forget_all()


def forget_all() -> None:
    db.session.execute(delete(AiConnection))
    db.session.commit()


@pytest.fixture
def there() -> Iterator[server.Endpoint]:
    with server.endpoint() as made:
        made.answer_by(answers())
        yield made


def slow(seconds: float) -> Callable[[Asked], Told]:
    """The same, but the model takes its time."""
    return lambda asked: replace(answers()(asked), delay=seconds) if asked.json else answers()(asked)


def fill(page: Page, there: server.Endpoint, key: str = KEY) -> None:
    for name, value in (("base_url", there.address), ("key", key), ("text_model", "writer")):
        page.locator(f"#{name}").fill(value)


def kept(account: Account) -> list[AiConnection]:
    of_account = select(AiConnection).where(AiConnection.account_id == account.id)
    found = list(db.session.scalars(of_account.execution_options(populate_existing=True)))
    db.session.commit()
    return found


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide-light", "phone-dark"])
def test_what_is_wrong_is_told_at_its_field_and_nothing_that_was_written_is_lost(
    open_page: Open, account: Account, there: server.Endpoint, viewport: dict, scheme: str
) -> None:
    page = open_page(f"/account/ai?account={account.id}", viewport=viewport, scheme=scheme)
    assert barriers(page) == []
    page.get_by_role("link", name="OpenRouter").click()
    expect(page.locator("#base_url")).to_have_value("https://openrouter.ai/api/v1")
    fill(page, there, key="sk-wrong")

    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator("#at-key")).to_contain_text("Copy it again", timeout=SOON)
    expect(page.locator("#key")).to_have_value("sk-wrong")
    assert barriers(page) == []

    page.locator("#key").fill(KEY)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator("#tested")).to_contain_text("It works", timeout=SOON)
    expect(page.locator("#at-key")).to_be_empty()
    assert barriers(page) == [] and kept(account) == []


def test_what_works_is_saved_without_another_test_priced_and_asked_by_a_site(
    open_page: Open, account: Account, there: server.Endpoint
) -> None:
    site = factories.site(account)
    page = open_page(f"/account/ai/new?account={account.id}&preset=openai")
    fill(page, there)
    page.locator("#image_model").fill("painter")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator("#tested")).to_contain_text("It works", timeout=SOON)
    asked = len(there.posts)

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#kept")).to_contain_text("in the answer (b64)", timeout=SOON)
    assert len(there.posts) == asked
    assert [one.name for one in kept(account)] == ["OpenAI"]
    assert barriers(page) == []

    page.get_by_role("link", name="Set the price of painter").click()
    page.locator("#image").fill("0.04")
    page.get_by_role("button", name="Save the price").click()
    expect(page.locator("#prices")).to_contain_text("$0.04", timeout=SOON)

    page.goto(f"/sites/{site.slug}/models")
    assert barriers(page) == []
    page.locator("#image_generation").select_option("embedded")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Runs ask them from now on")).to_be_visible(timeout=SOON)
    assert chosen(site, Operation.IMAGE_GENERATION) is None
    assert chosen(site, Operation.CONTENT_GENERATION) == (kept(account)[0], "writer")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_whoever_waits_for_a_test_sees_that_it_runs(
    open_page: Open, account: Account, there: server.Endpoint, viewport: dict
) -> None:
    there.answer_by(slow(1.0))
    page = open_page(f"/account/ai/new?account={account.id}&preset=openai", viewport=viewport)
    fill(page, there)
    expect(page.get_by_text("Testing…")).to_be_hidden()

    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("Testing…")).to_be_visible()

    expect(page.locator("#tested")).to_contain_text("It works", timeout=SOON)
    expect(page.get_by_text("Testing…")).to_be_hidden()
    expect(page.get_by_role("button", name="Test", exact=True)).to_be_enabled()


def test_without_javascript(open_page: Open, account: Account, there: server.Endpoint) -> None:
    page = open_page(f"/account/ai?account={account.id}", javascript=False)
    page.get_by_role("link", name="OpenAI", exact=True).click()
    fill(page, there, key="sk-wrong")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator("#error-key")).to_contain_text("Copy it again")
    expect(page.locator("#key")).to_have_value("")

    page.locator("#key").fill(KEY)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator("#tested")).to_contain_text("It works")
    expect(page.locator("#key-again")).to_contain_text("enter it again")

    page.locator("#key").fill(KEY)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#kept")).to_contain_text("json_schema")
    page.get_by_role("link", name="Set the price of writer").click()
    page.locator("#input").fill("0,15")
    page.get_by_role("button", name="Save the price").click()
    expect(page.locator("#prices")).to_contain_text("$0.15")

    page.get_by_role("link", name="Forget it").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("is forgotten, with its key")).to_be_visible()
    assert kept(account) == []
