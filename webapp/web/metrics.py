"""The figures of the installation for a monitoring system: for operators, and for who has the token."""

import hmac
from collections.abc import Callable

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from webapp.core.settings import settings
from webapp.jobs import metrics
from webapp.web.access import require_operator

pages = Blueprint("metrics", __name__)


@pages.get("/metrics")
def show() -> Response:
    """In Prometheus' text format, or OpenMetrics for who asks for it."""
    if not _has_token():
        require_operator()
    encode, content_type = _encoder(request.headers.get("Accept", ""))
    text: bytes = encode(metrics.registry())
    return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})


def _encoder(wanted: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """What is wanted if it can be read, else the plain text."""
    try:
        return choose_encoder(wanted)
    except (TypeError, ValueError):  # of a version that is no number
        return choose_encoder("")


def _has_token() -> bool:
    wanted, sent = settings().metrics_token, request.authorization
    if wanted is None or sent is None or sent.type != "bearer" or sent.token is None:
        return False
    return hmac.compare_digest(wanted.encode(), sent.token.encode())
