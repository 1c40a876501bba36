"""Light, dark, or as the device has it."""

from urllib.parse import urlsplit

from flask import Blueprint, Request, redirect, request, url_for
from flask.typing import ResponseReturnValue

pages = Blueprint("theme", __name__)

THEMES = ("auto", "light", "dark")
A_YEAR = 31_536_000


@pages.post("/theme")
def choose() -> ResponseReturnValue:
    wanted = request.form.get("theme", "")
    answer = redirect(_where_from(request), 303)
    if wanted in THEMES:
        answer.set_cookie("theme", wanted, max_age=A_YEAR, samesite="Lax", secure=request.is_secure)
    return answer


def chosen_theme(request: Request) -> str:
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in THEMES else "auto"


def _where_from(request: Request) -> str:
    """The page of ours that sent the form, else the start: never another site."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or not came.path.startswith("/") or came.path.startswith("//"):
        return url_for("home.sites")
    return came.path + (f"?{came.query}" if came.query else "")
