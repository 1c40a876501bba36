"""For load balancers and supervisors: this process answers. What it needs besides is `pressroom doctor`'s matter."""

from flask import Blueprint, Response

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})
