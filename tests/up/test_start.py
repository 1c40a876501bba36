"""From nothing to a running installation, and again."""

import urllib.request

import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from tests.processes import eventually
from tests.up.conftest import Up, pressroom

PASSWORD = "three green window sills"


def test_a_second_start_keeps_everything_that_the_first_made(settings: dict[str, str], up: Up) -> None:
    first = up(settings, "--workers", "3")
    assert f"http://127.0.0.1:{first.port}/" in first.up.said
    assert "the first visit makes the owner's account" in first.up.said
    assert "/welcome?token=" in first.up.said
    assert "keywords and" in first.up.said
    assert f"PRESSROOM_INSTANCE={settings['PRESSROOM_INSTANCE']} bin/pressroom run demo --follow" in first.up.said
    assert "sites may publish to them; to forbid it: ALLOW_PRIVATE_TARGETS=0 bin/up" in first.up.said
    assert len(first.children("worker.py runs")) == 3
    assert "password" in page(first.port, "/").lower()
    keywords = count(settings, "keyword")
    become_a_user(settings)
    first.end()

    second = up(settings)

    assert "there already" in second.up.said
    assert "with the email address and the password of your account" in second.up.said
    assert "token" not in second.up.said
    assert count(settings, "keyword") == keywords > 100
    assert len(second.children("worker.py runs")) == 2
    second.end()


def page(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return str(answer.read().decode())


def count(settings: dict[str, str], table: str) -> int:
    engine = create_engine(f"sqlite:///{settings['PRESSROOM_INSTANCE']}/pressroom.db")
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")))


def become_a_user(settings: dict[str, str]) -> None:
    about = ("ana@example.com", "--name", "Ana", "--account", "Demo", "--password-file", "-")
    made = pressroom(settings, "user", "create", *about, given=PASSWORD)
    assert made.returncode == 0, made.stderr


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_given_servers_are_used_and_left_alone(environ: dict[str, str], redis_server: str, up: Up) -> None:
    installation = up(environ | {"ALLOW_PRIVATE_TARGETS": "0"}, "--no-demo", "--workers", "1")
    assert "Private addresses" not in installation.up.said
    eventually(installation.has_everybody)
    assert installation.children("unixsocket") == []
    assert installation.pressroom("doctor", "--json")["ok"]
    assert "demo" not in installation.up.said

    installation.end()

    assert Redis.from_url(redis_server).ping()
    assert pressroom(environ, "ledger", "verify").returncode == 0


def test_being_asked_to_stop_while_it_starts_is_no_trouble(settings: dict[str, str], up: Up) -> None:
    installation = up(settings, ready=False)
    eventually(lambda: installation.children("webapp.cli"))

    installation.end()

    assert "Traceback" not in installation.up.said
    assert "failed" not in installation.up.said
