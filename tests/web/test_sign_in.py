"""Signing in and out: what works, what is refused, and what the answer gives away."""

from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask_security.utils import hash_password

from tests import factories
from tests.visitor import Visitor
from webapp.accounts import attempts
from webapp.accounts.models import User
from webapp.core.db import db

PASSWORD = "green paper lantern"
WRONG = "do not belong together"


@pytest.fixture
def ana(app: Flask) -> User:
    member = factories.member()
    member.user.email, member.user.password = "ana@example.com", hash_password(PASSWORD)
    db.session.commit()
    return member.user


def sign_in(client: Visitor, email: str, password: str, **fields: str):
    return client.send("/sign-in", {"email": email, "password": password} | fields)


def test_the_right_password_leads_to_the_sites(client: Visitor, ana: User) -> None:
    answer = sign_in(client, "ana@example.com", PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("written", ["ANA@Example.COM", "  ana@example.com ", "ana@EXAMPLE.com"])
def test_the_email_address_may_be_written_in_any_case(client: Visitor, ana: User, written: str) -> None:
    assert sign_in(client, written, PASSWORD).location == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [("ana@example.com", "a wrong password"), ("nobody@example.com", PASSWORD), ("no address", PASSWORD), ("", "")],
)
def test_a_refusal_does_not_say_whether_the_user_exists(client: Visitor, ana: User, email: str, password: str) -> None:
    page = sign_in(client, email, password).text
    assert WRONG in page
    assert "does not exist" not in page
    assert client.get("/").status_code == 303


def test_a_user_who_was_switched_off_cannot_sign_in(client: Visitor, ana: User) -> None:
    ana.active = False
    sign_in(client, "ana@example.com", PASSWORD)
    assert client.get("/").location.startswith("/sign-in")


def test_a_form_without_a_token_is_refused(client: Visitor, ana: User) -> None:
    answer = client.post("/sign-in", data={"email": "ana@example.com", "password": PASSWORD})
    assert answer.status_code == 400
    assert "open for too long" in answer.text


def test_after_signing_in_people_get_what_they_asked_for(client: Visitor, ana: User) -> None:
    to_sign_in = client.get("/sites/new?a=b").location
    assert to_sign_in == "/sign-in?next=/sites/new?a%3Db"
    answer = client.send(to_sign_in, {"email": "ana@example.com", "password": PASSWORD})
    assert answer.location == "/sites/new?a=b"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example"]
)
def test_nobody_is_sent_to_another_site(client: Visitor, ana: User, elsewhere: str) -> None:
    answer = sign_in(client, "ana@example.com", PASSWORD, next=elsewhere)
    assert urlsplit(urljoin("http://localhost/sign-in", answer.location or "")).netloc == "localhost"


def test_signing_out_ends_the_session_and_needs_a_token(client: Visitor, ana: User) -> None:
    factories.signed_in(client, ana)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    assert client.get("/").status_code == 200
    assert client.send("/sign-out").location == "/sign-in"
    assert client.get("/").status_code == 303


def test_too_many_tries_are_stopped_even_with_the_right_password(client: Visitor, ana: User) -> None:
    for _ in range(attempts.TRIES):
        sign_in(client, "ana@example.com", "a wrong password")
    answer = sign_in(client, "Ana@example.com", PASSWORD)
    assert "Too many tries" in answer.text
    assert client.get("/").status_code == 303


def test_the_right_password_makes_mistakes_forgotten(client: Visitor, ana: User) -> None:
    for _ in range(attempts.TRIES - 1):
        sign_in(client, "ana@example.com", "a wrong password")
    assert sign_in(client, "ana@example.com", PASSWORD).location == "/"
    client.send("/sign-out")
    assert WRONG in sign_in(client, "ana@example.com", "a wrong password").text
    assert sign_in(client, "ana@example.com", PASSWORD).location == "/"


def test_others_may_still_try_from_elsewhere(client: Visitor, ana: User) -> None:
    for _ in range(attempts.TRIES + 1):
        sign_in(client, "ana@example.com", "a wrong password")
    answer = client.send(
        "/sign-in", {"email": "ana@example.com", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert answer.location == "/"


def test_cookies_are_kept_from_scripts_and_other_sites(client: Visitor, ana: User) -> None:
    cookie = sign_in(client, "ana@example.com", PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_an_htmx_request_of_a_signed_out_page_moves_the_whole_page(client: Visitor, ana: User) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")
