"""`pressroom user appoint`, `dismiss` and `list`."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.cli.conftest import Pressroom
from webapp.accounts.models import Member, OperatorEvent, Role, User
from webapp.core.db import db


@pytest.fixture
def first(app: Flask) -> Member:
    """The only operator."""
    return factories.member(of=factories.account("Garden"), operator=True)


@pytest.fixture
def second(first: Member) -> Member:
    return factories.member(of=first.account, role=Role.EDITOR)


def is_operator(member: Member) -> bool:
    return db.session.get_one(User, member.user_id, populate_existing=True).is_operator


def test_somebody_becomes_an_operator_and_it_is_recorded(pressroom: Pressroom, second: Member) -> None:
    said = pressroom("user", "appoint", second.user.email.upper())

    assert said.code == 0
    assert said.out == f"{second.user.name} ({second.user.email}) is an operator of this installation.\n"
    assert is_operator(second)
    pressroom("user", "appoint", second.user.email)
    assert db.session.scalars(select(OperatorEvent.text)).all() == [
        f"Made {second.user.name} ({second.user.email}) an operator."
    ]


def test_an_operator_is_dismissed_and_keeps_their_accounts(pressroom: Pressroom, first: Member, second: Member) -> None:
    pressroom("user", "appoint", second.user.email)
    said = pressroom("user", "dismiss", first.user.email)

    assert said.code == 0
    assert not is_operator(first) and is_operator(second)
    assert db.session.get_one(Member, first.id).role is first.role


def test_the_last_operator_stays(pressroom: Pressroom, first: Member) -> None:
    said = pressroom("user", "dismiss", first.user.email)

    assert said.code == 1
    assert "is the only operator. Nothing was changed: make somebody else an operator first." in said.err
    assert is_operator(first)


def test_an_unknown_address_is_named(pressroom: Pressroom, first: Member) -> None:
    said = pressroom("user", "appoint", "nobody@example.com")

    assert said.code == 1
    assert "There is no user with the email address 'nobody@example.com'." in said.err


def test_the_list_says_what_everybody_may_do(pressroom: Pressroom, first: Member, second: Member) -> None:
    said = pressroom("user", "list")

    assert f"{first.user.email}  {first.user.name}: owner of Garden, operator" in said.out
    assert f"{second.user.email}  {second.user.name}: editor of Garden\n" in said.out
