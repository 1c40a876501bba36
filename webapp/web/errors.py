"""What went wrong, as a page or a toast: what happened, that nothing was lost, what to do next."""

import errno
from dataclasses import dataclass

from flask import Flask, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid, NotFound, PressroomError, RedisAway
from webapp.pipeline import room
from webapp.web.access import NotAllowed
from webapp.web.context import bare_context
from webapp.web.htmx import is_htmx, toast
from webapp.web.large_files import TooLarge

STATUS: dict[type[PressroomError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Invalid: 422,
    Conflict: 409,
    RedisAway: 503,
    TooLarge: 413,
}
OTHERWISE = 400
WRITER_AT_WORK = ("database is locked", "database table is locked", "deadlock detected", "lock timeout")
NOT_WRITABLE = ("readonly database", "unable to open database file", "disk i/o error", "read-only transaction")


@dataclass(frozen=True)
class Problem:
    """What a person reads when something did not work."""

    code: int
    sentence: str
    remedy: str


OPEN_TOO_LONG = Problem(
    400,
    "This page was open for too long, or in another sign-in.",
    "Nothing was changed. Go back, reload the page and try again.",
)
BUSY = Problem(
    503, "The database is busy with somebody else's change.", "Nothing was changed. Try again in a few seconds."
)
FULL = Problem(
    503, "There is no space left to save anything.", "Nothing was changed. Free some disk space, then try again."
)
CANNOT_BE_WRITTEN = Problem(
    503, "The database cannot be written to.", "Nothing was changed. Try again soon; if it stays so, tell the operator."
)
DATABASE_AWAY = Problem(
    503, "The database does not answer.", "Nothing was changed. Try again soon; if it stays so, tell the operator."
)
NOT_STORABLE = Problem(
    422, "Something in it cannot be stored.", "Nothing was changed. Look for odd characters or huge numbers."
)
BROKEN = Problem(
    500, "Something broke on our side.", "Nothing was half saved, and the error is in the log. Try again, or go back."
)
OF_STATUS = {
    problem.code: problem
    for problem in (
        Problem(400, "The request could not be understood.", "Nothing was changed. Go back and try again."),
        Problem(403, "You may not do that.", "Nothing was changed."),
        Problem(404, "That page does not exist.", "Check the address, or start from your list of sites."),
        Problem(
            405, "That cannot be done at this address.", "Nothing was changed. Go back and use the page's buttons."
        ),
        Problem(413, "That is too large to send.", "Nothing was changed. Split it into smaller parts."),
        BROKEN,
    )
}


def prepare(app: Flask) -> None:
    app.register_error_handler(PressroomError, _explain)
    app.register_error_handler(CSRFError, lambda error: _answer(OPEN_TOO_LONG))
    app.register_error_handler(HTTPException, _explain_status)
    app.register_error_handler(DBAPIError, _explain_database)
    app.register_error_handler(PoolTimeout, _explain_database)
    app.register_error_handler(OSError, _explain_storage)
    app.register_error_handler(OverflowError, _explain_number)


def _explain(error: PressroomError) -> ResponseReturnValue:
    code = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), OTHERWISE)
    return _answer(Problem(code, error.sentence, error.remedy))


def _explain_status(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error
    problem = OF_STATUS.get(code) or Problem(code, f"{error.name}.", "Nothing was changed.")
    answer = make_response(_answer(problem))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _explain_database(error: Exception) -> ResponseReturnValue:
    said = str(error).lower()
    if room.lacks_room(error):
        return _answer(FULL)
    if any(words in said for words in NOT_WRITABLE):
        return _answer(CANNOT_BE_WRITTEN)
    if any(words in said for words in WRITER_AT_WORK):
        return _answer(BUSY)
    if isinstance(error, DataError):
        return _not_storable()
    if isinstance(error, OperationalError | PoolTimeout):
        return _answer(DATABASE_AWAY)
    raise error


def _explain_storage(error: OSError) -> ResponseReturnValue:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return _answer(FULL)
    raise error


def _explain_number(error: OverflowError) -> ResponseReturnValue:
    """Where PostgreSQL says DataError, SQLite's driver says this."""
    if "SQLite" in str(error):
        return _not_storable()
    raise error


def _not_storable() -> ResponseReturnValue:
    """A value that no column can hold: nothing was found by it, or it cannot be saved."""
    return _answer(OF_STATUS[404] if request.method in ("GET", "HEAD") else NOT_STORABLE)


def _answer(problem: Problem) -> ResponseReturnValue:
    """HTMX keeps the page as it is and shows a toast; everybody else gets a page."""
    db.session.rollback()
    if is_htmx():
        answer = make_response("", problem.code)
        answer.headers["HX-Reswap"] = "none"
        return toast(answer, "err", f"{problem.sentence} {problem.remedy}".strip())
    return make_response(_page(problem), problem.code)


def _page(problem: Problem) -> str:
    told = {"problem": problem, "code": problem.code, "retry_url": _again() if problem.code >= 500 else None}
    if problem.code < 500:
        return render_template("error.html", **told)
    # Nothing may ask the database now who is signed in and how many keywords there are.
    return current_app.jinja_env.get_template("error.html").render(bare_context() | told)


def _again() -> str | None:
    """The address to ask for once more, if asking changes nothing."""
    return request.full_path.rstrip("?") if request.method == "GET" else None
