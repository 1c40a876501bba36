"""The static sites that the folder target writes, for everybody to see."""

import os
from pathlib import Path

from flask import Blueprint, redirect, request, send_from_directory
from flask.typing import ResponseReturnValue
from werkzeug.utils import safe_join

from webapp.core.errors import NotFound
from webapp.core.settings import settings

pages = Blueprint("published", __name__)

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
# The target keeps notes of its own beside the pages; they are nobody's business.
SERVED = frozenset({".html", ".css", ".xml", ".txt", ".png", ".jpg", ".jpeg", ".webp", ".svg", ".ico"})


@pages.get("/published/<slug>/", defaults={"path": ""})
@pages.get("/published/<slug>/<path:path>")
def file(slug: str, path: str) -> ResponseReturnValue:
    folder = _inside(settings().published, slug)
    found = _inside(folder, path)
    if os.path.isdir(found):
        if path and not path.endswith("/"):
            return redirect(f"{request.path}/", 308)
        found = found / "index.html"
    # os.path answers False where pathlib raises: for names too long or with a zero byte
    if not os.path.isfile(found) or found.suffix not in SERVED or found.name.startswith("."):
        raise _missing(folder)
    answer = send_from_directory(folder, found.relative_to(folder).as_posix())
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "public, no-cache"
    return answer


def _inside(folder: Path, path: str) -> Path:
    joined = safe_join(str(folder), path)
    if joined is None:
        raise NotFound("There is no such page.", "Check the address.")
    return Path(joined)


def _missing(folder: Path) -> NotFound:
    if (folder / "index.html").is_file():
        return NotFound("There is no such page on this site.", "Look for it on the site's front page.")
    return NotFound("Nothing has been published here yet.", "The site appears with its first article.")
