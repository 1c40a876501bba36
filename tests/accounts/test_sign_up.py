"""Making users and accounts: what is kept, what is refused."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from webapp.accounts.members import accounts_of
from webapp.accounts.models import Member, Role
from webapp.accounts.signup import join, make_account, make_operator, make_user, normal_email
from webapp.core.db import db
from webapp.core.errors import Invalid

PASSWORD = "green paper lantern"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ana@Example.COM", "ana@example.com"),
        ("  ana+news@example.com\n", "ana+news@example.com"),
        ("ana@localhost", "ana@localhost"),
        ("ＡＮＡ@example.com", "ana@example.com"),
        ("josé@bücher.example", "josé@bücher.example"),
    ],
)
def test_an_email_address_has_one_form(written: str, kept: str) -> None:
    assert normal_email(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ana",
        "@example.com",
        "ana@",
        "a@b@c",
        "ana lima@example.com",
        "ana@.com",
        "ana@com.",
        "ana\x00@b.c",
        "x" * 250 + "@b.com",
    ],
)
def test_what_is_no_email_address_is_refused(written: str) -> None:
    with pytest.raises(Invalid) as refused:
        normal_email(written)
    assert refused.value.field == "email"


def test_a_password_is_kept_only_as_a_hash(app: Flask) -> None:
    user = make_user("ana@example.com", " Ana  Lima ", PASSWORD)
    assert user.name == "Ana Lima"
    assert user.password.startswith("$argon2")
    assert PASSWORD not in user.password
    assert user.verify_and_update_password(PASSWORD)
    assert not user.verify_and_update_password("green paper lanterns")


def test_an_email_address_belongs_to_one_user(app: Flask) -> None:
    make_user("ana@example.com", "Ana", PASSWORD)
    with pytest.raises(Invalid) as refused:
        make_user("ANA@example.com", "Another Ana", PASSWORD)
    assert refused.value.field == "email"


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 257])
def test_passwords_have_a_length(app: Flask, password: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_user("ana@example.com", "Ana", password)
    assert refused.value.field == "password"


def test_joining_twice_changes_the_role(app: Flask) -> None:
    account, user = make_account("Gardens"), factories.user()
    join(account, user, Role.VIEWER)
    join(account, user, Role.EDITOR)
    (member,) = db.session.scalars(select(Member)).all()
    assert member.role is Role.EDITOR


def test_accounts_are_found_by_what_a_user_may_do_there(app: Flask) -> None:
    user = factories.user()
    accounts = {role: factories.account(role.value) for role in Role}
    for role, account in accounts.items():
        join(account, user, role)
    factories.member()
    assert set(accounts_of(user)) == set(accounts.values())
    assert set(accounts_of(user, Role.EDITOR)) == {accounts[Role.OWNER], accounts[Role.EDITOR]}
    assert list(accounts_of(user, Role.OWNER)) == [accounts[Role.OWNER]]


def test_becoming_an_operator_twice_is_once(app: Flask) -> None:
    user, other = factories.user(), factories.user()
    assert not user.is_operator
    for _ in range(2):
        make_operator(user)
    db.session.commit()
    assert user.is_operator
    assert len(user.roles) == 1
    assert not other.is_operator
