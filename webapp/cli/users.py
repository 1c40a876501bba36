"""People who sign in."""

from collections.abc import Callable
from typing import IO, Any

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import BY, InputFile

ROLES = ("owner", "editor", "viewer")


@click.group()
def user() -> None:
    """People who sign in."""


@user.command()
@click.argument("email")
@click.option("--name", required=True, help="The person's name, as others see it.")
@click.option("--account", required=True, help="The account to join: its name, or its number.")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True, help="What they may do in it.")
@click.option(
    "--password-file", type=InputFile(), help="Read the password from there instead of asking; - is standard input."
)
@with_appcontext
def create(email: str, name: str, account: str, role: str, password_file: IO[bytes] | None) -> None:
    """Make a user with EMAIL, and give them a place in an account.

    The first user of an installation also becomes its operator, and makes the account if there is none.
    """
    from webapp.accounts.models import Role
    from webapp.accounts.signup import first_owner, join, make_user, nobody_yet
    from webapp.core.db import db

    password = _password(password_file)  # before the database is asked: nobody waits for a person who types
    first = nobody_yet()
    place = _account(account, may_make=first)
    make = first_owner if first else make_user
    made = make(email=email, name=name, password=password)
    join(place, made, Role(role))
    db.session.commit()
    also = ", and operator of this installation" if first else ""
    click.echo(f"{made.name} ({made.email}) is {role} of {place.name}{also}.")


@user.command("list")
@with_appcontext
def everybody() -> None:
    """Print who signs in: what they are in which account, and who is an operator."""
    from sqlalchemy import select

    from webapp.accounts.models import User
    from webapp.core.db import db

    for one in db.session.scalars(select(User).order_by(User.email)):
        places = [f"{member.role.value} of {member.account.name}" for member in one.memberships]
        rights = ["operator"] if one.is_operator else []
        click.echo(f"{one.email}  {one.name}: {', '.join([*places, *rights]) or 'nothing yet'}")


@user.command()
@click.argument("email")
@with_appcontext
def appoint(email: str) -> None:
    """Make the user with EMAIL an operator of this installation."""
    from webapp.accounts import signup

    _do(signup.appoint, email, "is an operator of this installation")


@user.command()
@click.argument("email")
@with_appcontext
def dismiss(email: str) -> None:
    """Take the rights over this installation from the user with EMAIL; their accounts stay."""
    from webapp.accounts import signup

    _do(signup.dismiss, email, "is no operator of this installation")


def _do(move: Callable[[Any, str], None], email: str, said: str) -> None:
    from sqlalchemy import select

    from webapp.accounts.models import User
    from webapp.accounts.signup import normal_email
    from webapp.core.db import db
    from webapp.core.errors import NotFound

    found = db.session.scalar(select(User).where(User.email == normal_email(email)))
    if found is None:
        raise NotFound(f"There is no user with the email address {email!r}.", "pressroom user list names them all.")
    move(found, BY)
    db.session.commit()
    click.echo(f"{found.name} ({found.email}) {said}.")


def _account(written: str, *, may_make: bool) -> Any:
    """The account of that name or number. Raises Invalid, naming those that there are."""
    from sqlalchemy import select

    from webapp.accounts.models import Account
    from webapp.core.db import db
    from webapp.core.errors import Invalid
    from webapp.pipeline.founding import found_account
    from webapp.web.welcome import CREDITS_TO_START_WITH

    accounts = db.session.scalars(select(Account).order_by(Account.id)).all()
    numbered = [one for one in accounts if str(one.id) == written]
    found = [one for one in accounts if one.name == written] or numbered
    if len(found) == 1:
        return found[0]
    if not accounts and may_make:
        return found_account(written, credits=CREDITS_TO_START_WITH)
    listed = ", ".join(f"{one.name} (number {one.id})" for one in found or accounts[:10])
    if found:
        raise Invalid("account", f"Several accounts are called {written!r}.", f"Give its number: {listed}.")
    raise Invalid("account", f"There is no account {written!r}.", f"Accounts here: {listed or 'none'}.")


def _password(file: IO[bytes] | None) -> str:
    """What a person types twice, or the file's first line."""
    if file is None:
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    try:
        return file.read(10_000).decode().split("\n")[0].removesuffix("\r")
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{file.name!r} is no text in UTF-8.", param_hint="--password-file") from error
