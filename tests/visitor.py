"""A test client that behaves as a browser does: each request is a new one, and forms carry their token."""

from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from webapp.core.db import db

RAW_TOKEN = "5f0c1a"


class Visitor(FlaskClient):
    """Requests get an application context of their own, so nothing of one request is known to the next.

    What the test has changed is committed before, and its rows are read afresh after each request.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.expire_all()
        return response

    def send(self, address: str, fields: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Posts a form with a valid token. Fields may be lists or files."""
        return self.post(address, data={"csrf_token": self.token()} | (fields or {}), **kwargs)

    def htmx(self, address: str, fields: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Like send(), the way HTMX does it."""
        return self.send(address, fields, headers={"HX-Request": "true"}, **kwargs)

    def token(self) -> str:
        """A token that this visitor's session accepts."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", RAW_TOKEN)
        return str(URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw))
