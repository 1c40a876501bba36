"""What every response tells the browser: what it may load, what it may keep."""

from flask import Flask, Response, request
from flask_compress import Compress

PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
A_YEAR = 31_536_000


def prepare(app: Flask) -> None:
    app.config.update(
        SEND_FILE_MAX_AGE_DEFAULT=A_YEAR,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_ALGORITHM_STREAMING=["br", "gzip"],
        COMPRESS_MIN_SIZE=400,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=True,
    )
    Compress(app)
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGES)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"  # Flask-WTF checks the referrer over https
    if request.endpoint == "static":
        _keep(response)
    else:
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.add("HX-Request")
    return response


def _keep(response: Response) -> None:
    """A year if the address carries the content's hash; else the browser asks each time whether it changed."""
    named_by_content = "v" in request.args and response.status_code in (200, 304)
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if named_by_content else "no-cache"
