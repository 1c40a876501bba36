"""What went wrong, as a sentence: what happened, and what to do next. No stack trace reaches a person."""

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

import config

NO_SPACE = ("disk is full", "no space left", "could not extend file")
OLD_SHAPE = ("no such table", "no such column", "undefinedtable", "undefinedcolumn")
SQLITE_FILE = ("unable to open database file", "readonly database", "disk i/o error", "file is not a database")
BUSY = ("database is locked", "deadlock detected", "lock timeout")


@contextmanager
def explained() -> Iterator[None]:
    """Turns every error of the block into click's own, with a sentence. What click knows itself passes."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as error:
        raise click.ClickException(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    from redis.exceptions import RedisError
    from sqlalchemy.exc import SQLAlchemyError

    from webapp.core.errors import PressroomError

    match error:
        case PressroomError() | config.BadSetting():
            return str(error)
        case SQLAlchemyError():
            return _about_the_database(error)
        case RedisError():
            return (
                f"The job queue (Redis) cannot do it: {_first_line(error)}. Nothing was lost. Try `pressroom doctor`."
            )
        case OSError():
            return _about_a_file(error)
    return _unexpected(error)


def _about_the_database(error: Exception) -> str:
    from sqlalchemy.exc import ArgumentError, OperationalError

    said = f"{type(getattr(error, 'orig', None)).__name__} {error}".lower()
    if isinstance(error, ArgumentError):
        remedy = "Write it like postgresql://user@host/name, or leave it out."
        return f"DATABASE_URL cannot be used: {_first_line(error)}. {remedy}"
    if any(words in said for words in NO_SPACE):
        return "There is no space left to save anything. Nothing was changed. Make room, then try again."
    if any(words in said for words in OLD_SHAPE):
        return "The database is not made, or older than this code. Run: bin/pressroom upgrade"
    if any(words in said for words in SQLITE_FILE):
        return (
            f"The database file cannot be used: {_first_line(error)}. Check that it and its folder can be written to."
        )
    if any(words in said for words in BUSY):
        return "The database is busy with somebody else's change. Nothing was changed. Try again in a few seconds."
    if isinstance(error, OperationalError):
        return f"The database does not answer: {_first_line(error)}. Check DATABASE_URL, and that the server runs."
    return _unexpected(error)


def _about_a_file(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "There is no space left to save anything. Nothing was changed. Make room, then try again."
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}. Check the path and its permissions."
    return _unexpected(error)


def _first_line(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0].rstrip(".")[:300]


def _unexpected(error: Exception) -> str:
    """A bug of ours. The trace is kept for whoever mends it."""
    kept = _keep("".join(traceback.format_exception(error)))
    return f"Something broke on our side ({type(error).__name__}). Nothing was half saved. {kept}"


def _keep(trace: str) -> str:
    try:
        path: Path = config.load().instance / "errors.log"
        with path.open("a") as file:
            file.write(trace + "\n")
    except (OSError, config.BadSetting):
        return trace.strip().splitlines()[-1]
    return f"What a developer needs to know is in {path}."
