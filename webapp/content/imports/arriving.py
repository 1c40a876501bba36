"""A file arrives: its bytes are kept, and its head is looked at."""

from pathlib import PurePath
from typing import IO, Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from webapp.content.importing.recognise import recognise
from webapp.content.importing.understanding import Field, Understanding, Unrecognised, mapped
from webapp.content.imports import control, stored
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.content.moves import move
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.sites.models import Site

PASTED = "Pasted text"
LONGEST_NAME = 200


def receive(site: Site, stream: IO[bytes], filename: str, by: str) -> KeywordImport:
    """Keeps the file, and commits: it is to be looked through then, or a person has to say what its columns hold.

    Raises Invalid for what is no file of keywords, of which nothing is kept, and NotFound once the site is deleted.
    """
    arriving = KeywordImport(site_id=site.id, by=by, filename=_name(filename))
    try:
        db.session.add(arriving)
        db.session.commit()
        stored.store(arriving, stream)
    except (IntegrityError, StaleDataError) as error:
        db.session.rollback()
        raise NotFound("The site was deleted while the file arrived.", "Import the file into another site.") from error
    try:
        values = _understood(arriving)
    except Invalid:
        control.erase(arriving.id, (ImportStatus.ARRIVING,))
        raise
    move(arriving, (ImportStatus.ARRIVING,), values, "be looked through")
    db.session.commit()
    return arriving


def unmapped(arrived: KeywordImport) -> Understanding:
    """What was understood of a file of which a person has to say what its columns hold. Raises Conflict otherwise."""
    try:
        _recognised(arrived)
    except Unrecognised as error:
        return error.understanding
    except Invalid as error:
        raise Conflict(f"“{arrived.filename}” was dropped meanwhile.", "Choose the file again.") from error
    raise Conflict(f"“{arrived.filename}” is understood by now.", "Look at it as it is now.")


def say_what_columns_hold(arrived: KeywordImport, columns: dict[Field, int]) -> None:
    """Commits; the file is to be looked through then. Raises Invalid without a column of keywords, and Conflict."""
    understanding = mapped(unmapped(arrived), columns)
    move(arrived, (ImportStatus.UNMAPPED,), _to_be_counted(understanding), "have its columns chosen")
    db.session.commit()


def _understood(arriving: KeywordImport) -> dict[str, Any]:
    try:
        return _to_be_counted(_recognised(arriving))
    except Unrecognised:
        return {"status": ImportStatus.UNMAPPED, "touched_at": now()}


def _recognised(arrived: KeywordImport) -> Understanding:
    with stored.opened(arrived.id, arrived.size) as stream:
        return recognise(stream, arrived.filename)


def _to_be_counted(understanding: Understanding) -> dict[str, Any]:
    return {"status": ImportStatus.COUNTING, "understanding": understanding.to_json(), "touched_at": now()}


def _name(written: str) -> str:
    """Without the folders that some browsers send along."""
    name = PurePath(written.replace("\\", "/")).name
    return "".join(character for character in name if character.isprintable())[-LONGEST_NAME:] or PASTED
