"""The static sites that the folder target writes, for everybody to see."""

import os
import re
from html import escape, unescape
from pathlib import Path
from urllib.parse import urljoin

from flask import Blueprint, Response, redirect, request, send_from_directory, url_for
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
ADDRESS = re.compile(r"(?<=<loc>)[^<]*|(?<=<link>)[^<]*")


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
    if not os.path.isfile(found) or found.suffix not in SERVED or _is_hidden(found.relative_to(folder)):
        raise _missing(folder)
    answer = _whole_addresses(found, slug) if found.suffix == ".xml" else _as_it_is(folder, found)
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "public, no-cache"
    return answer


def _as_it_is(folder: Path, found: Path) -> Response:
    return send_from_directory(folder, found.relative_to(folder).as_posix())


def _whole_addresses(found: Path, slug: str) -> Response:
    """A feed or a sitemap holds relative addresses; its readers need whole ones, and only a request knows the host."""
    base = url_for("published.file", slug=slug, path="", _external=True)
    text = ADDRESS.sub(lambda address: escape(urljoin(base, unescape(address.group()))), found.read_text())
    answer = Response(text, mimetype="application/xml")
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _inside(folder: Path, path: str) -> Path:
    joined = safe_join(str(folder), path)
    if joined is None:
        raise NotFound("There is no such page.", "Check the address.")
    return Path(joined)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _missing(folder: Path) -> NotFound:
    if (folder / "index.html").is_file():
        return NotFound("There is no such page on this site.", "Look for it on the site's front page.")
    return NotFound("Nothing has been published here yet.", "The site appears with its first article.")
