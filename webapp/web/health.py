"""For load balancers and supervisors: whether this process answers, and whether it can do its work."""

from flask import Blueprint, Flask, Response, current_app

from webapp.jobs.readiness import Readiness

pages = Blueprint("health", __name__)

READINESS = "readiness"


def prepare(app: Flask) -> None:
    app.extensions[READINESS] = Readiness(app)


@pages.get("/healthz")
def healthz() -> Response:
    """This process answers, whatever it needs besides."""
    return _plain("ok", 200)


@pages.get("/readyz")
def readyz() -> Response:
    """The database answers and has the shape of this code, and Redis answers; else 503 and a line for each trouble."""
    readiness: Readiness = current_app.extensions[READINESS]
    problems = readiness.problems()
    return _plain("\n".join(problems), 503) if problems else _plain("ok", 200)


def _plain(text: str, code: int) -> Response:
    return Response(f"{text}\n", code, mimetype="text/plain", headers={"Cache-Control": "no-store"})
