"""The endpoints of an account: where keys go, what is known of them, what sites ask."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.sites.ai.endpoints import BROKEN, KEY, LISTS_ONLY, WORKS, endpoint, wanted
from webapp.accounts.models import Account, AccountEvent
from webapp.ai.openai.endpoint import SignIn
from webapp.ai.openai.examine import Abilities
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.ai import connections
from webapp.sites.ai.connections import endpoint_for, endpoint_of
from webapp.sites.ai.models import AiConnection


@pytest.fixture
def account(app: Flask) -> Account:
    return factories.account()


def test_the_first_of_an_account_is_its_default(account: Account) -> None:
    first = connections.add(account.id, wanted(), WORKS, "Ana")
    second = connections.add(account.id, wanted(name="Other"), None, "Ana")
    elsewhere = connections.add(factories.account().id, wanted(), None, "Ana")

    assert [one.is_default for one in (first, second, elsewhere)] == [True, False, True]
    assert (first.tested_at is not None, second.tested_at) == (True, None)


def test_what_is_asked_is_what_was_saved(account: Account) -> None:
    made = connections.add(account.id, wanted(sign_in=SignIn.API_KEY, api_version="2024-10-21"), None, "Ana")
    found = endpoint_of(made)

    assert (found.base_url, found.sign_in, found.api_version) == (made.base_url, SignIn.API_KEY, "2024-10-21")
    assert found.key is not None and found.key.reveal() == KEY


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"key": "", "base_url": "https://elsewhere.example/v1"}, "belongs to another address"),
        ({"key": "", "base_url": "http://api.example.com/v1"}, "belongs to another address"),
    ],
    ids=["another host", "unencrypted"],
)
def test_the_kept_key_goes_nowhere_else(account: Account, fields: dict[str, str], words: str) -> None:
    kept = endpoint(account)

    with pytest.raises(Invalid, match=words):
        endpoint_for(wanted(**fields), kept)
    assert endpoint_for(wanted(key=""), kept).key == kept.key


def test_a_missing_key_is_asked_for(account: Account) -> None:
    with pytest.raises(Invalid, match="missing"):
        connections.add(account.id, wanted(key=""), None, "Ana")
    assert connections.add(account.id, wanted(key="", needs_key=False), None, "Ana").key is None


def test_a_key_can_be_taken_out(account: Account) -> None:
    kept = endpoint(account, key_set_at=now())

    connections.save(kept, wanted(key="", needs_key=False), None, "Ana")

    assert (kept.key, kept.key_set_at) == (None, None)


@pytest.mark.parametrize(
    ("found", "goes_on"), [(WORKS, True), (LISTS_ONLY, False), (BROKEN, False)], ids=["works", "lists", "broken"]
)
def test_only_a_key_that_was_taken_ends_the_wait(account: Account, found: Abilities, goes_on: bool) -> None:
    kept = endpoint(account, refused_at=now(), refusal="Wrong key.")

    connections.tested(kept, found)

    assert (kept.refused_at is None) == (kept.refusal == "") == goes_on
    assert kept.tested_at is not None


def test_another_model_forgets_what_was_tested_and_keeps_the_refusal(account: Account) -> None:
    kept = connections.add(account.id, wanted(), WORKS, "Ana")
    kept.refused_at = now()

    connections.save(kept, wanted(key="", name="Renamed"), None, "Ana")
    assert kept.tested_at is not None
    connections.save(kept, wanted(key="", text_model="gpt-y"), None, "Ana")

    assert (kept.tested_at, kept.abilities) == (None, None)
    assert kept.refused_at is not None


def test_there_is_one_default(account: Account) -> None:
    first, second = endpoint(account), endpoint(account, name="Other", is_default=False)
    connections.make_default(second, "Ana")
    db.session.commit()

    db.session.expire_all()
    assert (first.is_default, second.is_default) == (False, True)


def test_what_is_forgotten_is_gone_and_recorded(account: Account) -> None:
    kept, other = endpoint(account), endpoint(account, name="Other", is_default=False)

    connections.forget(kept, "Ana")
    db.session.commit()

    assert db.session.scalars(select(AiConnection)).all() == [other]
    event = db.session.scalars(select(AccountEvent).where(AccountEvent.account_id == account.id)).all()[-1]
    assert (event.by, event.text) == ("Ana", "Forgot the endpoint OpenAI, with its key and its prices.")
