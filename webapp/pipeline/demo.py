"""The demo: an account with one site and its keywords, so that a newcomer has something to run."""

from pathlib import Path

from sqlalchemy import select

from webapp.accounts.models import OPERATOR, Account, InstallationRole, Role, User
from webapp.accounts.signup import join
from webapp.content.adding import add_keywords
from webapp.content.importing.reading import Line, lines
from webapp.content.importing.recognise import recognise
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.pipeline.founding import found_account, found_site
from webapp.sites.models import Site

SLUG = "demo"
NAME = "The Green Sill"
TIME_ZONE = "Europe/Berlin"
CREDITS = 5_000  # a run with the default limits spends about 450
KEYWORDS = Path(__file__).with_name("demo_keywords.csv")

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
    told = _with_keywords(site, _lines())
    db.session.commit()
    return told


def _lines() -> list[Line]:
    """Of the demo's file, which is as people export them. All or nothing, so it is no import that goes on."""
    with KEYWORDS.open("rb") as file:
        understood = recognise(file, KEYWORDS.name)
        file.seek(0)
        return list(lines(file, understood))


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


def _with_keywords(site: Site, read: list[Line]) -> str:
    """Adds them, and says so."""
    good = [line.fields for line in read if line.fields is not None]
    bad = [str(line.number) for line in read if line.fields is None]
    new = add_keywords(site.id, good).new
    return (
        f"The demo site “{NAME}” is ready with {new} keywords and {CREDITS} credits. Of its file,"
        f" {len(good) - new} lines repeat others and {len(bad)} cannot be read (lines {', '.join(bad)})."
    )
