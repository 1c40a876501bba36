"""The demo: an account with one site and its keywords, so that a newcomer has something to run."""

from pathlib import Path

from sqlalchemy import select

from webapp.accounts.models import OPERATOR, Account, InstallationRole, Role, User
from webapp.accounts.signup import join
from webapp.content.imports.at_once import import_at_once
from webapp.content.imports.models import KeywordImport
from webapp.content.imports.queries import first_remarks
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.pipeline.founding import found_account, found_site
from webapp.sites.models import Site

SLUG = "demo"
NAME = "The Green Sill"
TIME_ZONE = "Europe/Berlin"
CREDITS = 5_000  # a run with the default limits spends about 450
KEYWORDS = Path(__file__).with_name("demo_keywords.csv")

BY = "the demo"  # who imported them, in the records
MOST_NAMED = 100  # lines

THERE_ALREADY = "The demo site is there already; nothing was changed."


def found_demo() -> str:
    """Makes the demo, unless it is there, and commits. Answers a sentence about what was done.

    Of two that do so at once, one makes it and the other finds it.
    """
    if _is_there():
        return _nothing_done()
    try:
        site = _found()
    except Invalid:
        db.session.rollback()
        if _is_there():  # somebody else was faster
            return _nothing_done()
        raise
    with KEYWORDS.open("rb") as file:
        done = import_at_once(site, file, KEYWORDS.name, BY)
    return _in_words(done)


def _is_there() -> bool:
    return db.session.scalar(select(Site.id).where(Site.slug == SLUG)) is not None


def _nothing_done() -> str:
    db.session.rollback()
    return THERE_ALREADY


def _found() -> Site:
    account = found_account("Demo", credits=CREDITS)
    _give_to_operators(account)
    return found_site(account, NAME, SLUG, TIME_ZONE)


def _give_to_operators(account: Account) -> None:
    """Where nobody has signed up yet there are none, and the first owner will take it over."""
    for user in db.session.scalars(select(User).where(User.roles.any(InstallationRole.name == OPERATOR))):
        join(account, user, Role.OWNER)


def _in_words(done: KeywordImport) -> str:
    remarks = first_remarks(done.id, MOST_NAMED)
    broken = ", ".join(str(number) for number, is_left_out, _ in remarks if is_left_out)
    return (
        f"The demo site “{NAME}” is ready with {done.new} keywords and {CREDITS} credits. Of its file,"
        f" {done.duplicates} lines repeat others and {done.bad} cannot be read (lines {broken})."
    )
