"""The first visitor becomes the owner; from then on nobody does."""

import dataclasses
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Account, Member, Role, User
from webapp.accounts.signup import AlreadyFounded, first_owner
from webapp.core.db import db
from webapp.credits import ledger

OWNER = {
    "name": "Ana Lima",
    "email": "Ana@Example.com",
    "password": "green paper lantern",
    "account_name": "Lima Gardens",
}
FAR_AWAY = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.mark.parametrize("address", ["/", "/sites/new", "/sites/demo/settings", "/sign-in", "/operator/rq/"])
def test_every_page_leads_to_the_welcome_page(client: Visitor, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.location) == (303, "/welcome")


def test_health_and_published_sites_need_no_owner(client: Visitor) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/published/demo/").status_code == 404


def test_the_first_owner_is_made_and_signed_in(client: Visitor) -> None:
    assert client.send("/welcome", OWNER).location == "/"
    assert "Lima Gardens" in client.get("/").text
    user = db.session.scalars(select(User)).one()
    assert (user.email, user.name, user.is_operator) == ("ana@example.com", "Ana Lima", True)
    assert user.password.startswith("$argon2")
    member = user.memberships[0]
    assert (member.role, member.account.name) == (Role.OWNER, "Lima Gardens")
    assert ledger.balance(member.account_id) > 0
    assert ledger.verify().ok


def test_accounts_without_members_are_adopted(client: Visitor) -> None:
    factories.site(factories.account("Demo"), name="Demo garden")
    client.send("/welcome", OWNER)
    names = db.session.scalars(select(Account.name).join(Member).where(Member.role == Role.OWNER)).all()
    assert sorted(names) == ["Demo", "Lima Gardens"]
    assert "Demo garden" in client.get("/").text


def test_the_welcome_page_is_gone_afterwards(client: Visitor) -> None:
    client.send("/welcome", OWNER)
    assert client.get("/welcome").status_code == 404
    client.send("/sign-out")
    assert client.get("/welcome").status_code == 404
    assert client.send("/welcome", OWNER | {"email": "eve@example.com"}).status_code == 404
    assert db.session.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "elevenchars", "shorter than 12"),
        ("email", "no address", "not an email address"),
        ("email", "two words@example.com", "not an email address"),
        ("name", "  ", "name is empty"),
        ("account_name", "", "name is empty"),
        ("account_name", "x" * 121, "longer than 120"),
    ],
)
def test_bad_values_are_answered_and_nothing_is_saved(client: Visitor, field: str, value: str, said: str) -> None:
    answer = client.send("/welcome", OWNER | {field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.scalar(select(func.count()).select_from(User)) == 0
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0


def test_another_machine_is_told_to_use_the_printed_address(client: Visitor) -> None:
    for answer in (
        client.get("/welcome", environ_base=FAR_AWAY),
        client.send("/welcome", OWNER, environ_base=FAR_AWAY),
    ):
        assert answer.status_code == 403
        assert "bin/up" in answer.text
    assert db.session.scalar(select(func.count()).select_from(User)) == 0


def test_another_machine_with_the_token_may(app: Flask, client: Visitor, settings: Settings) -> None:
    app.config["SETTINGS"] = dataclasses.replace(settings, setup_token="a-long-token")
    assert client.get("/welcome?token=another", environ_base=FAR_AWAY).status_code == 403
    assert client.get("/welcome?token=a-long-tok%C3%A9n", environ_base=FAR_AWAY).status_code == 403
    assert client.get("/welcome?token=a-long-token", environ_base=FAR_AWAY).status_code == 200
    assert client.send("/welcome?token=a-long-token", OWNER, environ_base=FAR_AWAY).location == "/"


def test_without_a_token_set_an_empty_one_opens_nothing(client: Visitor) -> None:
    assert client.get("/welcome?token=", environ_base=FAR_AWAY).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}, {"Host": "evil.example"}]
)
def test_a_proxy_or_a_foreign_name_is_not_this_machine(client: Visitor, headers: dict[str, str]) -> None:
    assert client.get("/welcome", headers=headers).status_code == 403


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_every_loopback_address_is_this_machine(client: Visitor, peer: str) -> None:
    assert client.get("/welcome", environ_base={"REMOTE_ADDR": peer}).status_code == 200


def test_of_two_at_once_only_one_wins(app: Flask) -> None:
    barrier, outcomes = threading.Barrier(2), []

    def visit(number: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                first_owner(email=f"ana{number}@example.com", name="Ana", password="green paper lantern")
                db.session.commit()
                outcomes.append("won")
            except AlreadyFounded:
                db.session.rollback()
                outcomes.append("too late")

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert sorted(outcomes) == ["too late", "won"]
    assert db.session.scalar(select(func.count()).select_from(User)) == 1
