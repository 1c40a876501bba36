"""What operators see: the job queue's dashboard, guarded. It is not ours, so it is told nothing and trusted little."""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from flask_wtf import CSRFProtect

from config import Settings
from webapp.core import redis
from webapp.jobs import dashboard
from webapp.web.access import require_operator

# Its scripts are written into its pages, and its templates compile others; all of it comes from us alone.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def prepare(app: Flask, settings: Settings) -> None:
    """Mounts the dashboard behind operator sign-in. Raises PressroomError from its requests as our pages do."""
    blueprint = dashboard.mount(app, settings.redis_url)
    csrf: CSRFProtect = app.extensions["csrf"]
    csrf.exempt(blueprint)  # its buttons send no token; _guard looks at where they are

    @app.before_request
    def guard() -> None:
        if request.blueprint == blueprint.name:
            _guard()

    @app.after_request
    def loosen(response: Response) -> Response:
        if request.blueprint == blueprint.name and response.status_code < 400:
            response.headers["Content-Security-Policy"] = POLICY
        return response


def _guard() -> None:
    require_operator()
    if (request.view_args or {}).get("instance_number", 0) != 0:
        abort(404)
    if request.method == "POST":
        _require_own_origin()
    elif request.endpoint == "rq_dashboard.requeue_all":
        abort(405)  # it would change something by a mere look
    if not (request.endpoint or "").endswith(".static"):
        redis.require()


def _require_own_origin() -> None:
    sent_from = urlsplit(request.headers.get("Origin") or request.referrer or "")
    if (sent_from.scheme, sent_from.netloc) != (request.scheme, request.host):
        abort(403)
