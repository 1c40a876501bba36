"""`pressroom user create`."""

from pathlib import Path

import pytest
from click import Choice, Option
from flask import Flask
from flask_security.utils import verify_password
from sqlalchemy import select

from tests import factories
from tests.cli.conftest import Pressroom, Said
from webapp.accounts.models import Account, Member, Role, User
from webapp.cli.users import create
from webapp.core.db import db
from webapp.credits import ledger

PASSWORD = "three green window sills"


def make(pressroom: Pressroom, *options: str, email: str = "ben@example.com", given: str = PASSWORD) -> Said:
    arguments = ("--name", "Ben", "--account", "Garden", *options)
    return pressroom("user", "create", email, *arguments, "--password-file", "-", given=given)


@pytest.fixture
def garden(app: Flask) -> Account:
    """An account that has an owner, who is also the operator."""
    account = factories.account("Garden")
    factories.member(of=account, operator=True)
    return account


def place_of(email: str) -> Member:
    return db.session.scalars(select(Member).join(User).where(User.email == email)).one()


def test_they_get_their_place_and_can_sign_in(garden: Account, pressroom: Pressroom) -> None:
    said = make(pressroom, "--role", "editor", email="Ben@Example.com ")

    assert said.code == 0
    assert said.out == "Ben (ben@example.com) is editor of Garden.\n"
    member = place_of("ben@example.com")
    assert (member.account_id, member.role) == (garden.id, Role.EDITOR)
    assert verify_password(PASSWORD, member.user.password)
    assert not member.user.is_operator


def test_the_password_is_asked_for_twice_and_not_shown(garden: Account, pressroom: Pressroom) -> None:
    said = pressroom(
        "user", "create", "ben@example.com", "--name", "Ben", "--account", "Garden", given=f"{PASSWORD}\n{PASSWORD}\n"
    )

    assert said.code == 0, said.err
    assert PASSWORD not in said.result.output
    assert verify_password(PASSWORD, place_of("ben@example.com").user.password)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nanother line\n"])
def test_a_file_holds_the_password_in_its_first_line(
    garden: Account, pressroom: Pressroom, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / "password"
    file.write_bytes(f" {PASSWORD} {ending}".encode())

    pressroom("user", "create", "ben@example.com", "--name", "Ben", "--account", "Garden", "--password-file", str(file))

    assert verify_password(f" {PASSWORD} ", place_of("ben@example.com").user.password)


def test_the_first_user_of_all_is_the_operator_and_makes_the_account(app: Flask, pressroom: Pressroom) -> None:
    said = make(pressroom)

    assert "owner of Garden, and operator of this installation" in said.out
    member = place_of("ben@example.com")
    assert member.user.is_operator
    assert ledger.balance(member.account_id) > 0


def test_the_first_user_takes_over_the_demo(app: Flask, pressroom: Pressroom) -> None:
    factories.account("Garden")

    make(pressroom)

    assert len(db.session.scalars(select(Account)).all()) == 1
    assert place_of("ben@example.com").role is Role.OWNER


def test_of_two_accounts_of_one_name_the_number_tells(garden: Account, pressroom: Pressroom) -> None:
    other = factories.account("Garden")

    said = make(pressroom)
    assert said.code == 1
    assert f"Garden (number {garden.id}), Garden (number {other.id})" in said.err

    assert make(pressroom, "--account", str(other.id)).code == 0
    assert place_of("ben@example.com").account_id == other.id


@pytest.mark.parametrize(
    ("options", "email", "password", "words"),
    [
        ((), "nobody", PASSWORD, "not an email address"),
        ((), "ben@example.com", "short", "shorter than 12 characters"),
        (("--name", " "), "ben@example.com", PASSWORD, "name is empty"),
        (("--account", "Gardn"), "ben@example.com", PASSWORD, "no account 'Gardn'. Accounts here: Garden (number"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_made(
    garden: Account, pressroom: Pressroom, options: tuple[str, ...], email: str, password: str, words: str
) -> None:
    said = make(pressroom, *options, email=email, given=password)

    assert said.code == 1
    assert words in said.err
    assert len(db.session.scalars(select(User)).all()) == 1
    assert len(db.session.scalars(select(Account)).all()) == 1


def test_an_address_that_is_taken_is_refused(garden: Account, pressroom: Pressroom) -> None:
    make(pressroom)

    said = make(pressroom)

    assert said.code == 1
    assert "already" in said.err


def test_a_password_file_that_holds_no_text_is_named(garden: Account, pressroom: Pressroom, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xff\xfe\xfd")

    said = pressroom(
        "user", "create", "ben@example.com", "--name", "Ben", "--account", "Garden", "--password-file", str(file)
    )

    assert said.code == 2
    assert "--password-file" in said.err


def test_there_is_no_option_that_takes_the_password_itself() -> None:
    assert {option for one in create.params if isinstance(one, Option) for option in one.opts} == {
        "--name", "--account", "--role", "--password-file",
    }  # fmt: skip


def test_every_role_can_be_given() -> None:
    (kind,) = (one.type for one in create.params if isinstance(one.type, Choice))
    assert list(kind.choices) == list(Role)
