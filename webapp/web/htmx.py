"""Answers for HTMX, and for browsers without JavaScript, from the same view."""

import json
from collections.abc import Callable

from flask import Response, flash, make_response, redirect, request
from flask.typing import ResponseReturnValue


def is_htmx() -> bool:
    """Whether HTMX asks, and so wants a fragment. Errors and restored pages come without the header."""
    return request.headers.get("HX-Request") == "true"


def toast(response: ResponseReturnValue, kind: str, text: str) -> Response:
    """The response, with a message that app.js shows. `kind` is ok, warn or err."""
    answer = make_response(response)
    events = json.loads(answer.headers.get("HX-Trigger", "{}"))
    answer.headers["HX-Trigger"] = json.dumps(events | {"toast": {"kind": kind, "message": text}})
    return answer


def after_post(
    fragment: Callable[[], ResponseReturnValue], redirect_url: str, kind: str, text: str
) -> ResponseReturnValue:
    """After something was done: the fragment and a toast for HTMX, else a redirect that shows the message."""
    if is_htmx():
        return toast(fragment(), kind, text)
    flash(text, kind)
    return redirect(redirect_url, 303)
