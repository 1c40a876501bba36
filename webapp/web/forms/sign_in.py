"""Signing in with an email address and a password."""

from flask import request
from flask_security.forms import LoginForm

from webapp.accounts import attempts
from webapp.accounts.signup import normal_email
from webapp.core.errors import Invalid

TOO_MANY = f"Too many tries. Wait {attempts.WITHIN // 60} minutes, then try again."


class SignInForm(LoginForm):
    """Flask-Security's form, with a limit on tries."""

    def validate(self, **kwargs: object) -> bool:
        address, email = request.remote_addr or "", _comparable(self.email.data)
        if not attempts.may_try(address, email):
            self.form_errors = [TOO_MANY]
            return False
        valid = bool(super().validate(**kwargs))
        if valid:
            attempts.succeeded(address, email)
        return valid


def _comparable(written: str | None) -> str:
    try:
        return normal_email(written or "")
    except Invalid:
        return ""
