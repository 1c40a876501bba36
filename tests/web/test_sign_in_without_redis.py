"""Redis only counts tries: while it is away people still get in."""

import dataclasses

from flask import Flask
from flask_security.utils import hash_password

from config import Settings
from tests import factories
from tests.visitor import Visitor
from webapp.accounts import attempts
from webapp.core.db import db


def test_people_can_sign_in_while_redis_is_away(app: Flask, client: Visitor, settings: Settings) -> None:
    app.config["SETTINGS"] = dataclasses.replace(settings, redis_url="unix:///nowhere/redis.sock")
    user = factories.member().user
    user.password = hash_password("green paper lantern")
    db.session.commit()
    for _ in range(attempts.TRIES + 1):
        client.send("/sign-in", {"email": user.email, "password": "a wrong password"})
    answer = client.send("/sign-in", {"email": user.email, "password": "green paper lantern"})
    assert answer.location == "/"
