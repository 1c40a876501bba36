"""Sign-in and sign-out, by Flask-Security."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_security import EmailValidateException, MailUtil, Security, SQLAlchemyUserDatastore
from flask_wtf import CSRFProtect

from config import Settings
from webapp.accounts.models import InstallationRole, User
from webapp.accounts.signup import SHORTEST_PASSWORD, normal_email
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.web.forms.sign_in import SignInForm

WRONG = "The email address and the password do not belong together. Check both and try again."


class Addresses(MailUtil):
    """Compares email addresses the way in which we keep them. We send no mail."""

    def normalize(self, email: str) -> str:
        try:
            return normal_email(email)
        except Invalid as error:
            raise EmailValidateException(str(error)) from error


def prepare(app: Flask, settings: Settings) -> None:
    app.config.update(_cookies(settings), **_security(settings))
    CSRFProtect(app)
    users = SQLAlchemyUserDatastore(db, User, InstallationRole)
    security = Security(app, users, login_form=SignInForm, mail_util_cls=Addresses)
    security.principal.identity_loaders.clear()  # it would ask who that is even for static files
    security.want_json(lambda request: False)  # we have pages, no programming interface


def _cookies(settings: Settings) -> dict[str, Any]:
    return {
        "SESSION_COOKIE_NAME": "pressroom",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "REMEMBER_COOKIE_NAME": "pressroom_remember",
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.secure_cookies,
        "REMEMBER_COOKIE_DURATION": timedelta(days=30),
        # A fragment kept alive by 304s carries an old token: let it live as long as the session.
        "WTF_CSRF_TIME_LIMIT": None,
    }


def _security(settings: Settings) -> dict[str, Any]:
    return {
        "SECURITY_PASSWORD_SALT": settings.secret_key,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_LENGTH_MIN": SHORTEST_PASSWORD,
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_LOGOUT_CSRF": True,
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_STATIC_FOLDER_URL": None,
        "SECURITY_FLASH_MESSAGES": False,
        "SECURITY_CACHE_CONTROL": {},  # ours is sent with every page
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (WRONG, "err"),
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_FRESHNESS": timedelta(minutes=-1),  # nothing asks for the password twice
    }
